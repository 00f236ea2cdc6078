"""The machine under the benchmark: which cores run what, and how much processor time a process and its children took."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from nba_server.errors import FailedPrecondition

_TICKS = os.sysconf("SC_CLK_TCK")
_SOURCE = Path(__file__).with_name("load") / "load.c"


def cores() -> tuple[set[int], set[int]]:
    """The core of the server, and those of store and load. One and the same where there is only one."""
    known = sorted(os.sched_getaffinity(0))
    return {known[0]}, set(known[1:2] or known)


def pin(pid: int, to: Iterable[int]) -> None:
    """Binds a process with all its threads."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), to)


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            parents.setdefault(int(stat[1]), []).append(int(folder.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def running(pids: Iterable[int], module: str) -> list[int]:
    """Those of the processes that run this module."""
    return [pid for pid in pids if module.encode() in _command(pid).split(b"\0")]


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def free_memory() -> int:
    """Bytes that programs may still take without anything being driven out of memory."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time that processes have taken so far, in user and in kernel mode."""
    stats = (_stat(pid) for pid in pids)
    return sum((int(stat[11]) + int(stat[12])) / _TICKS for stat in stats if stat)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, from the state on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def description() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "processor": _processor(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def build_load(folder: Path) -> Path:
    """The compiled load generator. Raises `FailedPrecondition` where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise FailedPrecondition("The load generator needs a C compiler (cc); on Debian: apt-get install gcc libc6-dev")
    program = folder / "load"
    subprocess.run([compiler, "-O2", "-o", str(program), str(_SOURCE)], check=True)  # noqa: S603 - our own source
    return program
