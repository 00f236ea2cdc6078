"""The canary's helper process: `python -m nba_models.canary_helper`, frames on stdin and stdout until stdin ends.

It imports LightGBM once and forks for each check, so a check costs milliseconds, leaves nothing behind, and may die.
The helper has one thread only, and never loads a model itself: forking is safe.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Mapping

import lightgbm  # noqa: F401  # imported before the fork, so that each check finds it there
import msgpack

from nba_models import artifact
from nba_models.artifact import ArtifactInvalid
from nba_models.canary_rows import CanaryRows
from nba_models.frames import receive, send
from nba_models.scorer import load

_MEMORY_LIMIT = 8 << 30


def verdict(version: str, files: Mapping[str, bytes]) -> str:
    """Loads and scores, in this process. Empty when all is well."""
    try:
        model = load(version, files)
        return CanaryRows.from_json(files[artifact.CANARY]).fault(model)
    except (ArtifactInvalid, ValueError, KeyError, TypeError, MemoryError) as fault:
        return str(fault) or type(fault).__name__


def forked(version: str, files: Mapping[str, bytes], timeout_s: float) -> str:
    """The verdict of a child process; its death and its silence are verdicts too."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        signal.setitimer(signal.ITIMER_REAL, timeout_s)  # without a handler it ends the process, whatever C code does
        with os.fdopen(theirs, "wb") as answer:
            answer.write(verdict(version, files).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as answer:
        text = answer.read().decode(errors="replace")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGALRM:
        return f"loading {version} took longer than {timeout_s:g} s"
    if code < 0:
        return f"loading {version} ended the process with {signal.Signals(-code).name}"
    return text if code == 0 else f"loading {version} ended the process with code {code}"


def main() -> None:
    """Answers until stdin ends."""
    _limit()
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what LightGBM prints must not get into the frames
    send(answers, msgpack.packb("ready"))
    while True:
        try:
            question = msgpack.unpackb(receive(questions))
        except EOFError:
            return
        found = forked(question["version"], question["files"], question["timeout_s"])
        send(answers, msgpack.packb(found))


def _limit() -> None:
    """No core files, and an end to the memory that a damaged length field may ask for."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main()
