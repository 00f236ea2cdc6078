"""What a client may be told: deadlines, retries and encryption. Plain values, no grpc."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds after which a call fails with `DeadlineExceeded`; all attempts of a call share its deadline."""

    decide: float = 1.0
    """A customer is waiting: better no proposal than a late one."""
    write: float = 5.0
    """Outcomes, contacts, purchases and profiles."""
    read: float = 5.0
    """Explanations, profiles, what is live."""
    batch: float = 30.0
    """Calls that carry up to 1,000 records."""
    admin: float = 30.0
    """Reload, promote, roll back."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How a call is repeated when the server is unavailable.

    Only calls that may be repeated without a second effect are: the client sets the request id of a decision itself, so
    that a repeat gives the first answer again.
    """

    attempts: int = 4
    """Tries in all, 1 to 5; 1 switches repeats off."""
    initial_backoff: float = 0.03
    """Longest wait before the second try, in seconds; it doubles from try to try, and the wait is drawn at random."""
    max_backoff: float = 0.5
    """Longest wait, in seconds."""

    def __post_init__(self) -> None:
        """Refuses what gRPC would silently ignore."""
        if not 1 <= self.attempts <= 5:
            raise ValueError(f"attempts must be between 1 and 5 (gRPC's own bound), not {self.attempts}")
        if not 0 < self.initial_backoff <= self.max_backoff:
            raise ValueError("initial_backoff must be above 0 and at most max_backoff")


@dataclass(frozen=True, slots=True)
class Tls:
    """Encryption. Empty fields: the certificates that the system trusts, and no certificate of our own."""

    root_certificates: bytes | None = None
    """Certificates (PEM) that sign the server's."""
    private_key: bytes | None = None
    """Our key (PEM), where the server asks for client certificates."""
    certificate_chain: bytes | None = None
    """Our certificate (PEM)."""
    server_name: str = ""
    """The name that the server's certificate must have, if it is not that of the address."""
