"""How settings are called on the command line and in the environment, and the words that some of them choose from."""

from __future__ import annotations

PREFIX = "NBA_"
GRPCIO, NATIVE = "grpcio", "native"
AUTO, OFF = "auto", "off"


def flag(name: str) -> str:
    """The command-line flag of a field."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + name.upper()
