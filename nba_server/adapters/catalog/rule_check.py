"""Checks the rules: fields that CEL can name, ids, expressions that compile, and histories that are kept long enough."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nba_server.adapters.catalog.checking import field_types
from nba_server.adapters.catalog.expressions import Expression, ExpressionCompiler, Vocabulary
from nba_server.adapters.catalog.faults import Faults, did_you_mean
from nba_server.adapters.catalog.merging import STAGES, Item, Merged
from nba_server.adapters.catalog.time_words import DAY_MS, duration_ms
from nba_server.domain.facts import FACTS

_RESERVED = frozenset(("in", "true", "false", "null"))
_LOOKS_BACK = re.compile(r"_(\d+)d\Z")
DEFAULT_HISTORY = "400d"


def check_rules(merged: Merged, faults: Faults) -> ExpressionCompiler:
    """Notes the faults of all rules; returns the compiler, which keeps the expressions for building."""
    _check_fields(merged, faults)
    compiler = ExpressionCompiler(
        Vocabulary.of(
            field_types(_usable(merged.attributes)),
            field_types(_usable(merged.context)),
            field_types(_usable(merged.action_attributes)),
        )
    )
    for group in merged.groups.values():
        _check_owner(group, {}, compiler, merged, faults)
    for action in merged.actions.values():
        group_item = merged.groups.get(action.parent)
        inherited = {rule.id: rule for rule in rules_of(group_item)} if group_item else {}
        _check_owner(action, inherited, compiler, merged, faults)
        _check_skips(action, inherited, faults)
    return compiler


def rules_of(owner: Item) -> Iterator[Item]:
    """The rules of a group or action in the order of the stages."""
    for stage in STAGES:
        yield from owner.children(stage)


def _usable(section: dict[str, Item]) -> dict[str, Item]:
    return {
        name: item for name, item in section.items() if re.fullmatch(r"[a-z][a-z0-9_]*", name) and name not in _RESERVED
    }


def _check_fields(merged: Merged, faults: Faults) -> None:
    for section, prefix in (
        (merged.attributes, "customer"),
        (merged.context, "context"),
        (merged.action_attributes, "action"),
    ):
        for name, item in section.items():
            mark = item.source.key_mark(item.path)
            if name in _RESERVED:
                faults.add(mark, f"`{name}` is a word of CEL", "give the field another name")
            elif f"{prefix}.{name}" in FACTS:
                faults.add(mark, f"`{prefix}.{name}` is a fixed fact already", "give the field another name")


def _check_owner(
    owner: Item, inherited: dict[str, Item], compiler: ExpressionCompiler, merged: Merged, faults: Faults
) -> None:
    seen: dict[str, Item] = dict(inherited)
    for rule in rules_of(owner):
        first = seen.setdefault(rule.id, rule)
        if first is not rule:
            faults.add(rule.mark("id"), f"the rule `{rule.id}` exists already at {first.mark()}", "give one another id")
        source = rule.data.get("when")
        if isinstance(source, str) and source:
            _check_expression(rule, source, compiler, merged, faults)


def _check_expression(rule: Item, source: str, compiler: ExpressionCompiler, merged: Merged, faults: Faults) -> None:
    result = compiler.compile(source)
    path = (*rule.path, "when")
    if not isinstance(result, Expression):
        for fault in result:
            faults.add(rule.source.mark_within(path, fault.offset), fault.what, fault.mend)
        return
    kept = _history_ms(merged)
    for fact in result.reads:
        back = _LOOKS_BACK.search(fact)
        if back and int(back[1]) * DAY_MS > kept:
            offset = max(0, source.find(fact))
            what = f"`{fact}` looks back further than the history that is kept"
            faults.add(rule.source.mark_within(path, offset), what, "raise `history:` under `catalog:`")


def _history_ms(merged: Merged) -> int:
    text = merged.catalog.data.get("history", DEFAULT_HISTORY) if merged.catalog else DEFAULT_HISTORY
    try:
        return duration_ms(str(text))
    except ValueError:
        return duration_ms(DEFAULT_HISTORY)


def _check_skips(action: Item, inherited: dict[str, Item], faults: Faults) -> None:
    listed = action.data.get("skip_group_rules")
    for index, name in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(name, str) and name not in inherited:
            mend = did_you_mean(name, inherited) or "its group has no rules"
            faults.add(action.mark("skip_group_rules", index), f"its group has no rule `{name}`", mend)
