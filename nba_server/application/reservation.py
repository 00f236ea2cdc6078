"""Turns a decision into what the store reserves and journals in one atomic call, and into a preview's answer.

It encodes nothing itself: answers and entries come from the encoders.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from nba_server.application.ports import (
    AnswerEncoder,
    ContactPolicy,
    CustomerRef,
    DecisionCommit,
    JournalEncoder,
    Muting,
    Offer,
)
from nba_server.domain.catalog import Catalog
from nba_server.domain.contact import LimitScope
from nba_server.domain.decision import Decision, DecisionInput, Pick
from nba_server.domain.engagement import Charge, Contact, ContactState, CustomerState
from nba_server.domain.muting import up_to_date
from nba_server.domain.plan import Mask

Check = tuple[ContactPolicy, Mask]
"""A policy that the store checks again, and the actions that it holds back."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who asks for a decision and under which key: what a commit needs besides the decision itself.

    `asked` is who was asked for; `customer` is where the record lives, under a customer for a visitor who became known.
    """

    asked: CustomerRef
    customer: CustomerRef
    caller: str
    request_key: str
    fingerprint: str
    anonymous: bool


class Reservation:
    """Builds commits and previews of one catalogue."""

    def __init__(self, answers: AnswerEncoder, journal: JournalEncoder) -> None:
        self._answers = answers
        self._journal = journal

    def commit(self, decision: Decision, claim: Claim, catalog: Catalog) -> DecisionCommit:
        """The commit: every pick and alternate as an offer, with the limits that the store checks again.

        An anonymous visitor has no ledger, so no limit can be checked.
        """
        given = decision.input
        checks = _checks(decision, catalog) if not claim.anonymous else ()
        return DecisionCommit(
            customer=claim.customer,
            decision_id=given.decision_id,
            request_key=claim.request_key,
            fingerprint=claim.fingerprint,
            profile_version=given.state.profile_version,
            guard_version=given.state.guard_version,
            limits=tuple(policy for policy, _ in checks),
            slots=tuple(place.slots for place in given.request.placements),
            offers=self._offers(decision, catalog, checks),
            head=self._answers.head(decision, catalog),
            no_offers=tuple(self._answers.no_offer(p.placement, decision) for p in given.request.placements),
            entry=self._journal.decision(decision, catalog, claim.asked, claim.caller),
            retention_ms=catalog.ledger_retention_ms,
            anonymous=claim.anonymous,
            channel=given.request.channel,
            withdrawn=b"".join(self._answers.withdrawn(place.placement) for place in given.request.placements),
            supersedes=given.request.supersedes,
            muting=None if claim.anonymous else _muting(given, catalog),
            **_household(given.state, checks),
        )

    def preview(self, decision: Decision, catalog: Catalog) -> bytes:
        """The answer as it would be if nobody else took the customer's last slot."""
        taken = [index for index, pick in enumerate(decision.picks) if pick.position]
        return self.answer(decision, catalog, taken, ())

    def answer(self, decision: Decision, catalog: Catalog, taken: Sequence[int], substituted: Collection[int]) -> bytes:
        """The answer for the picks that were taken, composed as the store composes it."""
        filled = {decision.candidates[decision.picks[index].candidate].placement for index in taken}
        ranks = ranks_of(decision)
        until = _held_until(decision, catalog)
        parts = [self._answers.head(decision, catalog)]
        parts += [
            self._answers.action(decision, catalog, i, ranks[i], substituted=i in substituted, reserved_until_ms=until)
            for i in taken
        ]
        parts += [
            self._answers.no_offer(place.placement, decision)
            for place in decision.input.request.placements
            if place.placement not in filled
        ]
        return b"".join(parts)

    def _offers(self, decision: Decision, catalog: Catalog, checks: Sequence[Check]) -> tuple[Offer, ...]:
        """All picks in order of preference."""
        request = decision.input.request
        places = {place.placement: index for index, place in enumerate(request.placements)}
        ranks = ranks_of(decision)
        until = _held_until(decision, catalog)
        caps = catalog.plan.caps
        offers = []
        for index, pick in enumerate(decision.picks):
            contact = contact_of(decision, pick, catalog)
            action = decision.candidates[pick.candidate].action
            # The store takes a choice of the policy in its own position, and an alternate only for a lost one.
            part = self._answers.action(
                decision, catalog, index, ranks[index], substituted=not pick.position, reserved_until_ms=until
            )
            offers.append(
                Offer(
                    pick=index,
                    placement=places[contact.placement],
                    position=pick.position,
                    contact=contact,
                    limits=tuple(i for i, (_, bound) in enumerate(checks) if bound[action]),
                    answer=part if pick.position else b"",
                    answer_substituted=b"" if pick.position else part,
                    charges=tuple(Charge(cap.key, int(units[action])) for cap, units in caps if units[action]),
                )
            )
        return tuple(offers)


