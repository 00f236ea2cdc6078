"""One evaluation from question to answer: opens the store only when the log or a policy needs it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nba_models.scorer import LoadedModel
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.redis.store import Store
from nba_server.commands.attachment import open_store
from nba_server.commands.output import terminal
from nba_server.commands.table_rows import is_table
from nba_server.settings import Settings
from nba_training.logs.archive import ArchiveQuestion, Reward, read_archive
from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.dsjson import is_dsjson, read_dsjson
from nba_training.logs.lines import read_lines
from nba_training.logs.table import read_table
from nba_training.ope.evaluation import Evaluation, EvaluationSettings
from nba_training.ope.evaluation import evaluate as estimate
from nba_training.policies import from_folder, from_store, parse_policy
from nba_training.progress import Bar
from nba_training.references import StoreReferences
from nba_training.source import Silent, Watch

ARCHIVE = "archive"
_FAR_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `log`: a file, or `archive`. Times are UTC. `later`: only what no model among the policies has seen."""

    log: str
    policy: str
    versus: str | None = None
    mapping: Path | None = None
    reward: str = "positive"
    epsilon: float | None = None
    channel: str = ""
    placement: str = ""
    since: datetime | None = None
    until: datetime | None = None
    later: bool = False
    estimation: EvaluationSettings = field(default_factory=EvaluationSettings)


def run(question: Question, settings: Settings, *, quiet: bool = False) -> Evaluation:
    """The answer. Raises what the readers, the store and the policies raise."""
    if quiet:
        return asyncio.run(_run(question, settings, Silent()))
    with Bar(terminal(stderr=True)) as bar:
        return asyncio.run(_run(question, settings, bar))


def read_log(question: Question, settings: Settings, *, quiet: bool = False) -> ChoicesBuilder:
    """The log alone. Raises what the readers and the store raise."""

    async def read(watch: Watch) -> ChoicesBuilder:
        async with AsyncExitStack() as held:
            return await _log(question, settings, _OneStore(settings, held), watch)

    if quiet:
        return asyncio.run(read(Silent()))
    with Bar(terminal(stderr=True)) as bar:
        return asyncio.run(read(bar))


async def _log(question: Question, settings: Settings, stores: _OneStore, watch: Watch) -> ChoicesBuilder:
    if question.log == ARCHIVE:
        return await _archive(question, settings, await stores.get(), watch)
    watch.step("Reading the log")
    return await asyncio.to_thread(_file, Path(question.log), question.mapping)


async def _run(question: Question, settings: Settings, watch: Watch) -> Evaluation:
    async with AsyncExitStack() as held:
        stores = _OneStore(settings, held)
        builder = await _log(question, settings, stores, watch)
        models = await _models(question, stores)
        policy = parse_policy(question.policy, models.__getitem__, epsilon=question.epsilon)
        versus = (
            parse_policy(question.versus, models.__getitem__, epsilon=question.epsilon) if question.versus else None
        )
    choices, left_out = builder.build()
    trained_ms = max((model.manifest.last_ms for model in models.values()), default=-1)
    seen = int(np.count_nonzero(choices.at_ms <= trained_ms))
    if question.later and seen:
        choices, seen = choices.later_than(trained_ms), 0
    watch.step("Estimating")
    found = await asyncio.to_thread(estimate, choices, left_out, policy, versus, question.estimation)
    return replace(found, seen_in_training=seen)


class _OneStore:
    """The store, opened at the first need and closed with the stack."""

    def __init__(self, settings: Settings, held: AsyncExitStack) -> None:
        self._settings, self._held = settings, held
        self._store: Store | None = None

    async def get(self) -> Store:
        if self._store is None:
            self._store = await self._held.enter_async_context(_opened(self._settings))
        return self._store


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    store = await open_store(settings)
    try:
        yield store
    finally:
        await store.close()


async def _models(question: Question, stores: _OneStore) -> dict[str, LoadedModel]:
    """The models that the policies name, by that name: a folder of an artifact's files, or a version of the store."""
    found: dict[str, LoadedModel] = {}
    for text in (question.policy, question.versus or ""):
        kind, _, name = text.partition(":")
        if kind == "model" and name and name not in found:
            if await asyncio.to_thread(Path(name).is_dir):
                found[name] = await asyncio.to_thread(from_folder, Path(name))
            else:
                found[name] = await from_store((await stores.get()).artifacts, name)
    return found


async def _archive(question: Question, settings: Settings, store: Store, watch: Watch) -> ChoicesBuilder:
    references = StoreReferences(store.snapshots, store.artifacts, asyncio.get_running_loop())
    asked = ArchiveQuestion(
        as_of_ms=await store.clock.now(),
        since_ms=_ms(question.since, 0),
        until_ms=_ms(question.until, _FAR_MS),
        channel=question.channel,
        placement=question.placement,
        reward=Reward(question.reward),
    )
    source = await asyncio.to_thread(ArchiveReader, settings.archive_location)
    return await asyncio.to_thread(read_archive, source, references, asked, watch)


def _file(path: Path, mapping: Path | None) -> ChoicesBuilder:
    if mapping is not None or is_table(path):
        return read_table(path, mapping)
    with _opened_bytes(path) as lines:
        first = next((line for line in lines if line.strip()), b"")
    with _opened_bytes(path) as lines:
        return read_dsjson(lines) if is_dsjson(first) else read_lines(lines)


def _opened_bytes(path: Path) -> gzip.GzipFile | BinaryIO:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _ms(moment: datetime | None, default: int) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000) if moment is not None else default
