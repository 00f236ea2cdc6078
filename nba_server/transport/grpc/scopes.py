"""Which scopes may call which method: one visible table. A method that is not in it cannot be served.

site: a website's own server; agent: people with a customer in front of them; import: feeds of data; admin: operators.
"""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What a key is for."""

    SITE = "site"
    AGENT = "agent"
    IMPORT = "import"
    ADMIN = "admin"


ALL_SCOPES = frozenset(scope.value for scope in Scope)
_S, _A, _I, _O = Scope.SITE, Scope.AGENT, Scope.IMPORT, Scope.ADMIN

SUBJECTS = frozenset(
    {
        "/nba.v1.DecisionService/Decide",
        "/nba.v1.DecisionService/ActivateDecision",
        "/nba.v1.DecisionService/ReleaseDecision",
        "/nba.v1.OutcomeService/RecordOutcome",
        "/nba.v1.OutcomeService/RecordOutcomes",
    }
)
"""What a browser may call with a subject token, for its subject and the decisions about it: never anything that reads."""

SCOPES: dict[str, frozenset[Scope]] = {
    "/nba.v1.DecisionService/Decide": frozenset({_S, _A}),
    "/nba.v1.DecisionService/GetDecision": frozenset({_A, _O}),
    "/nba.v1.DecisionService/ActivateDecision": frozenset({_S, _A}),
    "/nba.v1.DecisionService/ReleaseDecision": frozenset({_S, _A}),
    "/nba.v1.OutcomeService/RecordOutcome": frozenset({_S, _A, _I}),
    "/nba.v1.OutcomeService/RecordOutcomes": frozenset({_S, _A, _I}),
    "/nba.v1.ContactService/RecordContact": frozenset({_A, _I}),
    "/nba.v1.ContactService/RecordContacts": frozenset({_A, _I}),
    "/nba.v1.ContactService/GetContacts": frozenset({_A, _O}),
    "/nba.v1.CustomerService/UpsertCustomers": frozenset({_A, _I}),
    "/nba.v1.CustomerService/GetCustomer": frozenset({_A, _I, _O}),
    "/nba.v1.CustomerService/DeleteCustomer": frozenset({_I, _O}),
    "/nba.v1.CustomerService/ListCustomers": frozenset({_I, _O}),
    "/nba.v1.CustomerService/IdentifyVisitor": frozenset({_S, _I}),
    "/nba.v1.EventService/RecordPurchases": frozenset({_I}),
    "/nba.v1.EventService/RecordEvents": frozenset({_A, _I}),
    "/nba.v1.MatterService/ListMatters": frozenset({_A, _O}),
    "/nba.v1.MatterService/OpenMatter": frozenset({_A}),
    "/nba.v1.MatterService/CloseMatter": frozenset({_A}),
    "/nba.v1.CatalogService/GetCatalog": frozenset({_A, _I, _O}),
    "/nba.v1.CatalogService/GetCaps": frozenset({_A, _O}),
    "/nba.v1.CatalogService/DescribeCatalog": frozenset({_A, _I, _O}),
    "/nba.v1.CatalogService/ReloadCatalog": frozenset({_O}),
    "/nba.v1.CatalogService/ListCatalogs": frozenset({_O}),
    "/nba.v1.CatalogService/RollbackCatalog": frozenset({_O}),
    "/nba.v1.ModelService/ListModels": frozenset({_O}),
    "/nba.v1.ModelService/GetModel": frozenset({_O}),
    "/nba.v1.ModelService/PromoteModel": frozenset({_O}),
    "/nba.v1.ModelService/RollbackModel": frozenset({_O}),
}
