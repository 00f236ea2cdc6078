"""The benchmark's catalogue and model definition, for any number of actions and of those that reach scoring.

Every action has an eligibility and an applicability rule: half of all rules read the customer only, a quarter customer and
action together, a quarter the action alone. Limits are counted and hardly ever reached: a customer is decided for again and
again, and each answer must hold an offer. Reservations outlast a run. It knows nothing of how it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nba_models import definition_file
from nba_models.definition import ModelDefinition

NUMBERS, WORDS, FLAGS = 25, 10, 5
"""The profile's 40 attributes by type."""
GROUPS = 20
WORD_KINDS = 8
PLACEMENT, CHANNEL, SLOTS = "page", "web", 3
LIMITS = 4

_HEAD = """\
catalog: {name: bench, timezone: UTC, currency: EUR}
channels:
  web: {direction: inbound, reservation: 6h, response_window: 24h}
placements:
  page: {channel: web, slots: 3, exploration: {kind: epsilon, epsilon: 0.1}}
contact_policies:
  - {id: a-day, cap: 60, window: 1d, channels: [web]}
  - {id: a-week, cap: 80, window: 7d}
  - {id: advertising-a-month, cap: 120, window: 30d, classes: [advertising]}
  - {id: inbound-a-quarter, cap: 200, window: 90d, directions: [inbound]}
action_attributes:
  least: {type: number, description: What the customer's first number must reach}
  tier: {type: integer, description: Made for one in four}
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`actions` in the catalogue, of which `reaching` pass the funnel for nearly every customer."""

    actions: int = 200
    reaching: int = 50
    title: str = "Action"

    def write(self, folder: Path) -> Path:
        """Writes the catalogue's folder and returns it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "catalog.yaml").write_text(_HEAD + _attributes(), encoding="utf-8")
        (folder / "actions.yaml").write_text(self._actions(), encoding="utf-8")
        return folder

    def _actions(self) -> str:
        lines = ["issues:", "  - id: sell", "    title: Sell", "    groups:"]
        for group in range(GROUPS):
            members = range(group, self.actions, GROUPS)
            if members:
                lines += [f"      - id: group-{group:02d}", f"        title: Group {group}", "        actions:"]
                lines += [line for number in members for line in self._action(number)]
        return "\n".join(lines) + "\n"

    def _action(self, number: int) -> list[str]:
        reaches = number < self.reaching
        rules = _rules(number, reaches=reaches)
        lines = [
            f"- id: action-{number:05d}",
            f"  title: {self.title} {number}",
            f"  value: {10 + number % 37}",
            f"  prior: {{propensity: 0.{5 + number % 5:02d}, evidence: 100}}",
            f"  attributes: {{least: {number % 10}, tier: {0 if reaches else number % 4}}}",
        ]
        for stage, (name, text) in zip(("eligibility", "applicability"), rules, strict=True):
            lines += [f"  {stage}:", f'    - {{id: {name}-{number}, when: "{text}", text: It must be so.}}']
        lines += [
            "  treatments:",
            f"    - {{id: banner, channel: web, content: {{headline: Headline {number}, button: Go}}}}",
        ]
        return [" " * 10 + line for line in lines]


def _rules(number: int, *, reaches: bool) -> tuple[tuple[str, str], tuple[str, str]]:
    """An eligibility and an applicability rule. Attribute values lie in 0..100, so every comparison is decided."""
    first = f"customer.n{number % NUMBERS:02d} >= {number % 3 / 2}"
    mixed = f"history.presented_30d < {5 + number % 3}" if number % 2 else "customer.n00 + 10.0 >= action.least"
    alone = "action.value > 1.0"
    if not reaches:
        first = f"customer.n{number % NUMBERS:02d} >= {1000 + number % 97}.0"
    second = mixed if number % 4 < 2 else alone
    return ("fits", first), ("timely", second)


def _attributes() -> str:
    lines = ["attributes:"]
    lines += [f"  n{i:02d}: {{type: number, description: Number {i}}}" for i in range(NUMBERS)]
    lines += [f"  w{i:02d}: {{type: string, description: Word {i}}}" for i in range(WORDS)]
    lines += [f"  f{i:02d}: {{type: boolean, description: Flag {i}}}" for i in range(FLAGS)]
    return "\n".join(lines) + "\n"


def definition() -> ModelDefinition:
    """30 features: 24 shared by the candidates of a decision, 6 of customer and action together."""
    shared = [f"customer.n{i:02d}" for i in range(14)] + ["request.hour", "request.weekday", "contact.count_7d"]
    shared += ["contact.count_30d", "contact.days_since_last"]
    words = [f"customer.w{i:02d}" for i in range(4)] + ["request.channel"]
    pairs = ["action.value", "history.presented_30d", "history.days_since_presented", "history.rejected_90d"]
    lines = ["model: bench", "title: For the benchmark", "features:"]
    lines += [f"  - {{name: {name}, kind: number, scope: shared}}" for name in shared]
    lines += [f"  - {{name: {name}, kind: category, scope: shared}}" for name in words]
    lines += [f"  - {{name: {name}, kind: number, scope: pair}}" for name in pairs]
    lines += [f"  - {{name: {name}, kind: category, scope: pair}}" for name in ("action.id", "action.group")]
    lines += ["parameters: {num_leaves: 31, min_data_in_leaf: 20, learning_rate: 0.1}"]
    return definition_file.parse("\n".join(lines) + "\n")
