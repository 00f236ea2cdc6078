"""The vocabulary page is complete."""

from __future__ import annotations

from pathlib import Path

from nba_server.domain.reasons import ReasonCode

PAGE = Path(__file__).resolve().parents[2] / "docs/vocabulary.md"


def test_every_reason_code_is_explained() -> None:
    """A program that meets a reason code finds it on the vocabulary page, and the page names no code that is gone."""
    text = PAGE.read_text(encoding="utf-8").split("## Reason codes")[1]
    explained = {part for row in text.splitlines() if row.startswith("|") for part in row.split("`")[1::2]} - {
        "subject"
    }
    assert explained == {code.value for code in ReasonCode}
