"""The independent recount: limits, losses, duplicates and extras over the clients' logs united with the archive.

`python -m tests.chaos.recount SPEC ARCHIVE LOG...` prints JSON. With rows.py it shares no code with the server: the
standard library and pyarrow only.
"""

from __future__ import annotations

import json
import sys
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.rows import EMPTY, Decided, Happened, Order, archive_rows, decided, happened, made_elsewhere, wire

SEEN, NOT_MADE, WITHDRAWN = {1, 2, 3, 9}, {10, 11}, 15
"""Outcome types by number: shown or sent; not mentioned or not delivered. All others but SCORE are a reaction."""
NOT_DELIVERED, SCORE = 11, 14
LAST = 1 << 40
"""The place within its millisecond of what no row has."""


@dataclass(slots=True)
class Held:
    """A contact of the recount's own ledger."""

    name: str
    at_ms: int
    expires_ms: int
    marks: tuple[str, str, str, str, str]
    external: bool
    signs: list[tuple[int, int, str]] = field(default_factory=list)

    def counts(self, now_ms: int) -> bool:
        """Whether it stands against limits at a moment."""
        types = [kind for _, kind, _ in sorted(self.signs, key=lambda sign: sign[0])]
        if any(kind not in SEEN and kind not in NOT_MADE and kind != SCORE for kind in types):
            return True
        types = [kind for kind in types if kind != SCORE]
        if types:
            return types[-1] in SEEN
        return self.external or self.marks[1] == "o" or now_ms < self.expires_ms


