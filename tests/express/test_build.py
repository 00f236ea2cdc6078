"""How the express lane is built, by a module of a few lines: with a compiler, without one, and with one that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nba_server.adapters.express import compiled
from nba_server.transport.front import compiled as compiled_front

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "compile_parts.py"
MODULE = """
#include "answer.h"
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_lane", nullptr, -1, nullptr, nullptr, nullptr, nullptr, nullptr};
PyMODINIT_FUNC PyInit__lane() {
  PyObject *made = PyModule_Create(&module);
  PyModule_AddIntConstant(made, "answer", answer());
  return made;
}
"""
HEADER = "#include <Python.h>\nlong answer();\n"
ANSWER = '#include "answer.h"\nlong answer() { return 42; }\n'
UNUSED = '#include "answer.h"\nlong answer() { int idle; return 42; }\n'
WRONG = '#include "answer.h"\nlong answer() { return forty_two; }\n'

Build = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A module of two parts and a header."""
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in (("module.cpp", MODULE), ("answer.h", HEADER), ("answer.cpp", ANSWER)):
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def build(sources: Path, tmp_path: Path) -> Build:
    """Runs the script on it, as in nobody's CI unless told."""

    def run(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
        places = ["--source", str(sources), "--into", str(tmp_path / "made")]
        command = [sys.executable, str(SCRIPT), "--part", "lane", *places, *flags]
        surroundings = {name: value for name, value in os.environ.items() if name != "CI"} | environment
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=50, check=False)

    return run


@pytest.fixture
def compiling(build: Build) -> Build:
    """The same where a compiler is; elsewhere these tests have nothing to try."""
    tried = build("--require")
    if tried.returncode and not tried.stderr.count("failed"):
        pytest.skip(tried.stderr.strip())
    assert tried.returncode == 0, tried.stderr
    return build


def answer(folder: Path) -> int:
    """What the module says, asked in a process of its own."""
    command = [sys.executable, "-c", "import _lane; print(_lane.answer)"]
    return int(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout)


def touch(path: Path, text: str, made: Path) -> None:
    """Changes a source after the binary was made, whatever the file system's clock can tell apart."""
    path.write_text(text)
    later = max(one.stat().st_mtime for one in made.rglob("*")) + 2
    os.utime(path, (later, later))


def test_what_is_compiled_can_be_imported_and_is_not_compiled_again(compiling: Build, tmp_path: Path) -> None:
    """The first run compiles, the second leaves the binary alone and says nothing."""
    (binary,) = (tmp_path / "made").glob("_lane*.so")
    before = binary.stat()
    again = compiling()
    assert (again.returncode, again.stderr) == (0, "")
    assert binary.stat().st_mtime_ns == before.st_mtime_ns
    assert answer(tmp_path / "made") == 42


def test_a_changed_source_is_compiled_and_the_others_are_not(compiling: Build, sources: Path, tmp_path: Path) -> None:
    """Only the part of the changed source is made anew; a changed header concerns all parts."""
    made = tmp_path / "made"
    before = {part.name: part.stat().st_mtime_ns for part in made.rglob("*.o")}
    touch(sources / "answer.cpp", ANSWER.replace("42", "43"), made)
    assert compiling().returncode == 0
    after = {part.name: part.stat().st_mtime_ns for part in made.rglob("*.o")}
    assert {name for name in after if after[name] != before[name]} == {"answer.o"}
    assert answer(made) == 43
    touch(sources / "answer.h", HEADER, made)
    assert compiling().returncode == 0
    assert not set(after.values()) & {part.stat().st_mtime_ns for part in made.rglob("*.o")}


@pytest.mark.usefixtures("compiling")
def test_what_is_compiled_is_there_where_a_compiler_is() -> None:
    """So that the tests of the lane, and of the front, are left out nowhere but on a machine that cannot have it."""
    assert compiled() == ""
    assert compiled_front() == "" or sys.platform != "linux"


def test_without_a_compiler_it_says_so_and_goes_on(build: Build, tmp_path: Path) -> None:
    """Exit code 0, one line, and the reason kept for `nba version`; CI makes no difference, `--require` does."""
    empty = {"PATH": str(tmp_path), "CXX": ""}
    for surroundings in (empty, empty | {"CI": "true"}):
        done = build(**surroundings)
        assert done.returncode == 0
        assert done.stderr == "express lane: not compiled (no C++ compiler); all decisions take the ordinary path\n"
    assert (tmp_path / "made" / "_absent.txt").read_text() == "no C++ compiler\n"
    refused = build("--require", **empty)
    assert (refused.returncode, refused.stderr) == (1, "express lane: no C++ compiler\n")


def test_a_compiler_that_is_named_and_missing_is_named(build: Build) -> None:
    """`CXX` is taken at its word."""
    assert "no C++ compiler: CXX is nowhere-c++, which is not there" in build(CXX="nowhere-c++").stderr


def test_an_old_binary_does_not_outlive_a_failure(compiling: Build, sources: Path, tmp_path: Path) -> None:
    """A binary that is not what the sources say is gone, the reason is kept, and the next success forgets it."""
    made = tmp_path / "made"
    touch(sources / "answer.cpp", WRONG, made)
    done = compiling()
    assert done.returncode == 0
    assert "forty_two" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(made.glob("*.so"))
    assert "forty_two" in (made / "_absent.txt").read_text()
    (sources / "answer.cpp").write_text(ANSWER)
    assert compiling().returncode == 0
    assert not (made / "_absent.txt").exists()


@pytest.mark.parametrize(("flags", "surroundings"), [((), {"CI": "true"}), (("--require",), {})])
def test_a_compiler_that_fails_is_an_error_where_that_matters(
    compiling: Build, sources: Path, tmp_path: Path, flags: tuple[str, ...], surroundings: dict[str, str]
) -> None:
    """In CI, and with `--require`: exit code 1 and all that the compiler said."""
    touch(sources / "answer.cpp", WRONG, tmp_path / "made")
    done = compiling(*flags, **surroundings)
    assert done.returncode == 1
    assert "long answer()" in done.stderr


def test_the_check_takes_warnings_for_errors_and_leaves_nothing(
    compiling: Build, sources: Path, tmp_path: Path
) -> None:
    """An idle variable passes an installation and fails the check; the binary that was there stays."""
    touch(sources / "answer.cpp", UNUSED, tmp_path / "made")
    checked = compiling("--check")
    assert checked.returncode == 1
    assert "idle" in checked.stderr
    assert answer(tmp_path / "made") == 42
    assert compiling().returncode == 0
