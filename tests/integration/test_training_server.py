"""Models and a running server: swapped without a failed call, recomputed bit for bit, and rows that are what was served."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from nba_models import artifact, definition_file
from nba_models.features import FeatureLayout
from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.journal_entry import candidates_of, features_of
from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.redis.store import Store
from nba_server.adapters.rollout_record import FIELD, encode_rollout
from nba_server.commands.models import models
from nba_server.domain.rollout import Rollout
from nba_server.pb import decision_pb2, journal_pb2, model_pb2
from nba_training.extract import Extract, extract
from nba_training.references import StoreReferences
from tests.integration.running import Running
from tests.store.builders import until
from tests.unit.models.small import sealed

YEAR_MS = 365 * 86_400_000


async def _decisions(server: Running, stop: asyncio.Event, answers: list[decision_pb2.DecideResponse]) -> None:
    """Decides again and again until told to stop; any failed call raises."""
    while not stop.is_set():
        answers.append(await server.stubs.decide(f"anna-{len(answers)}"))


async def test_swap_fails_no_call_and_every_decision_is_recomputed(server: Running, store: Store) -> None:
    """While two models are promoted and rolled back under load, no call fails, and each decision repeats bit for bit."""
    await server.stubs.upsert()
    stop, answers = asyncio.Event(), list[decision_pb2.DecideResponse]()
    load = asyncio.create_task(_decisions(server, stop, answers))
    prior = server.serving.models.live.version
    seen = [prior]
    for seed in (1, 2):
        version, files = sealed(seed)
        await ModelRegistry(store.artifacts).publish(version, files)
        await server.serving.models.promote(version, "test")
        seen.append(server.serving.models.live.version)
        await until(lambda: load.done() or (answers[-1:] != [] and answers[-1].model_version == seen[-1]))
    await server.serving.models.rollback("test")
    await server.stubs.decide()
    stop.set()
    await load
    used = {answer.model_version for answer in answers}
    assert set(seen[1:]) <= used <= set(seen)
    for version in sorted(used):
        answer = next(answer for answer in answers if answer.model_version == version)
        request = decision_pb2.GetDecisionRequest(decision_id=answer.decision_id)
        recomputed = await server.stubs.decisions.GetDecision(request)
        assert recomputed.identical, (version, recomputed.differences)


async def _extracted(store: Store, folder: Path) -> Extract:
    """All rows of the archive, as if a year had passed."""
    await Archiver(store, folder).drain()
    references = StoreReferences(store.snapshots, store.artifacts, asyncio.get_running_loop())
    definition = definition_file.load()
    as_of_ms = await store.clock.now() + YEAR_MS // 2
    return await asyncio.to_thread(extract, ArchiveReader(folder), references, definition, as_of_ms)


async def test_rows_are_what_was_served(server: Running, store: Store, tmp_path: Path) -> None:
    """Decided, shown and answered over gRPC, then archived: each shown offer is one row with its label and its features."""
    await server.stubs.upsert()
    answer = await server.stubs.decide()
    offered = [action.action for action in answer.actions]
    assert offered, "the example offers something"
    await server.stubs.react(answer.decision_id, "IMPRESSION", offered[0])
    await server.stubs.react(answer.decision_id, "ACCEPTED", offered[0])
    await server.stubs.react(answer.decision_id, "NOT_MENTIONED", offered[1])

    found = await _extracted(store, tmp_path / "archive")
    rows = found.dataset
    assert (rows.actions, rows.channels, rows.positive.tolist()) == ((offered[0],), ("call",), [True])
    assert found.skipped == {"not made": 1}
    definition = definition_file.load()
    layout = FeatureLayout(definition)
    raw = rows.columns(layout)
    assert raw.texts[layout.categories.index("action.id")] == [offered[0]]
    assert raw.numbers[0, layout.numbers.index("customer.known")] == 1.0
    assert rows.pick_probability[0] == answer.actions[0].pick_probability
    propensity = server.serving.models.live.version
    assert propensity == f"prior-{definition.hash[:8]}"
    assert rows.prior[0] == answer.actions[0].factors.propensity


async def test_customers_without_profiling_teach_nothing(server: Running, store: Store, tmp_path: Path) -> None:
    """Who has not granted profiling is decided on non-personal facts, and the answer is not learned from."""
    await server.stubs.upsert(consents=())
    answer = await server.stubs.decide(context={"reason": "move"})
    assert [action.action for action in answer.actions] == ["moving-service"]
    await server.stubs.react(answer.decision_id, "ACCEPTED", "moving-service")
    found = await _extracted(store, tmp_path / "archive")
    assert len(found.dataset) == 0
    assert found.skipped == {"no consent to profiling": 1}


async def test_logged_features_are_rows_of_the_scored_case(server: Running, store: Store, tmp_path: Path) -> None:
    """The row that a candidate names is its own: the logged action id is the candidate's."""
    await server.stubs.upsert()
    await server.stubs.decide()
    await Archiver(store, tmp_path).drain()
    (item,) = ArchiveReader(tmp_path).entries({"decision"})
    entry: journal_pb2.DecisionEntry = item.entry.decision
    layout = FeatureLayout(definition_file.load())
    place = [name for name in layout.categories if name != "request.channel"].index("action.id")
    candidates, features = candidates_of(entry), features_of(entry)
    for candidate in candidates:
        assert layout.row(features, candidate.row).pair_texts[place] == candidate.action
    assert np.unique([candidate.row for candidate in candidates]).size == len(candidates)


