"""The lines that an agent types, and what each does. A wrong line is answered with a sentence and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from nba_server.commands import agent_view
from nba_server.commands.agent_call import AgentCall, Proposal
from nba_server.commands.agent_outbox import Outbox
from nba_server.commands.words import value as typed

if TYPE_CHECKING:
    from rich.console import Console

    from nba_client import CatalogWords, Client, Matter

LETTERS = {"p": "presented", "a": "accepted", "r": "refused", "l": "later", "n": "unmentioned"}


class WrongLine(Exception):
    """What was typed cannot be done; the text says what can."""


class AgentDesk:
    """The terminal of one agent: at most one call at a time."""

    def __init__(
        self, client: Client, outbox: Outbox, console: Console, *, channel: str, placement: str, agent: str
    ) -> None:
        """Raises the client's errors when the server cannot tell what its catalogue has."""
        self._client, self._outbox, self._console = client, outbox, console
        self._where = {"channel": channel, "placement": placement, "agent": agent}
        self._words: CatalogWords = client.catalog.describe()
        self._matters: list[Matter] = []
        self._call: AgentCall | None = None
        self._verbs: dict[str, Callable[[str], None]] = {
            "call": self._ring,
            "set": self._set,
            "unset": lambda name: self._change(name, None),
            "rank": lambda _: self._rank(),
            "file": lambda _: self._file(),
            "facts": lambda _: agent_view.draw_facts(self._console, self._words),
            "why": lambda rest: agent_view.draw_numbers(self._console, self._proposal(rest)),
            "score": self._score,
            "complain": self._complain,
            "close": self._close,
            "end": lambda _: self._end(),
            "help": lambda _: self._console.print(agent_view.HELP, markup=False),
        }

    @property
    def prompt(self) -> str:
        """Who is on the line, and what waits to be sent."""
        waiting = f" ({len(self._outbox.waiting)} waiting)" if self._outbox.waiting else ""
        return f"{self._call.customer if self._call else 'nba agent'}{waiting}> "

    def do(self, line: str) -> None:
        """Does what the line says. Raises `WrongLine` and the client's errors."""
        verb, _, rest = line.strip().partition(" ")
        if verb.isdecimal():
            self._react(self._proposal(verb), rest.strip())
        elif verb in self._verbs:
            self._verbs[verb](rest.strip())
        else:
            raise WrongLine(f"there is no {verb!r}; `help` lists what there is")

    def leave(self) -> None:
        """Lets go what the call still holds, and sends what waits."""
        if self._call is not None:
            self._end()
        if not self._outbox.flush(self._client, self._told):
            self._told(f"{len(self._outbox.waiting)} entries are kept and will be sent by the next `nba agent`")

    def _told(self, words: str) -> None:
        self._console.print(words, markup=False)

    def _current(self) -> AgentCall:
        if self._call is None:
            raise WrongLine("nobody is on the line; `call CUSTOMER` takes a call")
        return self._call

    def _proposal(self, number: str) -> Proposal:
        proposals = self._current().proposals
        if not number.isdecimal() or not 1 <= int(number) <= len(proposals):
            raise WrongLine(f"there is no proposal {number or '?'}; there are {len(proposals)}")
        return proposals[int(number) - 1]

    def _ring(self, customer: str) -> None:
        if not customer:
            raise WrongLine("say who calls: `call CUSTOMER`")
        if self._call is not None:
            self._end()
        self._call = AgentCall(self._client, self._outbox, self._told, customer=customer, **self._where)
        self._file()
        self._rank()

    def _file(self) -> None:
        from nba_client.errors import NotFound

        customer_id = self._current().customer
        try:
            customer = self._client.customers.get(customer_id)
        except NotFound:
            customer = None
        contacts = self._client.customers.contacts(customer_id, max_contacts=50)
        self._matters = self._client.matters.list(customer_id)
        agent_view.draw_file(self._console, self._words, customer, contacts, self._matters)

    def _rank(self) -> None:
        self._current().rank()
        self._show()

    def _show(self) -> None:
        agent_view.draw_proposals(self._console, self._current())

    def _set(self, rest: str) -> None:
        name, equals, text = rest.partition("=")
        if not equals:
            raise WrongLine("say which fact: `set NAME=VALUE`; `facts` lists them")
        self._change(name.strip(), typed(text.strip()))

    def _change(self, name: str, value: object) -> None:
        self._current().set(name, value)  # type: ignore[arg-type]  # the server checks it against the catalogue
        self._show()

    def _react(self, proposal: Proposal, rest: str) -> None:
        letter, _, reason = rest.partition(" ")
        if letter == "u":
            if not proposal.reactions:
                raise WrongLine("nothing was recorded of it")
            self._said(self._current().undo(proposal))
        elif proposal.answered:
            raise WrongLine("it has its answer; `u` takes that back")
        elif letter in LETTERS:
            self._said(self._current().react(proposal, LETTERS[letter], _reason(letter, reason.strip())))
        else:
            raise WrongLine("say what became of it: p, a, r [REASON], l [DAY], n or u")
        self._show()

    def _score(self, text: str) -> None:
        if not text.isdecimal() or int(text) > 10:
            raise WrongLine("a score is a whole number from 0 to 10")
        self._said(self._current().score(int(text)))
        self._rank()

    def _complain(self, text: str) -> None:
        self._said(self._current().complain(text))
        self._rank()

    def _close(self, rest: str) -> None:
        number, _, note = rest.partition(" ")
        if not number.isdecimal() or not 1 <= int(number) <= len(self._matters) or not note.strip():
            raise WrongLine("say which and what was done: `close 1 NOTE`; `file` lists the matters")
        self._said(self._current().close_matter(self._matters[int(number) - 1].matter_id, note.strip()))
        self._rank()

    def _end(self) -> None:
        self._said(self._current().end())
        self._call = None
        self._told("call ended")

    def _said(self, sent: bool) -> None:
        if not sent:
            self._told("no connection: it is kept and will be sent once")


def _reason(letter: str, reason: str) -> str:
    if letter == "l" and reason:
        try:
            date.fromisoformat(reason)
        except ValueError:
            raise WrongLine(f"{reason!r} is no day; write it as 2026-12-01") from None
    return reason if letter in "rl" else ""
