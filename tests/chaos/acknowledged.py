"""A client's own log of what it was told: a line counts once it is on disk, and the client goes on only then."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class AcknowledgedLog:
    """Lines of JSON, many clients' lines to one fsync. Use it as an async context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lines: list[bytes] = []
        self._written: asyncio.Future[None] | None = None
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._task is not None
        if self._written is not None:
            await self._written
        self._task.cancel()
        await asyncio.wait([self._task])
        self._file.close()

    async def note(self, kind: str, **facts: Any) -> None:
        """Writes a line and returns when it is safe."""
        self._lines.append(json.dumps({"k": kind, **facts}).encode() + b"\n")
        if self._written is None:
            self._written = asyncio.get_running_loop().create_future()
        self._work.set()
        await asyncio.shield(self._written)

    async def _write(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            lines, self._lines = self._lines, []
            done, self._written = self._written, None
            await asyncio.to_thread(self._sync, b"".join(lines))
            if done is not None:
                done.set_result(None)

    def _sync(self, data: bytes) -> None:
        self._file.write(data)
        os.fdatasync(self._file.fileno())
