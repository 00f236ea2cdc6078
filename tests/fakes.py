"""Small hand-written stand-ins for the ports, enough to test use cases without a store: state in dictionaries.

They keep the contracts that use cases rely on: compare-and-set, one answer per request key, stale decisions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nba_server.application.ports import (
    Commit,
    CommitResult,
    CommitStatus,
    ContactPolicy,
    CustomerRef,
    CustomerWrite,
    DecisionCommit,
    DueCustomer,
    ModelInfo,
    Offer,
    OptimisticCommit,
    PackedCommit,
    PartialStored,
    ReadResult,
    Repeat,
    SnapshotInfo,
    Stored,
)
from nba_server.domain import ledger as windows
from nba_server.domain import pressure as weighing
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import refusals
from nba_server.domain.contribution import ScoreAccount
from nba_server.domain.engagement import Activity, Contact, CustomerState
from nba_server.domain.ledger import inserted
from nba_server.domain.outcome import next_wait
from nba_server.domain.profile import Profile
from nba_server.domain.propensity import PRIOR_VERSION, CaseScores, FeatureColumns, Scorer, ScoringCase
from nba_server.domain.rollout import Assignment
from nba_server.domain.superseding import Refusal, refusal, superseded
from nba_server.domain.trace import FeatureNames
from nba_server.errors import NotFound, StoreUnavailable

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""


async def _nothing() -> None:
    return None


@dataclass
class FakeStore:
    """Reader, both writers and timers over dictionaries. `now_ms` is its clock; `journal` what it wrote, in order.

    `after_read` runs at the end of each read: the place where somebody else may be faster. `down` makes every call fail.
    """

    now_ms: int = START_MS
    states: dict[str, CustomerState] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    requests: dict[str, tuple[str, CommitResult]] = field(default_factory=dict)
    journal: list[tuple[str, bytes]] = field(default_factory=list)
    timers: dict[CustomerRef, int] = field(default_factory=dict)
    successors: dict[str, str] = field(default_factory=dict)
    after_read: Callable[[], Awaitable[None]] = _nothing
    reads: int = 0
    commits: int = 0
    down: bool = False

    def state(self, customer: CustomerRef) -> CustomerState:
        """The stored state, empty for a customer never seen."""
        return self.states.get(customer.ref, CustomerState())

    async def read(self, refs: Sequence[CustomerRef]) -> ReadResult:
        """All states at once."""
        self._reachable()
        self.reads += 1
        result = ReadResult(tuple(self.state(ref) for ref in refs), self.now_ms)
        await self.after_read()
        return result

    async def read_stored(self, refs: Sequence[CustomerRef]) -> PartialStored:
        """All or nothing: this store has one part. A record is the state itself."""
        read = await self.read(refs)
        return PartialStored(tuple(Stored([state]) for state in read.states), read.now_ms)

    def decode(self, stored: Stored) -> CustomerState:
        """The state."""
        state: CustomerState = stored.values[0]
        return state

    async def commit(self, commits: Sequence[Commit]) -> list[CommitResult]:
        """Idempotency, then versions, then the ledger, as the script does it."""
        self._reachable()
        self.commits += 1
        return [self._commit(one if isinstance(one, DecisionCommit) else one.checked()) for one in commits]

    def packed(self, commit: OptimisticCommit) -> PackedCommit:
        """In plain words."""
        checked = repr((commit.decision_id, commit.fingerprint, commit.attempt, commit.valid_until_ms)).encode()
        return checked, repr(commit.contacts).encode(), repr(commit.muting).encode(), commit.entry, commit.answer

    async def repeated(self, asked: Repeat) -> CommitResult | None:
        """The earlier answer, if there is one."""
        return self._earlier(asked.attempt.request_key, asked.fingerprint)

    async def write(self, writes: Sequence[CustomerWrite]) -> list[bool]:
        """Compare-and-set on the engagement version."""
        self._reachable()
        return [self._write(write) for write in writes]

    async def due(self, limit: int) -> list[DueCustomer]:
        """Timers at or before now, oldest first."""
        found = sorted((due, ref.ref, ref) for ref, due in self.timers.items() if due <= self.now_ms)
        return [DueCustomer(ref, due) for due, _, ref in found[:limit]]

    async def forget(self, timers: Sequence[DueCustomer]) -> None:
        """Nobody moves here, and nothing is of an earlier version."""

    def _reachable(self) -> None:
        if self.down:
            raise StoreUnavailable("the store does not answer")

    def _earlier(self, request_key: str, fingerprint: str) -> CommitResult | None:
        if request_key not in self.requests:
            return None
        known, result = self.requests[request_key]
        if known != fingerprint:
            return CommitResult(CommitStatus.CONFLICT)
        return result._replace(status=CommitStatus.REPEATED)

    def _commit(self, commit: DecisionCommit) -> CommitResult:
        earlier = self._earlier(commit.request_key, commit.fingerprint)
        if earlier is not None:
            return earlier
        state = self.state(commit.customer)
        versions = (state.profile_version, state.guard_version)
        if not commit.anonymous and versions != (commit.profile_version, commit.guard_version):
            return CommitResult(CommitStatus.STALE)
        refused = self._refusal(commit, state)
        if refused is not None:
            return CommitResult(CommitStatus.REFUSED, refusal=refused)
        freed = superseded(state.ledger, commit.supersedes, self.now_ms) if commit.supersedes else state.ledger
        if commit.supersedes:
            self.successors[commit.supersedes] = commit.decision_id
        if commit.muting and commit.muting.engagement_version == state.engagement_version:
            now = {"suppressions": commit.muting.suppressions, "suppression_hash": commit.muting.suppression_hash}
            self.states[commit.customer.ref] = state = replace(state, **now)
        taken, ledger = self._take(commit, freed)
        if not commit.anonymous and (taken or freed != state.ledger):
            engagement = state.engagement_version + 1
            self.states[commit.customer.ref] = replace(state, ledger=ledger, engagement_version=engagement)
        filled = {offer.placement for offer in taken}
        parts = [commit.head, *(offer.answer if offer.position else offer.answer_substituted for offer in taken)]
        parts += [part for place, part in enumerate(commit.no_offers) if place not in filled]
        result = CommitResult(CommitStatus.COMMITTED, b"".join(parts), tuple(offer.pick for offer in taken))
        self.requests[commit.request_key] = (commit.fingerprint, result)
        self.journal.append(("decision", commit.entry))
        return result

    def _refusal(self, commit: DecisionCommit, state: CustomerState) -> Refusal | None:
        if not commit.supersedes:
            return None
        if commit.supersedes in self.successors:
            return Refusal.SUPERSEDED
        remembered = commit.supersedes.rpartition("-")[2] in self.requests
        return refusal(state.ledger, commit.supersedes, self.now_ms, remembered=remembered)

    def _take(self, commit: DecisionCommit, ledger: tuple[Contact, ...]) -> tuple[list[Offer], tuple[Contact, ...]]:
        taken: list[Offer] = []
        for offer in commit.offers:
            contact = replace(
                offer.contact,
                at_ms=self.now_ms,
                expires_ms=self.now_ms + offer.contact.expires_ms,
                respond_until_ms=self.now_ms + offer.contact.respond_until_ms,
            )
            full = sum(1 for o in taken if o.placement == offer.placement) >= commit.slots[offer.placement]
            again = any(o.contact.action == contact.action for o in taken)
            limits = [commit.limits[index] for index in offer.limits]
            others = [entry for entry in ledger if entry.decision_id != commit.decision_id]
            if full or again or not all(self._admits(others, limit, contact) for limit in limits):
                continue
            taken.append(offer)
            if not commit.anonymous:
                ledger = inserted(ledger, contact)
                due = contact.respond_until_ms
                self.timers[commit.customer] = min(due, self.timers.get(commit.customer, due))
        return taken, ledger

    def _admits(self, ledger: Sequence[Contact], policy: ContactPolicy, contact: Contact) -> bool:
        if isinstance(policy, weighing.ContactPressure):
            return weighing.admits(ledger, policy, contact, self.now_ms, self.now_ms)
        return windows.admits(ledger, policy, self.now_ms, self.now_ms)

    def _write(self, write: CustomerWrite) -> bool:
        state = self.state(write.customer)
        if state.engagement_version != write.engagement_version:
            return False
        if write.delete_profile:
            state = replace(state, profile=Profile(), activity=Activity(), consents=refusals(state.consents))
            self.ids.pop(write.customer.ref, None)
        if write.customer_id:
            self.ids[write.customer.ref] = write.customer_id
        self.states[write.customer.ref] = replace(
            state,
            profile=state.profile if write.profile is None else write.profile,
            consents=state.consents if write.consents is None else write.consents,
            ledger=state.ledger if write.ledger is None else write.ledger,
            suppressions=state.suppressions if write.suppressions is None else write.suppressions,
            suppression_hash=state.suppression_hash if write.suppressions is None else write.suppression_hash,
            do_not_contact=state.do_not_contact if write.do_not_contact is None else write.do_not_contact,
            activity=state.activity if write.activity is None else write.activity,
            file=state.file if write.file is None else write.file,
            matters=state.matters if write.file is None else write.matters,
            profile_version=state.profile_version + write.bump_profile,
            guard_version=state.guard_version + write.bump_guard,
            engagement_version=state.engagement_version + 1,
        )
        self.journal.extend(write.entries)
        due = next_wait(write.ledger) if write.due_ms is None and write.ledger is not None else write.due_ms
        if due:
            self.timers[write.customer] = due
        elif due == 0:
            self.timers.pop(write.customer, None)
        return True


@dataclass
class FakeCatalogs:
    """One live catalogue and the ones before it."""

    live: Catalog
    older: list[Catalog] = field(default_factory=list)
    live_since_ms: int = 0
    refused: str = ""

    async def snapshot(self, hash_: str) -> Catalog | None:
        """The live or an older one."""
        return next((catalog for catalog in (self.live, *self.older) if catalog.hash == hash_), None)

    async def reload(self) -> bool:
        """Nothing ever changes."""
        return False

    async def list(self) -> list[SnapshotInfo]:
        """The live one first."""
        return [SnapshotInfo(c.hash, c.name, len(c.actions), 0, c is self.live) for c in (self.live, *self.older)]

    async def rollback(self, hash_: str) -> None:
        """Swaps the live one with an older one."""
        for index, catalog in enumerate(self.older):
            if hash_ in ("", catalog.hash):
                self.older[index], self.live = self.live, catalog
                return
        raise NotFound("there is no such snapshot")


@dataclass
class FakeScorer:
    """Propensities by action id, else the action's prior. Counts its calls."""

    version: str = PRIOR_VERSION
    reads: frozenset[str] = frozenset({"action.id"})
    by_action: Mapping[str, float] = field(default_factory=dict)
    calls: int = 0

    def score(self, cases: Sequence[ScoringCase]) -> list[CaseScores]:
        """One result a case."""
        self.calls += 1
        return [CaseScores(self._propensity(case), FeatureColumns("fake")) for case in cases]

    def _propensity(self, case: ScoringCase) -> np.ndarray:
        found = [
            self.by_action.get(str(pair.get("action.id")), p) for pair, p in zip(case.pairs, case.prior, strict=True)
        ]
        return np.array(found, dtype=np.float64)


