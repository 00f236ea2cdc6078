"""A typed client of nba-server, blocking (`Client`) and asyncio (`AsyncClient`).

`nba_client.testing` has fakes for the tests of those who use it; `nba_client.errors` has what calls may raise.
"""

from __future__ import annotations

from nba_client.async_client import AsyncClient
from nba_client.cap import CapUse
from nba_client.catalog import CatalogVersion, LiveCatalog
from nba_client.catalog_words import CatalogWords
from nba_client.client import Client
from nba_client.contact import Contact, Purchase, Recorded
from nba_client.contact_reading import CustomerContacts
from nba_client.customer import (
    Consent,
    ConsentStatus,
    Customer,
    CustomerPage,
    CustomerPatch,
    DoNotContact,
    Identified,
    UpsertResult,
)
from nba_client.decision import Decision, Factors, NoOffer, RankedAction, Reason, Slot
from nba_client.errors import NbaClientError
from nba_client.event import CaseStatus, Complaint, Event, EventRecorded, PurchaseReturn, Score, ServiceCase
from nba_client.explanation import ActionScore, ActionTrace, Contribution, Explanation
from nba_client.matter import Matter, MatterClosed, MatterOpened
from nba_client.model import ModelReport, ModelVersion
from nba_client.outcome import Outcome, OutcomeResult, OutcomeStatus, OutcomeType
from nba_client.settings import Deadlines, Retry, Tls
from nba_client.value import Value

__all__ = [
    "ActionScore",
    "ActionTrace",
    "AsyncClient",
    "CapUse",
    "CaseStatus",
    "CatalogVersion",
    "CatalogWords",
    "Client",
    "Complaint",
    "Consent",
    "ConsentStatus",
    "Contact",
    "Contribution",
    "Customer",
    "CustomerContacts",
    "CustomerPage",
    "CustomerPatch",
    "Deadlines",
    "Decision",
    "DoNotContact",
    "Event",
    "EventRecorded",
    "Explanation",
    "Factors",
    "Identified",
    "LiveCatalog",
    "Matter",
    "MatterClosed",
    "MatterOpened",
    "ModelReport",
    "ModelVersion",
    "NbaClientError",
    "NoOffer",
    "Outcome",
    "OutcomeResult",
    "OutcomeStatus",
    "OutcomeType",
    "Purchase",
    "PurchaseReturn",
    "RankedAction",
    "Reason",
    "Recorded",
    "Retry",
    "Score",
    "ServiceCase",
    "Slot",
    "Tls",
    "UpsertResult",
    "Value",
]
