"""How `nba agent` draws: the caller's file, the proposals with what to say and why, matters, and the help."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from nba_client import CatalogWords, Customer, CustomerContacts, Matter
    from nba_client.contact_reading import LedgerContact
    from nba_server.commands.agent_call import AgentCall, Proposal

HELP = """\
call CUSTOMER          take a call
set NAME=VALUE         a live fact, as reason=billing; ranks anew      unset NAME
1 p                    proposal 1 was presented                        1 a   accepted
1 r [REASON]           refused, with a short code                      1 l [DAY]   later, from 2026-12-01
1 n                    not mentioned: does not count                   1 u   undo
why 1                  the numbers behind proposal 1                   rank  rank again
file                   the caller's file again                         facts   the live facts that there are
score 4                the customer's score, 0 to 10                   complain TEXT   take a complaint down
close 1 NOTE           close matter 1 with a note for the next agent
end                    end the call: what was not mentioned is let go  quit"""


def draw_file(
    console: Console, words: CatalogWords, customer: Customer | None, contacts: CustomerContacts, matters: list[Matter]
) -> None:
    """Who is on the line: profile, products, consents, what counts and until when, matters."""
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    if customer is None:
        table.add_row("profile", "none; proposals rest on this call alone")
    else:
        facts = ", ".join(f"{name} {_shown(value)}" for name, value in customer.attributes.items())
        granted = ", ".join(
            f"{c.purpose} on {'all' if c.channel == '*' else c.channel}: {c.status}" for c in customer.consents
        )
        table.add_row("profile", _plain(facts))
        table.add_row("products", _plain(", ".join(customer.products) or "none"))
        table.add_row("consents", _plain(granted or "none recorded: no advertising"))
    for use in contacts.limits:
        until = f", free again from {_when(use.until)}" if use.used_up and use.until else ""
        table.add_row("limit", _plain(f"{use.limit}: {use.used} of {use.cap}{until}"))
    for pause in contacts.suppressions:
        name = words.title(pause.key) if pause.level == "action" else pause.key
        table.add_row("resting", _plain(f"{name} until {_when(pause.until)}" if pause.until else f"{name} for good"))
    reached = [c for c in contacts.contacts if c.state != "released" or c.outcomes]
    for contact in reached[:8]:
        heard = ", ".join(o.type for o in contact.outcomes if not o.withdrawn)
        counts = _counting(contact)
        line = f"{_when(contact.at)} {contact.channel}: {words.title(contact.action)}"
        table.add_row("contact", _plain(" · ".join(part for part in (line, heard, counts) if part)))
    console.print(table)
    _draw_matters(console, matters)


def _counting(contact: LedgerContact) -> str:
    if contact.state == "reserved" and not contact.outbound:
        return f"held until {_when(contact.reserved_until)}"
    return "counts" if contact.counts else "does not count"


def _draw_matters(console: Console, matters: list[Matter]) -> None:
    for number, matter in enumerate(matters, start=1):
        if matter.open:
            muted = f", {len(matter.muted_actions)} offers wait for it" if matter.muted_actions else ""
            console.print(f"matter {number} is open: {_plain(matter.title)}{muted}", style="bold yellow")
            for text in filter(None, (matter.text, matter.advice)):
                console.print(f"  {_plain(text)}")
        else:
            console.print(f"matter closed by {_plain(matter.closed_by)}: {_plain(matter.title)}", style="dim")
            console.print(f"  {_plain(matter.note)}")


def draw_proposals(console: Console, call: AgentCall) -> None:
    """The ranking, numbered as the agent names it."""
    if not call.proposals:
        for empty in call.no_offers:
            console.print(f"nothing to propose: {_plain(empty.reason.text)}")
    for number, proposal in enumerate(call.proposals, start=1):
        _draw_proposal(console, number, proposal)


def _draw_proposal(console: Console, number: int, proposal: Proposal) -> None:
    offer = proposal.offer
    if proposal.answered:
        console.print(f"[dim]{number}[/dim] {_plain(offer.title)}: {_state(proposal)}")
        return
    marks = [word for word, holds in (("presented", proposal.reactions), ("shown to learn", offer.explored)) if holds]
    console.print(
        f"[bold]{number} {_plain(offer.title)}[/bold]" + (f" [cyan]{', '.join(marks)}[/cyan]" if marks else "")
    )
    for name, text in offer.content.items():
        if name == "say":
            console.print(f"    “{_plain(text)}”")
    for reason in offer.reasons[:3]:
        console.print(f"    [dim]{_plain(reason.text)}[/dim]")


def _state(proposal: Proposal) -> str:
    reaction, _, reason = proposal.reactions[-1]
    word = "not mentioned" if reaction == "unmentioned" else reaction
    return _plain(f"{word} ({reason})" if reason else word)


def draw_numbers(console: Console, proposal: Proposal) -> None:
    """The factors of the priority and the decision's id."""
    offer = proposal.offer
    factors = offer.factors
    console.print(
        f"chance {factors.propensity:.1%} × moment {factors.context_weight:g} × worth {factors.value:g} × business "
        f"{factors.lever:g} = {offer.priority:.4g}; picked with {offer.pick_probability:.1%}; decision {proposal.decision_id}"
    )


def draw_facts(console: Console, words: CatalogWords) -> None:
    """The live facts that the catalogue takes."""
    for fact in words.context:
        values = f": {', '.join(fact.values)}" if fact.values else ""
        console.print(f"{_plain(fact.name)} ({fact.type}{_plain(values)}) [dim]{_plain(fact.description)}[/dim]")


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else str(value)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