async def test_models_command_asks_a_server(server: Running, store: Store) -> None:
    """`nba models --address` lists, promotes and rolls back through the service, and sees what the server serves."""
    version, files = sealed()
    report = {artifact.REPORT_JSON: b'{"gate": []}'}
    await ModelRegistry(store.artifacts).publish(version, {**files, **report})

    async def run(*arguments: str) -> str:
        found = await asyncio.to_thread(CliRunner().invoke, models, [*arguments, "--address", server.address])
        assert found.exit_code == 0, found.output
        return found.stdout

    assert "ready" in await run("list")
    await run("promote", version, "--note", "test")
    (listed,) = json.loads(await run("list", "--json"))["models"]
    assert (listed["version"], listed["live"], listed["serving"]) == (version, True, True)
    assert json.loads(await run("show", "--json"))["report"] == {"gate": []}
    assert "the priors serve" in await run("rollback")


async def test_scores_of_what_was_proposed(server: Running, store: Store) -> None:
    """What each feature added to a proposed action's score is told on request, in words, and adds up; priors have none."""
    await server.stubs.upsert()
    before = await server.stubs.decide()
    asked = decision_pb2.GetDecisionRequest(decision_id=before.decision_id, scores=True)
    told = await server.stubs.decisions.GetDecision(asked)
    assert (list(told.scores), told.scores_missing.partition(":")[0]) == ([], "no model had learned yet")

    version, files = sealed(3, definition_file.load().text)
    await ModelRegistry(store.artifacts).publish(version, files)
    await server.serving.models.promote(version, "test")
    await server.stubs.upsert(customer_id="berta")
    answer = await server.stubs.decide("berta")
    found = await server.stubs.decisions.GetDecision(
        decision_pb2.GetDecisionRequest(decision_id=answer.decision_id, scores=True)
    )
    assert [score.action for score in found.scores] == [action.action for action in answer.actions] != []
    for score in found.scores:
        total = score.base + sum(item.log_odds for item in score.contributions)
        assert abs(total - score.raw_score) < 1e-9
        assert all("speaks" in item.text and item.title for item in score.contributions)
    plain = await server.stubs.decisions.GetDecision(decision_pb2.GetDecisionRequest(decision_id=answer.decision_id))
    assert not plain.scores
    assert not plain.scores_missing


async def test_arm_is_journaled_and_recomputed(server: Running, store: Store) -> None:
    """While a challenger decides for half of the customers each decision names its side, and is recomputed bit for bit."""
    text = definition_file.load().text
    (champion, first), (challenger, second) = sealed(3, text), sealed(4, text)
    registry = ModelRegistry(store.artifacts)
    await registry.publish(champion, first)
    await registry.publish(challenger, second)
    await server.serving.models.promote(champion, "test")
    rollout = encode_rollout(Rollout(challenger, champion, 0.5, 1, 1, 1))
    assert await store.artifacts.mark(FIELD, rollout, expected="", note="half")
    await server.serving.models.reload()
    sides = []
    for number in range(8):
        await server.stubs.upsert(customer_id=f"c{number}")
        answer = await server.stubs.decide(f"c{number}")
        request = decision_pb2.GetDecisionRequest(decision_id=answer.decision_id)
        recomputed = await server.stubs.decisions.GetDecision(request)
        assert recomputed.identical, recomputed.differences
        sides.append(answer.model_version == challenger)
    records = await store.journal.read({}, 100)
    entries = [
        journal_pb2.JournalEntry.FromString(record.payload).decision for record in records if record.kind == "decision"
    ]
    assert sorted(entry.arm.challenged for entry in entries) == sorted(sides)
    assert set(sides) == {True, False}
    assert {(entry.arm.challenger, entry.arm.share) for entry in entries} == {(challenger, 0.5)}
    listed = await server.stubs.models.ListModels(model_pb2.ListModelsRequest())
    assert [model.rollout for model in listed.models if model.version == challenger] == [
        "decides for 50% of the customers"
    ]
