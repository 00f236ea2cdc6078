"""Compiles what is written in C++: python tools/compile_parts.py. Every installation runs it too, as hatchling's build hook.

Without a C++ compiler or Python's headers it says so and leaves the work to what needs neither: decisions to the ordinary path,
calls to servers that others have compiled.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "nba_server"
OBJECTS = ROOT / "build"
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
ABSENT = "_absent.txt"
"""Beside the package's files: why there is no binary, for `nba version`."""

FLAGS = ("-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off", "-Wall", "-Wextra")
"""No multiplication is fused with an addition: figures must be those of the ordinary path to the last bit. Nothing is tuned for
the machine at hand either, as a wheel travels.
"""
STRICT = ("-Werror",)
SANITIZED = (
    *("-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all", "-D_GLIBCXX_ASSERTIONS"),
    *("-fno-omit-frame-pointer", "-g", "-O0"),
)
LINK = ("-bundle", "-undefined", "dynamic_lookup") if sys.platform == "darwin" else ("-shared",)


class Uncompiled(Exception):
    """Why there is no binary, in a few words. `said` is what the compiler said if there was one."""

    def __init__(self, reason: str, said: str = "") -> None:
        super().__init__(reason)
        self.said = said


class Part(NamedTuple):  # not a dataclass, which hatchling's way of loading this file does not bear
    """An extension module: its name, where it belongs and what people call it, and what is done where it is not there.

    `objects` is where parts of it are kept that need not be compiled again; `systems` those that it is written for (none: all).
    """

    name: str
    into: Path
    title: str
    without: str
    objects: Path
    sources: Path
    systems: Sequence[str] = ()

    @property
    def binary(self) -> Path:
        """The extension module of the Python that runs this."""
        return self.into / f"{self.name}{SUFFIX}"

    @property
    def absent(self) -> Path:
        """The note that says why there is none."""
        return self.into / ABSENT

    def fresh(self) -> bool:
        """Whether the binary is newer than all that it is made from."""
        return _newer(self.binary, [*self.sources.glob("*.cpp"), *self._shared()])

    def fits(self) -> None:
        """Raises `Uncompiled` where it cannot be compiled at all."""
        if self.systems and sys.platform not in self.systems:
            raise Uncompiled(f"it is written for {', '.join(self.systems)}")
        compiler(), headers()

    def compile(self, *flags: str) -> None:
        """Compiles what has changed. The binary appears whole or not at all, and an old one does not outlive a failure.

        Raises `Uncompiled`.
        """
        try:
            self.into.mkdir(parents=True, exist_ok=True)
            self.fits()
            self._link([*compiler(), *FLAGS, *flags, *headers()])
            self.absent.unlink(missing_ok=True)
        except Uncompiled as reason:
            self.binary.unlink(missing_ok=True)
            self.absent.write_text(f"{reason}\n", encoding="utf-8")
            raise

    def _link(self, command: Sequence[str]) -> None:
        began, units = time.time(), sorted(self.sources.glob("*.cpp"))
        if not units:
            raise Uncompiled(f"no sources in {self.sources}")
        kept = self.objects / sha256(shlex.join(command).encode()).hexdigest()[:12]
        kept.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = list(pool.map(lambda unit: self._part(command, unit, kept), units))
        _write(self.binary, [*command, *parts, *LINK], began)

    def _part(self, command: Sequence[str], unit: Path, kept: Path) -> str:
        part = kept / f"{unit.stem}.o"
        if not _newer(part, [unit, *self._shared()]):
            _write(part, [*command, "-c", str(unit)], time.time())
        return str(part)

    def _shared(self) -> list[Path]:
        """What every part depends on."""
        return [Path(__file__), *self.sources.glob("*.h")]


def part(name: str, place: str, title: str, without: str, systems: Sequence[str] = ()) -> Part:
    """One of this package's, with its sources beside it."""
    into = PACKAGE / place
    return Part(name, into, title, without, OBJECTS / name.strip("_"), into / "source", systems)


PARTS = {
    "lane": part("_lane", "adapters/express", "express lane", "all decisions take the ordinary path"),
    "front": part(
        "_front", "transport/front", "native front", "--transport native needs the extra `native`", systems=("linux",)
    ),
}


