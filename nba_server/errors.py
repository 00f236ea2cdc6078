"""The error tree. It knows no grpc; `transport/grpc/status.py` maps it to rich statuses.

`message` is for callers and names the field and the mend; `detail` is for the log only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of a request: the path of the field, what is wrong, and what would be right."""

    field: str
    message: str


class NbaError(Exception):
    """The root. `reason` is a stable UPPER_SNAKE word; `metadata` goes to the caller."""

    reason = "INTERNAL"

    def __init__(
        self, message: str, *, reason: str = "", metadata: Mapping[str, str] | None = None, detail: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.metadata = dict(metadata or {})
        self.detail = detail


class InvalidArgument(NbaError):
    """The request is wrong; all violations are reported at once."""

    reason = "INVALID_ARGUMENT"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.field}: {v.message}" for v in violations))
        self.violations = tuple(violations)


class NotFound(NbaError):
    """What is named does not exist."""

    reason = "NOT_FOUND"


class Conflict(NbaError):
    """Somebody else was faster, or a key was used for something else."""

    reason = "CONFLICT"


class FailedPrecondition(NbaError):
    """Not in this state."""

    reason = "FAILED_PRECONDITION"


class Unauthenticated(NbaError):
    """No key, or a wrong one."""

    reason = "UNAUTHENTICATED"


class PermissionDenied(NbaError):
    """The key may not do this."""

    reason = "PERMISSION_DENIED"


class StoreUnavailable(NbaError):
    """The store does not answer; the effect of a write is unknown, a retry with the same id settles it."""

    reason = "STORE_UNAVAILABLE"


class Overloaded(NbaError):
    """Too many requests at once; `retry_after_s` says when to come back."""

    reason = "OVERLOADED"

    def __init__(self, message: str, *, retry_after_s: float, reason: str = "") -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class CatalogInvalid(NbaError):
    """A catalogue with faults; `faults` has one line each: file:line:column, what, mend."""

    reason = "CATALOG_INVALID"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"{len(faults)} fault(s) in the catalogue: " + "; ".join(faults[:5]))
        self.faults = tuple(faults)


class ModelInvalid(NbaError):
    """A model file that is damaged or does not fit its manifest."""

    reason = "MODEL_INVALID"