@dataclass
class FakeModels:
    """One live scorer, and a challenger that scores for a `share`."""

    live: Scorer = field(default_factory=FakeScorer)
    challenger: Scorer | None = None
    share: float = 0.0

    @property
    def assignment(self) -> Assignment:
        """Without a challenger the live one scores for everybody."""
        return Assignment(self.live, self.challenger, self.share, self.challenger.version if self.challenger else "")

    async def scorer(self, version: str) -> Scorer | None:
        """The live one, if it is meant."""
        return self.live if version == self.live.version else None

    async def feature_names(self, definition_hash: str) -> FeatureNames | None:
        """The fake scorer has no features."""
        return None

    async def account(self, version: str, features: FeatureColumns, rows: Sequence[int]) -> ScoreAccount:
        """The fake scorer has nothing to tell."""
        return ScoreAccount(missing="no features")

    async def list(self) -> list[ModelInfo]:
        """The live one."""
        return [ModelInfo(self.live.version, "fake", 0, "", True, True)]

    async def report(self, version: str) -> str:
        """An empty report."""
        return "{}"

    async def promote(self, version: str, note: str) -> None:
        """Accepts what is live already."""
        if version != self.live.version:
            raise NotFound("there is no such model")

    async def rollback(self, note: str) -> None:
        """Nothing to go back to."""
        raise NotFound("no model was live before")