def compiler() -> list[str]:
    """The command of the machine's C++ compiler: $CXX, else the one that Python was built with, else the usual names."""
    if chosen := os.environ.get("CXX"):
        if shutil.which(shlex.split(chosen)[0]) is None:
            raise Uncompiled(f"no C++ compiler: CXX is {chosen}, which is not there")
        return shlex.split(chosen)
    for command in (sysconfig.get_config_var("CXX") or "", "c++", "g++", "clang++"):
        if command and shutil.which(shlex.split(command)[0]):
            return shlex.split(command)
    raise Uncompiled("no C++ compiler")


def headers() -> list[str]:
    """Where Python.h is; as the system's own, so that its warnings are not ours."""
    folders = dict.fromkeys(sysconfig.get_path(name) for name in ("include", "platinclude"))
    if not any((Path(folder) / "Python.h").exists() for folder in folders):
        raise Uncompiled("no Python.h: the headers of this Python are not installed")
    return [part for folder in folders for part in ("-isystem", folder)]


def _newer(made: Path, made_from: Iterable[Path]) -> bool:
    return made.exists() and all(path.stat().st_mtime < made.stat().st_mtime for path in made_from)


def _write(target: Path, command: Sequence[str], began: float) -> None:
    """Runs a compiler, whose result appears whole or not at all, with the time of its begin: what changes meanwhile is newer."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-") as folder:
        made = Path(folder) / target.name
        done = subprocess.run([*command, "-o", str(made)], capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            first = next((line for line in done.stderr.splitlines() if "error" in line), f"exit {done.returncode}")
            raise Uncompiled(f"{Path(command[0]).name} failed: {first.strip()}", done.stderr)
        sys.stderr.write(done.stderr)
        os.utime(made, (began, began))
        made.replace(target)


def prepare(wanted: Part, *flags: str, require: bool = False) -> bool:
    """Whether the binary is there now, compiled if need be. Says why not in a line.

    Raises `SystemExit` with that where it is required; in CI for a compiler that fails, not for one that is missing.
    """
    if wanted.fresh():
        return True
    began = time.monotonic()
    try:
        wanted.compile(*flags)
    except Uncompiled as reason:
        if require or (reason.said and os.environ.get("CI") == "true"):
            raise SystemExit(f"{reason.said}{wanted.title}: {reason}") from reason
        print(f"{wanted.title}: not compiled ({reason}); {wanted.without}", file=sys.stderr)
        return False
    print(f"{wanted.title}: compiled in {time.monotonic() - began:.1f} s", file=sys.stderr)
    return True


class PartsHook(BuildHookInterface[Any]):
    """Wheels, editable ones too, carry the binaries, or the reasons why they have none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles; a wheel with a binary is made for this Python and platform only."""
        for one in PARTS.values():
            if prepare(one):
                build_data |= {"pure_python": False, "infer_tag": True}
            package = one.into.relative_to(self.root).as_posix()
            build_data["artifacts"] += [f"/{package}/{one.binary.name}", f"/{package}/{ABSENT}"]


def check(wanted: Part, *, require: bool) -> None:
    """Compiles it somewhere else, with warnings as errors, where that can be done."""
    try:
        wanted.fits()
    except Uncompiled as reason:
        if require:
            raise SystemExit(f"{wanted.title}: {reason}") from reason
        return
    with tempfile.TemporaryDirectory(prefix="nba-parts-") as folder:
        prepare(wanted._replace(into=Path(folder)), *STRICT, require=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this one; can be given again")
    parser.add_argument("--require", action="store_true", help="fail when it cannot be compiled, whatever the reason")
    parser.add_argument("--check", action="store_true", help="only try, with warnings as errors; needs no compiler")
    parser.add_argument("--sanitize", action="store_true", help="with the address and undefined-behaviour sanitizers")
    parser.add_argument("--source", type=Path, help="the folder of the sources of the one part")
    parser.add_argument("--into", type=Path, help="the folder that gets the binary of the one part")
    chosen = parser.parse_args()
    wanted = [PARTS[name] for name in chosen.part or PARTS]
    if (chosen.source or chosen.into) and len(wanted) != 1:
        parser.error("--source and --into need one --part")
    for one in wanted:
        if chosen.source:
            one = one._replace(sources=chosen.source, objects=(chosen.into or one.into) / "objects")
        one = one._replace(into=chosen.into or one.into)
        if chosen.check:
            check(one, require=chosen.require)
        else:
            prepare(one, *(SANITIZED if chosen.sanitize else ()), require=chosen.require)


if __name__ == "__main__":
    main()
