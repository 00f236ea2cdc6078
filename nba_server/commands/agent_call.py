"""One call at the terminal: the ranking, what became of it, and the live facts. Draws nothing, asks nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nba_server.commands.agent_outbox import Outbox

if TYPE_CHECKING:
    from nba_client import Client, Decision, NoOffer, RankedAction, Value

REACTIONS = {
    "presented": "impression",
    "accepted": "accepted",
    "refused": "rejected",
    "later": "maybe_later",
    "unmentioned": "not_mentioned",
}
"""The agent's word and the outcome that it is."""


@dataclass(slots=True)
class Proposal:
    """An action of a decision and what stands of it: (reaction, event id, reason), in order."""

    decision_id: str
    offer: RankedAction
    reactions: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        """Whether only undo is left."""
        return bool(self.reactions) and self.reactions[-1][0] != "presented"


class AgentCall:
    """Who is on the line. A ranking takes the place of the one before: a call is one contact until something is said."""

    def __init__(
        self,
        client: Client,
        outbox: Outbox,
        told: Callable[[str], None],
        *,
        customer: str,
        channel: str,
        placement: str,
        agent: str,
    ) -> None:
        """`told` hears what the server did and what it refused."""
        self.customer = customer
        self.agent = agent
        self.context: dict[str, Value] = {}
        self.proposals: list[Proposal] = []
        self.no_offers: tuple[NoOffer, ...] = ()
        self._client = client
        self._outbox = outbox
        self._told = told
        self._where = (channel, (placement,) if placement else ())
        self._id = uuid.uuid4().hex
        self._sequence = 0
        self._decision: Decision | None = None

    def rank(self) -> None:
        """Decides anew, in the place of the last ranking. Raises the client's errors."""
        from nba_client.errors import InvalidRequest

        self._outbox.flush(self._client, self._told)
        self._sequence += 1
        try:
            decision = self._decide("" if self._decision is None else self._decision.decision_id)
        except InvalidRequest as error:
            if not any(violation.field == "supersedes" for violation in error.violations):
                raise
            self._sequence += 1
            decision = self._decide("")  # the last ranking has lapsed: it holds nothing any more
        self._decision = decision
        touched = [proposal for proposal in self.proposals if proposal.reactions]
        self.proposals = [*touched, *(Proposal(decision.decision_id, offer) for offer in decision.actions)]
        self.no_offers = decision.no_offers

    def set(self, name: str, value: Value) -> None:
        """Sets a live fact (None: takes it back) and ranks anew."""
        if value is None:
            self.context.pop(name, None)
        else:
            self.context[name] = value
        self.rank()

    def react(self, proposal: Proposal, reaction: str, reason: str = "") -> bool:
        """Records a reaction; False when it waits for the connection."""
        entry = self._outbox.add(
            "outcome",
            f"{proposal.offer.title}: {reaction}",
            decision=proposal.decision_id,
            action=proposal.offer.action,
            type=REACTIONS[reaction],
            reason=reason,
        )
        proposal.reactions.append((reaction, entry["id"], reason))
        return self._outbox.flush(self._client, self._told)

    def undo(self, proposal: Proposal) -> bool:
        """Takes the latest reaction back."""
        reaction, event_id, _ = proposal.reactions.pop()
        self._outbox.add(
            "outcome",
            f"{proposal.offer.title}: {reaction} taken back",
            decision=proposal.decision_id,
            action=proposal.offer.action,
            type="withdrawn",
            withdraws=event_id,
        )
        return self._outbox.flush(self._client, self._told)

    def score(self, value: float) -> bool:
        """Records the score that the customer gave."""
        self._outbox.add("score", f"score {value:g}", customer=self.customer, value=value, agent=self.agent)
        return self._outbox.flush(self._client, self._told)

    def complain(self, text: str) -> bool:
        """Takes a complaint down."""
        self._outbox.add("complaint", "complaint", customer=self.customer, text=text, agent=self.agent)
        return self._outbox.flush(self._client, self._told)

    def close_matter(self, matter_id: str, note: str) -> bool:
        """Closes a matter with a note."""
        self._outbox.add("close", "closing note", customer=self.customer, matter=matter_id, note=note, agent=self.agent)
        return self._outbox.flush(self._client, self._told)

    def end(self) -> bool:
        """What was not mentioned is let go."""
        sent = True
        for proposal in self.proposals:
            if not proposal.reactions:
                sent = self.react(proposal, "unmentioned")
        return sent

    def _decide(self, supersedes: str) -> Decision:
        channel, placements = self._where
        return self._client.decide(
            self.customer,
            channel=channel,
            placements=placements,
            context=self.context,
            request_id=f"{self._id}-{self._sequence}",
            excluded_actions=[proposal.offer.action for proposal in self.proposals if proposal.reactions],
            supersedes=supersedes,
            defer_activation=True,
        )
