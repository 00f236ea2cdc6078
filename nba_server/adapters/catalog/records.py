"""Domain records of single things from their part of the canonical document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from nba_server.adapters.catalog.canonical import Document
from nba_server.adapters.catalog.canonical_policies import WEEKDAYS
from nba_server.domain.action import (
    Action,
    Channel,
    ContextWeight,
    Exploration,
    ExplorationKind,
    Placement,
    Polarity,
    Treatment,
)
from nba_server.domain.cap import CENTS, Cap
from nba_server.domain.contact import ContactLimit, LimitScope
from nba_server.domain.engagement import Direction, SuppressionLevel
from nba_server.domain.pressure import ContactPressure, PressureRate
from nba_server.domain.profile import Scalar
from nba_server.domain.quiet_hours import QuietHours
from nba_server.domain.suppression import SuppressionRule


def channel_record(id_: str, data: Document) -> Channel:
    """A channel."""
    return Channel(
        id=id_,
        direction=Direction[data["direction"].upper()],
        reservation_ms=data["reservation_ms"],
        response_window_ms=data["response_window_ms"],
        unknown_consent_allowed=data["unknown_consent_allowed"],
        polarity=MappingProxyType({name: Polarity(value) for name, value in sorted(data["polarity"].items())}),
    )


def placement_record(id_: str, data: Document) -> Placement:
    """A placement."""
    return Placement(
        id=id_,
        channel=data["channel"],
        slots=data["slots"],
        width=data["width"],
        height=data["height"],
        exploration=_exploration(data),
    )


def _exploration(data: Document) -> Exploration:
    kind, new = ExplorationKind(data["exploration"]), data.get("new_actions", {})
    given: Document = {name: data[name] for name in ("temperature", "floor", "draws") if name in data}
    epsilon = data["epsilon"] if kind is ExplorationKind.EPSILON else 0.0
    if new:
        given |= {"new_share": new["share"], "mature_after": new["mature_after"]}
        given["new_within_ms"] = new.get("within_ms", 0)
    return Exploration(kind, epsilon, **given)


def action_record(id_: str, document: Document) -> Action:
    """An action with the weights of its group and issue added."""
    data = document["actions"][id_]
    group = document["groups"][data["group"]]
    issue = document["issues"][group["issue"]]
    return Action(
        id=id_,
        group=data["group"],
        issue=group["issue"],
        title=data["title"],
        approved=data["status"] == "approved",
        start_ms=data["start_ms"],
        end_ms=data["end_ms"],
        value=data["value"],
        weights=issue["weight"] + group["weight"] + data["weight"],
        class_=data["class"],
        purpose=data["purpose"],
        treatments=tuple(_treatment(treatment) for treatment in data["treatments"]),
        prior_propensity=data["prior_propensity"],
        prior_evidence=data["prior_evidence"],
        mandatory=data["mandatory"],
        transactional=data["transactional"],
        fallback=data["fallback"],
        legal=data.get("legal", False),
        cost=data.get("cost", 0.0),
        response_window_ms=data["response_window_ms"],
        product=data["product"],
        attributes=MappingProxyType({name: _scalar(value) for name, value in sorted(data["attributes"].items())}),
    )


def limit_record(id_: str, data: Document) -> ContactLimit:
    """A contact limit."""
    return ContactLimit(
        id=id_,
        cap=data["cap"],
        window_ms=data["window_ms"],
        channels=frozenset(data["channels"]),
        directions=frozenset(Direction[name.upper()] for name in data["directions"]),
        classes=frozenset(data["classes"]),
        groups=frozenset(data["groups"]),
        actions=frozenset(data["actions"]),
        shadow=data["shadow"],
        scope=LimitScope(data.get("scope", LimitScope.PERSON)),
    )


def pressure_record(id_: str, data: Document) -> ContactPressure:
    """A budget of weighted contact pressure."""
    return ContactPressure(
        id=id_,
        budget=data["budget"],
        rates=tuple(
            PressureRate(channel, rate["half_life_ms"], rate["weight"], tuple(sorted(rate["classes"].items())))
            for channel, rate in sorted(data["channels"].items())
        ),
        segments=tuple(sorted(data["segments"].items())),
        shadow=data["shadow"],
        scope=LimitScope(data.get("scope", LimitScope.PERSON)),
    )


def cap_record(id_: str, data: Document, actions: Sequence[Action]) -> Cap:
    """A cap, with the least and the most that an offer takes from it."""
    money = "budget" in data
    cap = Cap(
        id=id_,
        amount=int(round(data["budget"] * CENTS, 6)) if money else data["total"],
        window_ms=data["window_ms"],
        money=money,
        paced=data["pacing"] == "even",
        actions=frozenset(data["actions"]),
        groups=frozenset(data["groups"]),
    )
    units = [taken for action in actions if (taken := cap.units(action))]
    return replace(cap, smallest=min(units, default=1), largest=max(units, default=1))


def quiet_record(id_: str, data: Document) -> QuietHours:
    """Quiet hours."""
    return QuietHours(
        id=id_,
        start=data["from_minute"],
        end=data["to_minute"],
        weekdays=frozenset(WEEKDAYS.index(day) + 1 for day in data["weekdays"]),
        dates=frozenset(data["dates"]),
        channels=frozenset(data["channels"]),
        directions=frozenset(Direction[name.upper()] for name in data["directions"]),
        classes=frozenset(data["classes"]),
    )


def suppression_record(id_: str, data: Document) -> SuppressionRule:
    """A suppression rule."""
    return SuppressionRule(
        id=id_,
        outcomes=frozenset(data["outcomes"]),
        count=data["count"],
        window_ms=data["window_ms"],
        pause_ms=data["pause_ms"],
        level=SuppressionLevel(data["level"]),
        channels=frozenset(data["channels"]),
        groups=frozenset(data["groups"]),
        actions=frozenset(data["actions"]),
        attribute=data["attribute"],
        mute_channel_only=data["mute_channel_only"],
        reset_after_pause=data["reset_after_pause"],
    )


def weight_record(data: Document) -> ContextWeight:
    """A context weight."""
    return ContextWeight(data["key"], data["value"], data["scope"], data["id"], data["percent"])


def _treatment(data: Document) -> Treatment:
    return Treatment(
        id=data["id"],
        channel=data["channel"],
        placements=tuple(data["placements"]),
        content=MappingProxyType(dict(data["content"])),
        min_width=data["min_width"],
        min_height=data["min_height"],
        approved=data["status"] == "approved",
    )


def _scalar(value: Any) -> Scalar:
    result: Scalar = tuple(value) if isinstance(value, list) else value
    return result