def contact_of(decision: Decision, pick: Pick, catalog: Catalog) -> Contact:
    """The ledger entry of a pick; its times are durations until the store adds its now."""
    candidate = decision.candidates[pick.candidate]
    action = catalog.actions[candidate.action]
    channel = catalog.channels[decision.input.request.channel]
    ahead_ms = decision.input.contact_ms - decision.input.now_ms
    response_ms = action.response_window_ms or channel.response_window_ms
    return Contact(
        id=f"{decision.input.decision_id}:{action.id}",
        at_ms=ahead_ms,
        expires_ms=ahead_ms + channel.reservation_ms,
        state=ContactState.RESERVED,
        channel=channel.id,
        direction=channel.direction,
        class_=action.class_,
        group=action.group,
        action=action.id,
        decision_id=decision.input.decision_id,
        treatment=action.treatments[candidate.treatment].id,
        placement=candidate.placement,
        respond_until_ms=ahead_ms + response_ms if response_ms else 0,
        deferred=decision.input.request.deferred,
    )


def _household(state: CustomerState, checks: Sequence[Check]) -> dict[str, Any]:
    """The household, where a limit or budget counts its contacts."""
    wanted = any(policy.scope is LimitScope.HOUSEHOLD for policy, _ in checks)
    home = state.household
    return {"household": home.ref, "others": home.others} if wanted and home.ref else {}


def _checks(decision: Decision, catalog: Catalog) -> tuple[Check, ...]:
    """The policies that apply on the channel (shadow ones do not), with the actions that each holds back."""
    given, plan = decision.input, catalog.plan
    channel, segments = given.request.channel, given.state.profile.segments
    limits: list[Check] = [(limit, held) for limit, held in plan.limits[channel] if not limit.shadow]
    heavy = [(pressure, weights > 0.0) for pressure, weights in plan.pressures[channel] if not pressure.shadow]
    return (*limits, *((pressure.of(segments), held) for pressure, held in heavy))


def _muting(given: DecisionInput, catalog: Catalog) -> Muting | None:
    """The suppressions to store, when the decision had to work them out for rules that have changed."""
    state, known = given.state, bool(given.state.suppressions or given.state.suppression_hash)
    if state.suppression_hash == catalog.suppression_hash or not (known or any(c.reactions for c in state.ledger)):
        return None
    now = up_to_date(state, catalog, given.now_ms)
    return Muting(now.suppressions, now.suppression_hash, state.engagement_version)


def _held_until(decision: Decision, catalog: Catalog) -> int:
    """Told from the read's time, which the answer knows: a moment less than the store will hold it."""
    return decision.input.contact_ms + catalog.channels[decision.input.request.channel].reservation_ms


def ranks_of(decision: Decision) -> list[int]:
    """The rank that each pick gets when it is taken: its position; alternates come after the slate.

    Where a placement has one slot, whoever takes it is first.
    """
    slots = {place.placement: place.slots for place in decision.input.request.placements}
    behind: dict[str, int] = {}
    ranks = []
    for pick in decision.picks:
        place = decision.candidates[pick.candidate].placement
        if pick.position:
            ranks.append(pick.position)
            continue
        behind[place] = behind.get(place, 0) + 1
        ranks.append(1 if slots[place] == 1 else slots[place] + behind[place])
    return ranks
