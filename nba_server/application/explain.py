"""Recomputes a decision from its journal entry and tells what happened to every action of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nba_server.application.ports import (
    AnswerEncoder,
    CatalogProvider,
    CustomerRef,
    Identity,
    JournaledDecision,
    JournalEncoder,
    JournalReader,
    ModelProvider,
)
from nba_server.application.reservation import Reservation
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionInput, decide
from nba_server.errors import FailedPrecondition, NotFound
