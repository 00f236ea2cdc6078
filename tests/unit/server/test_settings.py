"""Settings: flags over environment over defaults, and every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_server.errors import InvalidArgument
from nba_server.settings import Settings


def faults(flags: dict[str, str | None], environ: dict[str, str] | None = None) -> dict[str, str]:
    """What `load` finds wrong, by place."""
    with pytest.raises(InvalidArgument) as raised:
        Settings.load(flags, environ or {})
    return {violation.field: violation.message for violation in raised.value.violations}


def test_defaults_need_nothing() -> None:
    """Without flags and environment the server is embedded and listens on loopback."""
    settings = Settings.load({}, {})
    assert (settings.store, settings.listen, settings.data) == ("", "127.0.0.1:50051", Path("nba-data"))


def test_flags_win_over_environment() -> None:
    """A flag wins over its variable, a variable over the default, and an empty variable is none."""
    environ = {"NBA_WORKERS": "3", "NBA_DRAIN": "5s", "NBA_LOG_LEVEL": ""}
    settings = Settings.load({"workers": "2"}, environ)
    assert (settings.workers, settings.drain, settings.log_level) == (2, 5_000, "info")


def test_all_faults_at_once() -> None:
    """Every wrong value is reported with its place and what would be right."""
    found = faults(
        {"workers": "many", "listen": "nowhere", "store": "http://x", "catalog": "/does/not/exist"},
        {"NBA_DRAIN": "20", "NBA_REPLAY": "perhaps", "NBA_DURABILITY": "never"},
    )
    assert set(found) == {
        "--workers",
        "--listen",
        "--store",
        "--catalog",
        "NBA_DRAIN",
        "NBA_REPLAY",
        "NBA_DURABILITY",
    }
    assert "1 to 256" in found["--workers"]
    assert "ms, s, m, h or d" in found["NBA_DRAIN"]


@pytest.mark.parametrize("address", ["0.0.0.0:50051", "[::]:50051", "192.0.2.1:1", "nba.example.org:443"])
def test_other_than_loopback_needs_tls_and_keys(address: str) -> None:
    """An address that others reach is refused unless TLS and API keys are set; the message names both settings."""
    message = faults({"listen": address})["--listen"]
    assert "--tls-cert" in message
    assert "--api-keys" in message


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    """A certificate without its key, and a client authority without a certificate, are refused."""
    (tmp_path / "cert.pem").touch()
    found = faults({"tls_cert": str(tmp_path / "cert.pem"), "listen": "127.0.0.1:1"})
    assert "--tls-cert, --tls-key" in found
    assert "--tls-client-ca" in faults({"tls_client_ca": str(tmp_path / "cert.pem")})


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:50051", "localhost:1"])
def test_loopback_needs_neither(address: str) -> None:
    """Loopback in all its spellings is fine without TLS and keys."""
    assert Settings.load({"listen": address}, {}).listen == address


def test_environment_round_trip() -> None:
    """What a parent hands to its children as environment is read back as the same settings."""
    settings = Settings.load(
        {
            "store": "unix:///run/x.sock",
            "replay": "true",
            "drain": "1500ms",
            "request_ttl": "36h",
            "metrics": "off",
            "store_allow": "eviction,version",
            "seed": "7",
            "data": "somewhere",
        },
        {},
    )
    assert Settings.load({}, settings.environment()) == settings
    assert settings.metrics == ""
