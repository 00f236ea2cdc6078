"""Runs the test cases of a catalogue with the real `decide()`: propensities are the priors, nothing is explored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nba_server.adapters.catalog.case_file import Case, read_cases
from nba_server.adapters.catalog.case_state import CaseHistory
from nba_server.adapters.catalog.faults import Faults, Mark
from nba_server.adapters.catalog.field_values import field_value
from nba_server.adapters.catalog.folder import test_files
from nba_server.adapters.catalog.time_words import instant_ms
from nba_server.domain.action import NO_EXPLORATION
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionInput, DecisionRequest, PlacementRequest, decide
from nba_server.domain.propensity import PRIOR_VERSION, CaseScores, FeatureColumns, ScoringCase
from nba_server.domain.reasons import Reason
from nba_server.errors import NbaError


class PriorScorer:
    """Every action is as likely as its prior says."""

    version = PRIOR_VERSION
    reads: frozenset[str] = frozenset()

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """The priors."""
        return [CaseScores(case.prior, FeatureColumns("")) for case in cases]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case: its name, where it stands, and what was not as expected (empty: it passed)."""

    name: str
    mark: Mark
    failures: tuple[str, ...]


def run_tests(folder: Path, catalog: Catalog, faults: Faults) -> list[CaseResult]:
    """Runs all cases of a folder's `*_test.yaml` files. Faulty files are noted and not run."""
    still = _without_exploration(catalog)
    results: list[CaseResult] = []
    for path in test_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError) as error:
            faults.add(Mark(name, 1, 1), f"cannot be read: {error}", "save the file as UTF-8")
            continue
        results.extend(run_case(case, still) for case in read_cases(name, text, still, faults))
    return results


def run_case(case: Case, catalog: Catalog) -> CaseResult:
    """Decides one case and compares."""
    try:
        decision = decide([_input(case, catalog)], catalog, PriorScorer(), trace=True)[0]
    except (ValueError, NbaError) as error:
        return CaseResult(case.name, case.mark(), (str(error),))
    return CaseResult(case.name, case.mark(), tuple(_Comparison(decision, catalog).failures(case.data["expect"])))


def _without_exploration(catalog: Catalog) -> Catalog:
    placements = {id_: replace(placement, exploration=NO_EXPLORATION) for id_, placement in catalog.placements.items()}
    return replace(catalog, placements=placements)


def _input(case: Case, catalog: Catalog) -> DecisionInput:
    data, zone = case.data, ZoneInfo(catalog.timezone)
    now_ms = instant_ms(data["at"], zone)
    wanted = [data["placement"]] if "placement" in data else _placements(catalog, data["channel"])
    size = {key: data.get(key, 0) for key in ("slots", "width", "height")}
    context = {name: field_value(value, catalog.context[name], zone) for name, value in data.get("context", {}).items()}
    request = DecisionRequest(
        customer_id="case",
        visitor_id="",
        channel=data["channel"],
        placements=tuple(PlacementRequest(placement, **size) for placement in wanted),
        context=context,
        request_id="case",
        excluded_actions=frozenset(data.get("exclude", ())),
        preview=True,
    )
    return DecisionInput(request, CaseHistory(catalog, now_ms).state(data.get("customer")), now_ms, seed=0)


def _placements(catalog: Catalog, channel: str) -> list[str]:
    found = [placement.id for placement in catalog.placements.values() if placement.channel == channel]
    if not found:
        raise ValueError(f"the channel `{channel}` has no placement")
    return found


class _Comparison:
    """What a decision gave, against what was expected."""

    def __init__(self, decision: Decision, catalog: Catalog) -> None:
        self._catalog = catalog
        self._no_offer = decision.no_offer
        picks = [pick for pick in decision.picks if pick.position > 0]
        rows = [decision.candidates[pick.candidate].action for pick in picks]
        self._offered = [catalog.actions[row].id for row in rows]
        self._reasons: dict[str, list[Reason]] = {}
        for funnel in decision.funnels:
            for row, reasons in funnel.reasons.items():
                self._reasons.setdefault(catalog.actions[row].id, []).extend(reasons)

    def failures(self, expect: Mapping[str, Any]) -> list[str]:
        """One sentence for each expectation that is not met."""
        offered = self._offered
        found: list[str] = []
        if "ranking" in expect and offered != expect["ranking"]:
            found.append(self._differs("ranking", expect["ranking"]))
        if "actions" in expect and sorted(offered) != sorted(expect["actions"]):
            found.append(self._differs("actions", expect["actions"]))
        absent = [action for action in expect.get("includes", ()) if action not in offered]
        if absent:
            found.append(self._differs("actions, at least", absent))
        for action, reason in expect.get("removed", {}).items():
            found.extend(self._removed(action, reason))
        found.extend(self._nothing(expect.get("nothing")))
        return found

    def _differs(self, what: str, wanted: Sequence[str]) -> str:
        missing = [f"{action} ({self._why(action)})" for action in wanted if action not in self._offered]
        text = f"expected {what} {_listed(wanted)}, got {_listed(self._offered)}"
        return text + (f"; not offered: {'; '.join(missing)}" if missing else "")

    def _removed(self, action: str, reason: str) -> list[str]:
        if action in self._offered:
            return [f"expected that `{action}` is removed by {reason}, but it is offered"]
        reasons = self._reasons.get(action, [])
        if any(reason in (entry.code.value, entry.subject) for entry in reasons):
            return []
        return [f"expected that `{action}` is removed by {reason}, but: {self._why(action)}"]

    def _nothing(self, wanted: bool | str | None) -> list[str]:
        if wanted is None or wanted is False:
            return []
        if self._offered:
            return [f"expected no offer, got {_listed(self._offered)}"]
        codes = sorted({reason.code.value for reason in self._no_offer.values()})
        if isinstance(wanted, str) and wanted not in codes:
            return [f"expected no offer because of {wanted}, but: {', '.join(codes)}"]
        return []

    def _why(self, action: str) -> str:
        reasons = self._reasons.get(action)
        if not reasons:
            return "no reason is known"
        first = reasons[0]
        return f"{first.code.value}{f' {first.subject}' if first.subject else ''}: {first.text}"


def _listed(actions: Sequence[str]) -> str:
    return "[" + ", ".join(actions) + "]"