class Recount:
    """Counts one run. `spec`: limits, actions (class, group), channels (direction, reservation_ms)."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.decisions: list[Decided] = []
        self.events: list[Happened] = []
        self.result: Counter[str] = Counter()
        self.taking_last: dict[str, bool] = {}
        self._refs: dict[str, str] = {}

    def read_archive(self, archive: Path) -> None:
        """Takes the archive's rows; the same stream id twice is a duplicate."""
        places: set[tuple[int, Order]] = set()
        for bucket, order, kind, at_ms, taken, payload in archive_rows(archive):
            self.result["archive_rows"] += 1
            if (bucket, order) in places:
                self.result["archive_duplicates"] += 1
                continue
            places.add((bucket, order))
            body = next((value for number, value in wire(payload) if number <= 5), EMPTY)
            if kind == "decision":
                self.decisions.append(decided(order, at_ms, taken, body))
            elif kind == "outcome":
                self.events.append(happened(order, at_ms, body))
            elif kind == "contact":
                self.events.append(made_elsewhere(order, at_ms, body))

    def compare(self, lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Holds the clients' logs against the rows; what only the clients know is added. Gives the decisions' lines."""
        rows = {row.decision_id: row for row in self.decisions}
        by_event = {(row.decision_id, row.action, row.event_id) for row in self.events}
        answers: dict[tuple[str, str], tuple[str, str]] = {}
        told: list[dict[str, Any]] = []
        open_requests: set[str] = set()
        acked_events: set[tuple[str, str, str]] = set()
        for line in lines:
            if line["k"] == "decision":
                self._acknowledged(line, rows, answers, told)
            elif line["k"] == "outcome":
                acked_events.add((line["id"], line["a"], line["e"]))
            else:
                open_requests.add(line["q"])
        self.result["acknowledged_outcomes"] = len(acked_events)
        self.result["lost_outcomes"] = len(acked_events - by_event)
        self._extras(told, acked_events, open_requests)
        return told

    def _acknowledged(
        self,
        line: dict[str, Any],
        rows: dict[str, Decided],
        answers: dict[tuple[str, str], tuple[str, str]],
        told: list[dict[str, Any]],
    ) -> None:
        key, answer = (line["c"], line["q"]), (line["id"], line["h"])
        self.result["acknowledged_answers"] += 1
        if key in answers:
            self.result["unequal_answers"] += answers[key] != answer
            return
        answers[key] = answer
        told.append(line)
        row = rows.get(line["id"])
        if row is not None:
            self._refs[line["c"]] = row.customer
        if row is None:
            self.result["lost_decisions"] += 1
            order = (line["at"], LAST)
            offered = [action for _, action in line["o"]]
            self.decisions.append(Decided(order, line["at"], line["c"], line["id"], line["q"], line["ch"], offered))
        elif sorted(row.actions) != sorted(action for _, action in line["o"]):
            self.result["rows_unlike_answers"] += 1

    def _extras(
        self, told: list[dict[str, Any]], acked_events: set[tuple[str, str, str]], open_requests: set[str]
    ) -> None:
        """Rows nobody was told of: fine only for requests that stayed unanswered, and for attempts that the server gave up.

        The same effect twice: never fine.
        """
        acked, answered_at = {line["id"] for line in told}, {line["q"]: line["at"] for line in told}
        gone = {event.contact_id for event in self.events if event.type == NOT_DELIVERED and event.caller == "server"}
        for row in self.decisions:
            if row.decision_id not in acked:
                given_up = self._given_up(row, gone, answered_at.get(row.request_id, 0))
                self.result["extra_rows"] += 1
                self.result["given_up_rows"] += given_up
                self.result["unexplained_rows"] += row.request_id not in open_requests and not given_up
        for event in self.events:
            key = (event.decision_id, event.action, event.event_id)
            if key not in acked_events and event.caller != "server" and not event.external:
                self.result["extra_rows"] += 1
                self.result["unexplained_rows"] += event.event_id not in open_requests
        ids = Counter(row.decision_id for row in self.decisions)
        effects = Counter((event.contact_id, event.event_id or event.type) for event in self.events)
        repeated = sum(count - 1 for counts in (ids, effects) for count in counts.values())
        self.result["double_effects"] += repeated

    def _given_up(self, row: Decided, gone: set[str], answered_at: int) -> bool:
        """Whether nothing of it was held any more when the same id was decided anew: it was given back, or had expired."""
        channel = self.spec["channels"][row.channel]
        expired = channel["direction"] == "i" and row.at_ms + channel["reservation_ms"] <= answered_at
        return expired or all(f"{row.decision_id}:{action}" in gone for action in row.actions)

    def count_limits(self) -> None:
        """Replays each customer's contacts in the order of the store and checks every window at every admission."""
        by_customer: dict[str, list[Decided | Happened]] = defaultdict(list)
        for decision in self.decisions:
            by_customer[self._refs.get(decision.customer, decision.customer)].append(decision)
        for event in self.events:
            by_customer[event.customer].append(event)
        for rows in by_customer.values():
            rows.sort(key=lambda row: row.order)
            self._replay(rows)
        self.result["decisions"] = len({row.decision_id for row in self.decisions})

    def _replay(self, rows: list[Decided | Happened]) -> None:
        ledger: dict[str, Held] = {}
        oldest = max((limit["window_ms"] for limit in self.spec["limits"]), default=0)
        for row in rows:
            if isinstance(row, Happened):
                self._note(ledger, row)
                continue
            for name in [name for name, held in ledger.items() if held.at_ms <= row.at_ms - oldest]:
                del ledger[name]
            for action in row.actions:
                ledger[f"{row.decision_id}:{action}"] = self._held(row, action)
            if row.actions:
                self._admitted(row, list(ledger.values()))

    def _held(self, row: Decided, action: str) -> Held:
        channel, known = self.spec["channels"][row.channel], self.spec["actions"][action]
        marks = (row.channel, channel["direction"], known["class"], known["group"], action)
        return Held(row.decision_id, row.at_ms, row.at_ms + channel["reservation_ms"], marks, False)

    def _note(self, ledger: dict[str, Held], row: Happened) -> None:
        if row.external:
            direction = self.spec["channels"][row.channel]["direction"]
            known = self.spec["actions"].get(row.action, {"class": row.class_, "group": ""})
            marks = (row.channel, direction, known["class"], known["group"], row.action)
            ledger[row.contact_id] = Held(row.contact_id, row.occurred_ms, 0, marks, True)
            return
        held = ledger.get(row.contact_id)
        if held is None:
            return
        if row.type == WITHDRAWN:
            held.signs = [sign for sign in held.signs if sign[2] != row.withdraws]
        else:
            held.signs.append((row.occurred_ms, row.type, row.event_id))

    def _admitted(self, row: Decided, ledger: list[Held]) -> None:
        """Every window that holds the new contact, by every limit that covers it."""
        last = over = False
        for limit in self.spec["limits"]:
            if not any(covers(limit, held.marks) for held in ledger if held.name == row.decision_id):
                continue
            near = [held for held in ledger if covers(limit, held.marks) and held.counts(row.at_ms)]
            ends = {row.at_ms} | {h.at_ms for h in near if row.at_ms < h.at_ms < row.at_ms + limit["window_ms"]}
            for end in ends:
                number = len({h.name for h in near if end - limit["window_ms"] < h.at_ms <= end})
                over |= number > limit["cap"]
                last |= number == limit["cap"]
        self.result["limit_violations"] += over
        self.taking_last[row.decision_id] = last or over


def covers(limit: dict[str, Any], marks: tuple[str, ...]) -> bool:
    """Whether a contact (channel, direction, class, group, action) falls under a limit."""
    names = ("channels", "directions", "classes", "groups", "actions")
    return all(not limit.get(name) or mark in limit[name] for name, mark in zip(names, marks, strict=True))


def racing(told: list[dict[str, Any]], taking_last: dict[str, bool]) -> int:
    """Requests that raced for a last slot: in flight with one that took it, of the same customer, one of them refused."""
    by_customer: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in told:
        by_customer[line["c"]].append(line)
    number = 0
    for lines in by_customer.values():
        lines.sort(key=lambda line: line["t0"])
        starts = [line["t0"] for line in lines]
        racers: set[str] = set()
        for winner in (line for line in lines if taking_last.get(line["id"])):
            around = lines[max(0, bisect_right(starts, winner["t0"]) - 64) : bisect_right(starts, winner["t1"])]
            losers = {line["q"] for line in around if line["met"] and line["t1"] > winner["t0"]} - {winner["q"]}
            racers |= losers | {winner["q"]} if losers else set()
        number += len(racers)
    return number


def read_logs(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """All lines of the clients' logs."""
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def recount(spec: dict[str, Any], archive: Path, logs: Iterable[Path]) -> dict[str, Any]:
    """All counts of a run."""
    counting = Recount(spec)
    counting.read_archive(archive)
    told = counting.compare(read_logs(logs))
    counting.count_limits()
    names = ("decisions", "limit_violations", "lost_decisions", "lost_outcomes", "archive_duplicates", "double_effects")
    more = (
        "unequal_answers",
        "rows_unlike_answers",
        "extra_rows",
        "given_up_rows",
        "unexplained_rows",
        "archive_rows",
    )
    result: dict[str, Any] = {name: counting.result[name] for name in (*names, *more, "acknowledged_outcomes")}
    result["acknowledged_decisions"] = len(told)
    result["met_a_limit"] = sum(line["met"] for line in told)
    result["raced_for_the_last_slot"] = racing(told, counting.taking_last)
    return result


if __name__ == "__main__":
    found = recount(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), map(Path, sys.argv[3:]))
    print(json.dumps(found, indent=2))
