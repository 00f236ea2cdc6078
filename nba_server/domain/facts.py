"""The vocabulary of facts: one set of names for rules and for model features.

`shared` facts are the same for all candidates of a request, `offer` facts belong to the action alone, `pair` facts to
customer and action together. Besides the fixed names below there are the catalogue's own: `customer.<attribute>`,
`context.<field>` and `action.<attribute>`. A missing fact is absent from the mapping.
"""

from __future__ import annotations

from dataclasses import dataclass

from nba_server.domain.catalog import FieldType
from nba_server.domain.rule import RuleScope


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact's type, what it depends on, and what it means."""

    type: FieldType
    scope: RuleScope
    meaning: str


_C, _O, _P = RuleScope.CUSTOMER, RuleScope.OFFER, RuleScope.PAIR
_INT, _NUM, _STR, _BOOL, _LIST, _TIME = (
    FieldType.INTEGER,
    FieldType.NUMBER,
    FieldType.STRING,
    FieldType.BOOLEAN,
    FieldType.STRINGS,
    FieldType.TIME,
)

FACTS: dict[str, Fact] = {
    "now": Fact(_TIME, _C, "the store's time of the decision"),
    "request.channel": Fact(_STR, _C, "channel of the request"),
    "request.hour": Fact(_INT, _C, "hour of the day in the catalogue's time zone, 0-23"),
    "request.weekday": Fact(_INT, _C, "day of the week in the catalogue's time zone, 1 = Monday"),
    "request.month": Fact(_INT, _C, "month in the catalogue's time zone, 1-12"),
    "customer.known": Fact(_BOOL, _C, "whether a profile exists"),
    "customer.segments": Fact(_LIST, _C, "segments of the customer"),
    "customer.products": Fact(_LIST, _C, "products that the customer holds"),
    "contact.count_7d": Fact(_INT, _C, "contacts that count, last 7 days, all channels"),
    "contact.count_30d": Fact(_INT, _C, "contacts that count, last 30 days, all channels"),
    "contact.count_90d": Fact(_INT, _C, "contacts that count, last 90 days, all channels"),
    "contact.channel_count_30d": Fact(_INT, _C, "contacts that count on the request's channel, last 30 days"),
    "contact.days_since_last": Fact(_NUM, _C, "days since the last contact that counts; missing without one"),
    "contact.no_response_streak": Fact(_INT, _C, "latest contacts in a row that ended without a reaction"),
    "contact.positives_90d": Fact(_INT, _C, "positive outcomes in the last 90 days, all channels"),
    "activity.purchases": Fact(_INT, _C, "purchases ever recorded"),
    "activity.days_since_purchase": Fact(_NUM, _C, "days since the last purchase; missing without one"),
    "activity.spend": Fact(_NUM, _C, "money spent, each amount halved every 30 days"),
    "activity.baskets": Fact(_NUM, _C, "purchases, each counted less by half every 30 days"),
    "action.id": Fact(_STR, _O, "the action"),
    "action.group": Fact(_STR, _O, "its group"),
    "action.issue": Fact(_STR, _O, "its issue"),
    "action.class": Fact(_STR, _O, "its communication class"),
    "action.product": Fact(_STR, _O, "the product it promotes"),
    "action.value": Fact(_NUM, _O, "its value"),
    "history.presented_30d": Fact(_INT, _P, "times this action was contacted, last 30 days"),
    "history.presented_365d": Fact(_INT, _P, "times this action was contacted, last 365 days"),
    "history.days_since_presented": Fact(_NUM, _P, "days since it was last contacted; missing if never"),
    "history.rejected_90d": Fact(_INT, _P, "times this action was rejected, last 90 days"),
    "history.positives_365d": Fact(_INT, _P, "positive outcomes of this action, last 365 days"),
    "history.group_presented_90d": Fact(_INT, _P, "times an action of its group was contacted, last 90 days"),
    "history.group_positives_365d": Fact(_INT, _P, "positive outcomes of its group, last 365 days"),
    "history.holds_product": Fact(_BOOL, _P, "whether the customer holds the product that the action promotes"),
    "activity.category_spend": Fact(
        _NUM, _P, "money spent in the action's `category` attribute(s), each amount halved every 30 days"
    ),
}
"""The fixed facts. Docs and the catalogue's type checker are generated from this table."""
