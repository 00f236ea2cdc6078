"""The compiled catalogue: an immutable snapshot that one decision reads once.

Built by the catalogue adapter; arrays are read-only numpy, one row an action in catalogue order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import Action, Channel, ContextWeight, Group, Placement
from nba_server.domain.cap import Cap
from nba_server.domain.contact import ContactLimit
from nba_server.domain.event_rule import EventRules
from nba_server.domain.matter_rule import MatterMask, MatterRule, matter_masks
from nba_server.domain.plan import Mask, Plan, make_plan
from nba_server.domain.pressure import ContactPressure
from nba_server.domain.quiet_hours import QuietHours
from nba_server.domain.rule import Rule
from nba_server.domain.suppression import SuppressionRule, rules_hash
from nba_server.domain.worth import Worth


class FieldType(StrEnum):
    """Declared type of a customer attribute, context field or action attribute."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRINGS = "strings"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class FieldNote:
    """What people are told of a field: its meaning, and the values to choose from. No decision depends on it."""

    description: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalogue snapshot. `hash` is the SHA-256 of its canonical JSON; `timezone` an IANA name.

    `treatments[(channel, placement)]` maps to an int32 array with the index of each action's treatment there,
    -1 where it has none (sizes are checked per request). `levers` is 1 + weights / 100, not yet bounded.
    With `profiling_requires_consent` a customer who has not granted the purpose `profiling` is decided on non-personal
    facts only (`request.*`, `context.*`, `action.*`). `customer_timezone` names the attribute with the customer's zone.
    `plan` is worked out from the rest when the snapshot is built: rules of scope OFFER run there, once.
    `suppression_hash` names the rule set of the suppressions. `matter_masks` has what each rule of matters mutes.
    `without_lever` and `without_value` are the actions that arbitration removes whoever the customer is; `worth` is what
    weighs of the others.
    `max_ages` has, by attribute, for how many milliseconds a reported value is good; the others are for ever.
    """

    name: str
    hash: str
    timezone: str
    currency: str
    channels: Mapping[str, Channel]
    placements: Mapping[str, Placement]
    groups: Mapping[str, Group]
    issues: Mapping[str, str]
    actions: tuple[Action, ...]
    index: Mapping[str, int]
    attributes: Mapping[str, FieldType]
    context: Mapping[str, FieldType]
    action_attributes: Mapping[str, FieldType]
    rules: tuple[Rule, ...]
    limits: tuple[ContactLimit, ...]
    suppressions: tuple[SuppressionRule, ...]
    context_weights: tuple[ContextWeight, ...]
    treatments: Mapping[tuple[str, str], npt.NDArray[np.int32]]
    approved: npt.NDArray[np.bool_]
    start_ms: npt.NDArray[np.int64]
    end_ms: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    levers: npt.NDArray[np.float64]
    prior_propensity: npt.NDArray[np.float64]
    prior_evidence: npt.NDArray[np.float64]
    ledger_retention_ms: int
    profiling_requires_consent: bool = True
    pressures: tuple[ContactPressure, ...] = ()
    quiet_hours: tuple[QuietHours, ...] = ()
    customer_timezone: str = ""
    caps: tuple[Cap, ...] = ()
    matters: tuple[MatterRule, ...] = ()
    events: EventRules = field(default_factory=EventRules)
    context_notes: Mapping[str, FieldNote] = field(default_factory=dict)
    attribute_notes: Mapping[str, FieldNote] = field(default_factory=dict)
    max_ages: Mapping[str, int] = field(default_factory=dict)
    plan: Plan = field(init=False, repr=False, compare=False)
    suppression_hash: str = field(init=False, repr=False, compare=False)
    matter_masks: Mapping[str, MatterMask] = field(init=False, repr=False, compare=False)
    without_lever: Mask = field(init=False, repr=False, compare=False)
    without_value: Mask = field(init=False, repr=False, compare=False)
    worth: Worth = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Builds `plan`. Raises `zoneinfo.ZoneInfoNotFoundError` for an unknown time zone."""
        attributes = dict.fromkeys(rule.attribute for rule in self.suppressions if rule.attribute)
        plan = make_plan(
            timezone=self.timezone,
            actions=self.actions,
            channels=self.channels,
            treatments=self.treatments,
            rules=self.rules,
            limits=self.limits,
            pressures=self.pressures,
            quiet_hours=self.quiet_hours,
            caps=self.caps,
            context_weights=self.context_weights,
            related_attributes=attributes,
        )
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "without_lever", (self.levers <= 0.0) & plan.regular & ~plan.mandatory)
        object.__setattr__(self, "without_value", (self.values <= 0.0) & plan.valued)
        object.__setattr__(self, "worth", Worth.of(self.values, self.levers))
        object.__setattr__(self, "matter_masks", matter_masks(self.matters, self.actions))
        object.__setattr__(self, "suppression_hash", rules_hash(self.suppressions, self.actions))
