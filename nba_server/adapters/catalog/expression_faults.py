"""The CEL engine's messages in plain words, with the offset in the expression and a mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from nba_server.adapters.catalog.expression_tokens import names
from nba_server.adapters.catalog.faults import did_you_mean
from nba_server.domain.catalog import FieldType

_MESSAGE = re.compile(
    r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:(\d+):(\d+): (.*?)(?: \[INVALID_ARGUMENT\])?$", re.MULTILINE
)
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']+)' applied to '(.*)'")
_OPERATORS = {"_&&_": "&&", "_||_": "||", "!_": "!", "-_": "-", "_[_]": "[]", "@in": "in", "_?_:_": "? :"}


@dataclass(frozen=True, slots=True)
class ExpressionFault:
    """What is wrong at the character `offset` (from 0) of an expression, and the mend."""

    offset: int
    what: str
    mend: str = ""


def wrong_type(type_name: str) -> tuple[ExpressionFault, ...]:
    """The fault of an expression that is not of type bool."""
    what = f"a rule must be true or false, this is of type {type_name.lower()}"
    return (ExpressionFault(0, what, "compare it with something, as `customer.age >= 18`"),)


def read_faults(message: str, source: str, facts: Mapping[str, FieldType]) -> tuple[ExpressionFault, ...]:
    """All faults in an engine's message; follow-up messages at the same place are left out."""
    faults: dict[int, ExpressionFault] = {}
    for line, column, text in _MESSAGE.findall(message):
        offset = _offset(source, int(line), int(column))
        fault = _fault(offset, text, source, facts)
        faults.setdefault(fault.offset, fault)
    if not faults:
        return (ExpressionFault(0, message.replace("INVALID_ARGUMENT: ", "").strip()),)
    if any("Syntax error" in text for _, _, text in _MESSAGE.findall(message)):
        return (next(iter(faults.values())),)
    return tuple(faults.values())


def _fault(offset: int, text: str, source: str, facts: Mapping[str, FieldType]) -> ExpressionFault:
    if undeclared := _UNDECLARED.match(text):
        return _unknown(offset, undeclared[1], source, facts)
    if overload := _OVERLOAD.match(text):
        return _mismatch(offset, overload[1], overload[2])
    if "range of a comprehension" in text:
        return ExpressionFault(_name_start(source, offset)[0], "only a list can be gone through", "")
    if "operand of a select" in text:
        return ExpressionFault(
            offset, "this value has no fields", "facts are flat: leave out what stands behind the dot"
        )
    if "has() argument" in text:
        return ExpressionFault(offset, "has() asks for a fact", "write has(customer.age)")
    if "Syntax error" in text:
        return ExpressionFault(offset, _syntax(text), _syntax_mend(source, offset))
    return ExpressionFault(offset, text)


def _unknown(offset: int, name: str, source: str, facts: Mapping[str, FieldType]) -> ExpressionFault:
    start, full = _asked(source, offset, name) or _name_start(source, offset)
    if full is None:
        return ExpressionFault(max(0, offset - len(name)), f"unknown function `{name}`", _function_mend(name))
    return ExpressionFault(start, f"unknown fact `{full}`", _fact_mend(full, facts))


def _fact_mend(name: str, facts: Iterable[str]) -> str:
    """The fact that was meant, or where to declare it. Names are compared behind their prefix, which is often right."""
    known = sorted(facts)
    prefix, _, field = name.rpartition(".")
    siblings = [fact.removeprefix(f"{prefix}.") for fact in known if prefix and fact.startswith(f"{prefix}.")]
    if near := get_close_matches(field, siblings, n=1, cutoff=0.6):
        return f"did you mean `{prefix}.{near[0]}`?"
    if elsewhere := [fact for fact in known if fact.rpartition(".")[2] == field]:
        return f"did you mean `{elsewhere[0]}`?"
    if not siblings:
        return did_you_mean(name, known)
    section = {"customer": "attributes", "context": "context", "action": "action_attributes"}.get(prefix)
    words = [f"declare it under `{section}:`"] if section else []
    if len(siblings) <= 12:
        words.append("known: " + ", ".join(f"{prefix}.{sibling}" for sibling in siblings))
    return "; ".join(words)


def _function_mend(name: str) -> str:
    known = (
        "size",
        "matches",
        "startsWith",
        "endsWith",
        "contains",
        "timestamp",
        "duration",
        "int",
        "double",
        "string",
        "has",
    )
    mend = did_you_mean(name, known)
    return mend if mend.startswith("did") else "the functions are those of CEL's standard library"


def _mismatch(offset: int, function: str, operands: str) -> ExpressionFault:
    operator = _OPERATORS.get(function, function.strip("_"))
    types = operands.strip("()").split(", ")
    what = f"`{operator}` does not work on {' and '.join(types)}"
    if set(types) == {"double", "int"}:
        return ExpressionFault(
            offset, what, "write the whole number as a decimal: 18.0 instead of 18, or int(...) around the number"
        )
    if "string" in types and set(types) & {"int", "double"}:
        return ExpressionFault(offset, what, "a text is compared with a text in quotes, a number with a number without")
    if "timestamp" in types and "string" in types:
        return ExpressionFault(offset, what, "write timestamp('2026-03-31T00:00:00Z')")
    if operator in ("&&", "||", "!", "? :"):
        return ExpressionFault(offset, what, "both sides must be true or false")
    return ExpressionFault(offset, what)


def _syntax(text: str) -> str:
    if "'<EOF>'" in text and "mismatched" in text:
        return "the expression ends too early"
    found = re.search(r"(?:input|at:) '([^']*)'", text)
    return f"`{found[1].strip()}` is not expected here" if found else text


def _syntax_mend(source: str, offset: int) -> str:
    near = source[max(0, offset - 1) : offset + 2]
    if re.search(r"(?<![=!<>])=(?!=)", near):
        return "equality is written `==`"
    rest = source[offset : offset + 4].lower()
    if rest.startswith("and"):
        return "write `&&`"
    if rest.startswith("or"):
        return "write `||`"
    return "write `!`" if rest.startswith("not") else ""


def _asked(source: str, offset: int, name: str) -> tuple[int, str] | None:
    """The fact in the `has(...)` whose bracket stands at an offset, and where it begins."""
    if not re.search(r"(?<![\w.])has\s*\Z", source[:offset]) or source[offset : offset + 1] != "(":
        return None
    return next(((start, found) for start, found in names(source) if start > offset and found == name), None)


def _name_start(source: str, offset: int) -> tuple[int, str | None]:
    """The dotted name around an offset (calls excluded), and where it begins."""
    for start, name in names(source):
        if start <= offset < start + len(name):
            called = source[start + len(name) :].lstrip().startswith("(") and "." in name
            return start, name.rpartition(".")[0] if called else name
    return offset, None


def _offset(source: str, line: int, column: int) -> int:
    return sum(len(text) + 1 for text in source.split("\n")[: line - 1]) + column - 1
