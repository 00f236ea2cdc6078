"""The commit of a decision whose customer may have changed: every pick and alternate as an offer, with the limits to count again.

Built only where it is needed: most decisions are committed as they were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nba_server.application.held import Kinds, held_until
from nba_server.application.ports import AnswerEncoder, Claim, ContactPolicy, DecisionCommit, Muting, Offer
from nba_server.application.turn import Turn
from nba_server.domain.catalog import Catalog
from nba_server.domain.contact import LimitScope
from nba_server.domain.decision import Decision
from nba_server.domain.engagement import Charge, CustomerState
from nba_server.domain.plan import Mask
from nba_server.domain.reasons import Stage

Check = tuple[ContactPolicy, Mask]
"""A policy that the store checks again, and the actions that it holds back."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What is the same in both forms of a commit."""

    head: bytes
    entry: bytes
    withdrawn: bytes
    muting: Muting | None


class Rechecks:
    """Builds commits that count every limit again."""

    def __init__(self, answers: AnswerEncoder, kinds: Kinds) -> None:
        self._answers = answers
        self._kinds = kinds

    def commit(
        self, decision: Decision, claim: Claim, catalog: Catalog, turn: Turn, encoded: Encoded
    ) -> DecisionCommit:
        """Every pick and alternate as an offer. An anonymous visitor has no ledger, so no limit can be checked."""
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
            head=encoded.head,
            no_offers=tuple(self._answers.no_offer(p.placement, decision) for p in given.request.placements),
            entry=encoded.entry,
            retention_ms=catalog.ledger_retention_ms,
            anonymous=claim.anonymous,
            supersedes=given.request.supersedes,
            muting=encoded.muting,
            attempt=turn.attempt,
            valid_until_ms=turn.valid_until_ms,
            channel=given.request.channel,
            withdrawn=encoded.withdrawn,
            engagement_version=given.state.engagement_version,
            enough=0 if turn.last else _enough(decision),
            **_household(given.state, checks),
        )

    def _offers(self, decision: Decision, catalog: Catalog, checks: Sequence[Check]) -> tuple[Offer, ...]:
        """All picks in order of preference."""
        given = decision.input
        places = {place.placement: index for index, place in enumerate(given.request.placements)}
        ranks, until, caps = ranks_of(decision), held_until(decision, catalog), catalog.plan.caps
        offers = []
        for index, pick in enumerate(decision.picks):
            kind, action = self._kinds.of(decision, pick, catalog), decision.candidates[pick.candidate].action
            # The store takes a choice of the policy in its own position, and an alternate only for a lost one.
            part = self._answers.action(
                decision, catalog, index, ranks[index], substituted=not pick.position, reserved_until_ms=until
            )
            offers.append(
                Offer(
                    pick=index,
                    placement=places[kind.placement],
                    position=pick.position,
                    contact=kind.contact(
                        given.decision_id, given.contact_ms - given.now_ms, deferred=given.request.deferred
                    ),
                    limits=tuple(i for i, (_, bound) in enumerate(checks) if bound[action]),
                    answer=part if pick.position else b"",
                    answer_substituted=b"" if pick.position else part,
                    charges=tuple(Charge(cap.key, int(units[action])) for cap, units in caps if units[action]),
                )
            )
        return tuple(offers)


def ranks_of(decision: Decision) -> list[int]:
    """The rank that each pick gets when it is taken: its position; alternates come after the slate.

    Where a placement has one slot, whoever takes it is first.
    """
    slots = {place.placement: place.slots for place in decision.input.request.placements}
    placements = decision.candidates.placements
    behind: dict[str, int] = {}
    ranks = []
    for pick in decision.picks:
        if pick.position:
            ranks.append(pick.position)
            continue
        place = placements[pick.candidate]
        behind[place] = behind.get(place, 0) + 1
        ranks.append(1 if slots[place] == 1 else slots[place] + behind[place])
    return ranks


def shares_limits(decision: Decision, catalog: Catalog) -> bool:
    """Whether a limit or budget counts the contacts of the customer's household."""
    return bool(decision.input.state.household.ref and _household(decision.input.state, _checks(decision, catalog)))


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


def _enough(decision: Decision) -> int:
    """How many offers a changed customer must get: as many as were chosen, or one in every slot where a policy kept some back."""
    chosen = sum(1 for pick in decision.picks if pick.position)
    slots = sum(place.slots for place in decision.input.request.placements)
    if chosen == slots:
        return chosen
    kept_back = any(np.any(funnel.stage == Stage.CONTACT_POLICY) for funnel in decision.funnels)
    return slots if kept_back else chosen
