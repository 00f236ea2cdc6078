"""Keeps customers: upserts patches, reads a customer, deletes a profile.

Deleting keeps the ledger, suppressions, open matters (without their words), denials and the do-not-contact list under the keyed
hash, so that creating the customer again resets nothing. What a patch does to a profile is the domain's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.customer_validation import UpsertCommand, checked_patch
from nba_server.application.faults import Faults, check_batch, shown
from nba_server.application.ports import (
    CatalogProvider,
    CustomerReader,
    CustomerRecord,
    CustomerRef,
    CustomerWrite,
    Households,
    Identity,
    JournalEncoder,
)
from nba_server.domain.case_file import CaseFile, taken_in, without_words
from nba_server.domain.catalog import FieldType
from nba_server.domain.consent import ANY_CHANNEL, Consent, merge_consents, refusals, said_now, taken_back
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import CustomerState
from nba_server.domain.happening import key_of
from nba_server.domain.matter_reading import MatterReading, read_matters
from nba_server.domain.profile import Profile
from nba_server.domain.profile_patch import ProfilePatch, changed_names, patch_profile
from nba_server.errors import Conflict, InvalidArgument, NbaError, NotFound, Violation

CHANGE = "change"
"""Whose the keys of changes are among the events that a case file remembers."""


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """The customer's version after it, or why it was refused. `repeated`: the change was known already."""

    version: int = 0
    error: NbaError | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as the server knows it. `times`: the attributes that the live catalogue declares as moments."""

    customer_id: str
    version: int
    profile: Profile
    consents: tuple[Consent, ...]
    do_not_contact: DoNotContact
    times: frozenset[str]
    matters: tuple[MatterReading, ...] = ()


class Customers:
    """Upserts, reads and deletes customers."""

    def __init__(
        self,
        *,
        identity: Identity,
        reader: CustomerReader,
        changes: CustomerChanges,
        catalogs: CatalogProvider,
        journal: JournalEncoder,
        households: Households | None = None,
    ) -> None:
        self._households = households
        self._identity = identity
        self._reader = reader
        self._changes = changes
        self._catalogs = catalogs
        self._journal = journal

    async def upsert(self, commands: Sequence[UpsertCommand]) -> list[UpsertResult]:
        """One result a patch, in order. Raises `InvalidArgument` for a batch that is too long."""
        check_batch("customers", len(commands))
        catalog = self._catalogs.live
        results: dict[int, UpsertResult] = {}
        plans: dict[CustomerRef, _Upsert] = {}
        for place, command in enumerate(commands):
            try:
                patch = checked_patch(command, catalog)
                ref = self._identity.customer(patch.customer_id)
                if ref in plans:
                    raise InvalidArgument([Violation("customer_id", "is in this batch twice; each customer once")])
                plans[ref] = _Upsert(
                    place, ref, patch, self._journal, self._household(patch.household_id), catalog.max_ages
                )
            except InvalidArgument as fault:
                results[place] = UpsertResult(error=fault)
        failed = await self._changes(plans)
        for ref, plan in plans.items():
            error = failed.get(ref)
            results[plan.place] = UpsertResult(error=error) if error else await self._housed(ref, plan)
        return [results[place] for place in range(len(commands))]

    def _household(self, household_id: str | None) -> CustomerRef | None:
        if not household_id:
            return None if household_id is None else CustomerRef("", -1)
        return self._identity.household(household_id)

    async def _housed(self, ref: CustomerRef, plan: _Upsert) -> UpsertResult:
        """The result of a patch that was taken, when the customer is in the household that it names."""
        if plan.household is None or plan.repeated or self._households is None:
            return UpsertResult(plan.version, repeated=plan.repeated)
        try:
            version = await self._households.place(ref, plan.household if plan.household.ref else None)
        except NbaError as fault:
            return UpsertResult(plan.version, fault)
        failed = await self._changes({ref: plan.done}) if plan.key else {}
        return UpsertResult(plan.version if version is None else version, failed.get(ref))

    async def get(self, customer_id: str) -> CustomerView:
        """The customer. Raises `NotFound` where there is no profile."""
        read = await self._reader.read([self._ref(customer_id)])
        state = read.states[0]
        if not state.profile.known:
            raise NotFound(f"customer {shown(customer_id)} has no profile", reason="CUSTOMER_NOT_FOUND")
        catalog = self._catalogs.live
        declared = catalog.attributes
        times = frozenset(name for name in state.profile.attributes if declared.get(name) is FieldType.TIME)
        matters = read_matters(state.file, catalog, read.now_ms, open_only=True)
        return CustomerView(
            customer_id, state.profile_version, state.profile, state.consents, state.do_not_contact, times, matters
        )

    async def delete(self, customer_id: str) -> bool:
        """Removes profile, grants and purchases; keeps what protects the person. False: there was no profile."""
        ref = self._ref(customer_id)
        plan = _Delete(ref, self._journal)
        failed = await self._changes({ref: plan})
        if ref in failed:
            raise failed[ref]
        return plan.deleted

    def _ref(self, customer_id: str) -> CustomerRef:
        faults = Faults()
        faults.identifier("customer_id", customer_id)
        faults.raise_any()
        return self._identity.customer(customer_id)


class _Upsert:
    """The plan of one patch; `version` is the customer's version after it, `repeated` whether it was known already.

    `household` is the one that the patch names, with an empty reference for none; None: the patch names none.
    """

    def __init__(
        self,
        place: int,
        ref: CustomerRef,
        command: UpsertCommand,
        journal: JournalEncoder,
        household: CustomerRef | None,
        aged: Collection[str] = (),
    ) -> None:
        self.place = place
        self.version = 0
        self.repeated = False
        self.key = key_of(command.change_id, CHANGE)
        self.household = household
        self._aged = aged
        self._ref = ref
        self._command = command
        self._journal = journal

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        self.repeated = bool(self.key) and self.key in state.file.recent
        if self.repeated:
            self.version = state.profile_version
            return None
        self._expect(state)
        patch, entry = self._command.patch, _entry(state, self._command, now_ms)
        lists_only = patch == ProfilePatch() and not self._command.consents and self._command.do_not_contact is not None
        profile = state.profile if lists_only else patch_profile(state.profile, patch, now_ms, self._aged)
        new = said_now(state.consents, self._command.consents, now_ms)
        consents = merge_consents(state.consents, new)
        listed = entry != state.do_not_contact
        moves = self.household is not None and self.household.ref != state.household.ref
        file = taken_in(state.file, self.key) if self.key and self.household is None else None
        if profile == state.profile and consents == state.consents and not listed and not moves:
            self.version = state.profile_version
            return None if file is None else _remembered(self._ref, state, file, now_ms)
        self.version = state.profile_version + 1
        also = (("do_not_contact", listed), ("household", moves))
        changed = (*changed_names(state.profile, profile), *(name for name, holds in also if holds))
        record = CustomerRecord(self._ref, self.version, False, changed, new)
        return CustomerWrite(
            customer=self._ref,
            engagement_version=state.engagement_version,
            profile=profile if profile.known else None,
            consents=consents if new else None,
            do_not_contact=entry if listed else None,
            file=file,
            matters=() if file is None else file.open(now_ms),
            customer_id=self._command.customer_id if profile.known else "",
            bump_profile=True,
            bump_guard=listed or consents != state.consents,
            withdraws=(*taken_back(state.consents, consents), *(_barred(entry) if listed else ())),
            entries=(("customer", self._journal.customer(record)),)
            if changed or new
            else (),  # else only reported again
        )

    def done(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        """The plan that remembers a change which had more to it than one write."""
        return _remembered(self._ref, state, taken_in(state.file, self.key), now_ms)

    def _expect(self, state: CustomerState) -> None:
        """A deleted customer does not exist, whatever its version has grown to."""
        expected = self._command.expected_version
        found = state.profile_version if state.profile.known else 0
        if expected is not None and expected != found:
            raise Conflict(
                f"the stored version is {found}, not {expected}; read again",
                reason="VERSION_MISMATCH",
                metadata={"version": str(found)},
            )


def _remembered(ref: CustomerRef, state: CustomerState, file: CaseFile, now_ms: int) -> CustomerWrite:
    """Keeps that a change was taken in which changed nothing."""
    return CustomerWrite(ref, state.engagement_version, file=file, matters=file.open(now_ms))


def _entry(state: CustomerState, command: UpsertCommand, now_ms: int) -> DoNotContact:
    """The entry on the do-not-contact list after the patch; one that stays the same keeps its time."""
    asked, known = command.do_not_contact, state.do_not_contact
    if asked is None:
        return known
    if not asked.listed:
        return DoNotContact()
    return known if known == replace(asked, since_ms=known.since_ms) else replace(asked, since_ms=now_ms)


def _barred(entry: DoNotContact) -> tuple[str, ...]:
    """The channels that it bars, `*` for all."""
    return tuple(sorted(entry.channels or (ANY_CHANNEL,))) if entry.listed else ()


class _Delete:
    """The plan of a deletion; `deleted` tells whether there was a profile."""

    def __init__(self, ref: CustomerRef, journal: JournalEncoder) -> None:
        self.deleted = False
        self._ref = ref
        self._journal = journal

    def __call__(self, state: CustomerState, now_ms: int) -> CustomerWrite | None:
        kept = refusals(state.consents)
        self.deleted = state.profile.known
        file = without_words(state.file, now_ms)
        if not (state.profile.known or state.activity.purchases) and kept == state.consents and file == state.file:
            return None
        record = CustomerRecord(self._ref, state.profile_version + 1, True, (), ())
        return CustomerWrite(
            customer=self._ref,
            engagement_version=state.engagement_version,
            consents=kept,
            file=file if file != state.file else None,
            matters=file.open(now_ms),
            delete_profile=True,
            bump_profile=True,
            bump_guard=kept != state.consents,
            withdraws=(ANY_CHANNEL,),
            entries=(("customer", self._journal.customer(record)),),
        )
