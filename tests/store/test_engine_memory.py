"""How the engine gets its memory: what helps where it is understood, and nothing that a start depends on."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from redis import Redis

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine import memory
from nba_server.adapters.engine.liveness import ask

linux_only = pytest.mark.skipif(platform.system() != "Linux", reason="only Linux has this allocator")


@linux_only
@pytest.mark.parametrize("quick", [True, False])
def test_the_allocator_is_told_how_the_engine_uses_it(quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wishes stand beside what was there; those for huge pages by the system's version, and by how soon they are had."""
    monkeypatch.setattr(platform, "release", lambda: "6.18.1")
    monkeypatch.setattr(memory, "_touched", lambda: [0.0003 if quick else 0.008] * 32)
    found = memory.environment({"PATH": "/bin", "LANG": "C"})
    assert (found["PATH"], found["LANG"]) == ("/bin", "C")
    tunables = found["GLIBC_TUNABLES"].split(":")
    assert "glibc.malloc.tcache_count=1000" in tunables
    assert ("glibc.malloc.hugetlb=1" in tunables) == quick


@linux_only
def test_huge_pages_are_tried_out() -> None:
    """Each that is tried tells how long it took; one that is given up early leaves nothing behind."""
    assert len(list(memory._touched())) == 32
    tried = memory._touched()
    assert 0.0 < next(tried) < 60.0
    tried.close()


def test_a_few_slow_pages_may_be_the_machines_other_work() -> None:
    """Three of thirty-two say nothing, four do; and no more are tried then."""
    assert memory.huge_pages("6.1.0", lambda: [0.01] * 3 + [0.0003] * 29)
    tried = iter([0.0003] * 12 + [0.008] * 20)
    assert not memory.huge_pages("6.1.0", lambda: tried)
    assert len(list(tried)) == 16


@pytest.mark.parametrize("name", memory.NAMES)
def test_whoever_has_chosen_an_allocator_keeps_it(name: str) -> None:
    """An operator's own setting of any of the names stays alone."""
    given = {"PATH": "/bin", name: "chosen"}
    assert memory.environment(given) == given


@linux_only
def test_an_engine_starts_where_a_wish_is_not_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tunable that this C library does not know, or a value that it does not take, keeps nothing from starting."""
    monkeypatch.setattr(memory, "_TUNABLES", {"unheard_of": 1, "tcache_count": 1 << 40})
    with EmbeddedEngine.start(tmp_path) as engine:
        assert ask(engine.socket, "PING") == "+PONG"


@pytest.mark.parametrize(
    ("release", "huge"),
    [("4.18.0-553.el8", False), ("5.4.0-200-generic", False), ("5.8.0", True), ("6.18.1-amd64", True), ("what", False)],
)
def test_huge_pages_are_wished_for_where_a_child_copies_small_ones(release: str, huge: bool) -> None:
    """Before Linux 5.8 each write to a page that a rewriting child shares copied two megabytes."""
    assert memory.huge_pages(release, lambda: [0.0003] * 32) is huge


def test_a_small_file_is_not_rewritten_and_a_large_one_when_it_has_tripled(tmp_path: Path) -> None:
    """The engine is told when to rewrite its file; the checksum of what it rewrites stays on."""
    with EmbeddedEngine.start(tmp_path) as engine, Redis.from_url(engine.url) as link:
        found = link.config_get("auto-aof-rewrite-*") | link.config_get("rdbchecksum")
        assert found == {
            "auto-aof-rewrite-percentage": "200",
            "auto-aof-rewrite-min-size": str(512 << 20),
            "rdbchecksum": "yes",
        }
