"""The reference model of contact pressure: what the semantics say, in plain Python, slow and short.

One customer; times in milliseconds. A rule set is a dictionary: `limits`, `mutes`, `channels`, `actions` (best first).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STRONG = {"clicked", "accepted", "rejected", "maybe_later", "opted_out"}
SEEN = {"impression", "no_response"}
POLAR = {"clicked", "accepted", "rejected", "opted_out"}

Pause = tuple[str, str, int, int, str]
"""Rule, muted action or group, start, end, and the contact whose outcome made it."""


@dataclass
class Entry:
    """A contact: `marks` are [type, time, event id, withdrawn]."""

    decision: str
    action: str
    channel: str
    at: int
    expires: int = 0
    until: int = 0
    marks: list[list[Any]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{self.decision}:{self.action}"

    def standing(self) -> list[list[Any]]:
        kept = [mark for mark in self.marks if not mark[3]]
        strong = any(mark[0] in STRONG for mark in kept)
        return [mark for mark in kept if not (strong and mark[0] == "no_response")]

    def confirmed(self) -> bool | None:
        kinds = [mark[0] for mark in sorted(self.standing(), key=lambda mark: mark[1])]
        made = True if self.decision.startswith("x:") else None
        return True if STRONG & {*kinds} else kinds[-1] in SEEN if kinds else made


class Reference:
    def __init__(self, rules: dict[str, Any]) -> None:
        self.rules = rules
        self.entries: list[Entry] = []

    def counts(self, entry: Entry, now: int) -> bool:
        confirmed, channel = entry.confirmed(), self.rules["channels"][entry.channel]
        return (channel["outbound"] or now < entry.expires) if confirmed is None else confirmed

    def decide(self, decision: str, channel: str, now: int) -> list[str]:
        place, opted_out = self.rules["channels"][channel], "opted_out"
        if any(m[0] == opted_out for e in self.entries if e.channel == channel for m in e.standing()):
            return []
        free = [a for a in self.rules["actions"] if not self.muted(a, now) and self.fits(a, channel, now)]
        for action in free[: place["slots"]]:
            entry = Entry(decision, action, channel, now, now + place["reservation"], now + place["window"])
            self.entries.append(entry)
        return free[: place["slots"]]

    def fits(self, action: str, channel: str, now: int) -> bool:
        def covers(limit: dict[str, Any], action: str, channel: str) -> bool:
            group = self.rules["actions"].get(action)
            marks = {"actions": action, "groups": group, "channels": channel}
            return all(not limit.get(name) or mark in limit[name] for name, mark in marks.items())

        for limit in (limit for limit in self.rules["limits"] if covers(limit, action, channel)):
            near = [e for e in self.entries if covers(limit, e.action, e.channel) and self.counts(e, now)]
            for end in {now, *(e.at for e in near if now < e.at < now + limit["window"])}:
                if len({e.decision for e in near if end - limit["window"] < e.at <= end}) >= limit["cap"]:
                    return False
        return True

    def keys(self, action: str) -> set[str]:
        return {action, self.rules["actions"][action]}

    def muted(self, action: str, now: int) -> bool:
        return any(key in self.keys(action) for _, key, *_ in self.pauses(now))

    def pauses(self, now: int) -> set[Pause]:
        found = set()
        for mute in self.rules["mutes"]:
            groups = self.rules["actions"] if mute["level"] == "group" else {}
            for key in {groups.get(action, action) for action in self.rules["actions"]}:
                related = [e for e in self.entries if groups.get(e.action, e.action) == key]
                marks = sorted((m[1], e.id) for e in related for m in e.standing() if m[0] in mute["outcomes"])
                since = start = until = 0
                cause = ""
                for time, by in marks:
                    if until and until <= time:
                        since, start, until = until, 0, 0
                    enough = sum(max(since, time - mute["window"] + 1) <= t <= time for t, _ in marks) >= mute["count"]
                    if enough and time + mute["pause"] > until:
                        start, until, cause = start or time, time + mute["pause"], by
                if until > now:
                    found.add((mute["id"], key, start, until, cause))
        return found

    def call_off(self, before: set[Pause], now: int) -> None:
        """What is planned, and muted now at its own time, does not go out any more."""
        new = self.pauses(now) - before
        for entry in self.entries:
            held = entry.confirmed() is None and now < entry.expires
            planned = self.rules["channels"][entry.channel]["outbound"] and (held or now < entry.at)
            muted = any(key in self.keys(entry.action) and entry.at < until for _, key, _, until, _ in new)
            if planned and muted and not entry.standing():
                entry.marks.append(["delivery_failed", now, f"called_off:{now}", False])

    def outcome(self, entry: Entry, kind: str, at: int, event: str, now: int) -> str:
        if any(mark[2] == event for mark in entry.marks):
            return "repeated"
        inbound, made = not self.rules["channels"][entry.channel]["outbound"], entry.confirmed()
        given_back = made is False or (made is None and inbound)
        late = entry.until < at if kind in POLAR else given_back and entry.expires <= at
        before = self.pauses(now)
        entry.marks.append([kind, at, event, False])
        self.call_off(before, now)
        return "recorded_late" if late else "recorded"

    def withdraw(self, entry: Entry, event: str, now: int) -> str:
        named = [mark for mark in entry.marks if mark[2] == event]
        found, before = [mark for mark in named if not mark[3]], self.pauses(now)
        for mark in found:
            mark[3] = True
        self.call_off(before, now)
        return "recorded" if found else "repeated" if named else "refused"

    def expire(self, now: int) -> None:
        for entry in self.entries:
            done = any(mark[0] in STRONG or mark[0] == "no_response" for mark in entry.standing())
            if 0 < entry.until <= now and not done and self.counts(entry, now):
                before = self.pauses(now)
                entry.marks.append(["no_response", entry.until, "", False])
                self.call_off(before, now)
