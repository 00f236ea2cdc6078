"""The model definition of this server or trainer, with faults as the errors that callers know."""

from __future__ import annotations

from pathlib import Path

from nba_models import definition_file
from nba_models.definition import ModelDefinition
from nba_models.definition_file import DefinitionInvalid
from nba_server.errors import InvalidArgument, Violation


def load_definition(path: Path | None) -> ModelDefinition:
    """The definition in a file (None: the one that ships). Raises `InvalidArgument` with every fault, `OSError`."""
    try:
        return definition_file.load(path)
    except DefinitionInvalid as invalid:
        raise InvalidArgument([Violation(str(path), fault) for fault in invalid.faults]) from invalid
