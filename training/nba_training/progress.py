"""Progress on the terminal: one line a step, with what is through so far. On standard error, so that output stays clean."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Bar:
    """A watch that draws; a context manager. Safe to be told from another thread."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("[dim]{task.fields[count]}"),
            TimeElapsedColumn(),
            console=console,
            transient=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        self._progress.stop()

    def step(self, name: str) -> None:
        """A new step begins; the one before is done."""
        self._finish()
        self._task = self._progress.add_task(name, total=None, count="")

    def advance(self, done: int, text: str = "") -> None:
        """`done` items of the step are through."""
        if self._task is not None:
            self._progress.update(self._task, count=text or f"{done:,}")

    def _finish(self) -> None:
        if self._task is not None:
            self._progress.update(self._task, total=1, completed=1)
