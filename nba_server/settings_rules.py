"""What must hold between settings, each of which is right by itself, and on the files that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nba_server import settings_values as values
from nba_server.errors import Violation
from nba_server.settings_names import NATIVE, flag

if TYPE_CHECKING:
    from nba_server.settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def faults_of(settings: Settings) -> list[Violation]:
    """What is wrong between settings, and files that are not there."""
    faults = [
        Violation(flag(name), f"{str(path)!r} does not exist")
        for name in ("catalog", "definition", "tls_cert", "tls_key", "tls_client_ca", "api_keys", "webhooks")
        if (path := getattr(settings, name)) is not None and not path.exists()
    ]
    if (settings.tls_cert is None) != (settings.tls_key is None):
        faults.append(Violation("--tls-cert, --tls-key", "go together; give both or none"))
    if settings.tls_client_ca is not None and settings.tls_cert is None:
        faults.append(Violation("--tls-client-ca", "needs --tls-cert and --tls-key"))
    if settings.transport == NATIVE and settings.tls_cert is not None:
        faults.append(
            Violation(
                "--transport",
                "native has no TLS; take grpcio, or leave out --tls-cert behind a proxy on this machine",
            )
        )
    if settings.http == settings.listen and not settings.http.endswith(":0"):
        faults.append(Violation("--http", f"{settings.http} is the address of --listen; choose another port"))
    if settings.tls_cert is None or settings.api_keys is None:
        faults += [
            Violation(
                flag(name),
                f"{address} is not loopback, so the server needs TLS (--tls-cert and --tls-key) and API keys "
                "(--api-keys); or listen on 127.0.0.1",
            )
            for name, address in (("listen", settings.listen), ("http", settings.http))
            if address and values.split_address(address)[0] not in LOOPBACK
        ]
    return faults
