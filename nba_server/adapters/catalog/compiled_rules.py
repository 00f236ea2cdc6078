"""The rules of groups and actions as the domain's clauses, each with the actions that it binds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nba_server.adapters.catalog.canonical import Document
from nba_server.adapters.catalog.expressions import Expression, ExpressionCompiler
from nba_server.adapters.catalog.merging import STAGES
from nba_server.domain.reasons import Stage
from nba_server.domain.rule import Rule
from nba_server.errors import CatalogInvalid


def compile_rules(document: Document, index: Mapping[str, int], compiler: ExpressionCompiler) -> tuple[Rule, ...]:
    """All rules by stage; within a stage a group's rules before those of its actions, each in the order written."""
    members: dict[str, list[str]] = {}
    for id_ in sorted(document["actions"]):
        members.setdefault(document["actions"][id_]["group"], []).append(id_)
    rules: list[Rule] = []
    for stage in STAGES:
        for id_, group in sorted(document["groups"].items()):
            for rule in group[stage]:
                bound = (
                    index[action]
                    for action in members.get(id_, ())
                    if rule["id"] not in document["actions"][action]["skip_group_rules"]
                )
                rules.extend(_rule(rule, stage, tuple(bound), compiler))
        for id_ in sorted(document["actions"]):
            for rule in document["actions"][id_][stage]:
                rules.extend(_rule(rule, stage, (index[id_],), compiler))
    return tuple(rules)


def _rule(data: Document, stage: str, actions: tuple[int, ...], compiler: ExpressionCompiler) -> Iterator[Rule]:
    if not actions:
        return
    expression = compiler.compile(data["when"])
    if not isinstance(expression, Expression):
        raise CatalogInvalid([f"rule {data['id']}: {fault.what}; {fault.mend}" for fault in expression])
    yield Rule(
        id=data["id"],
        stage=Stage[stage.upper()],
        scope=expression.scope,
        predicate=expression.predicate,
        reads=expression.reads,
        actions=actions,
        text=data["text"] or f"the rule `{data['when']}` does not hold",
        source=data["when"],
        guarded=expression.asked,
        condition=expression.condition,
    )
