"""The shipped schemas and the documentation say what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from nba_server.adapters.catalog.fact_table import fact_table
from nba_server.adapters.catalog.faults import Faults
from nba_server.adapters.catalog.schema import check_schema, schema_text
from nba_server.adapters.catalog.time_words import duration_ms, duration_text
from nba_server.adapters.catalog.yaml_source import parse_source
from nba_server.domain.action import ExplorationKind, Polarity
from nba_server.domain.catalog import FieldType
from nba_server.domain.engagement import SuppressionLevel
from nba_server.domain.outcome import OutcomeType

DOCS = Path(__file__).parents[3] / "docs" / "catalogue.md"
SCHEMA: dict[str, Any] = orjson.loads(schema_text())
DEFS = SCHEMA["$defs"]


@pytest.mark.parametrize("name", ["schema.json", "test_schema.json"])
def test_schema_is_a_schema_with_a_description_of_everything(name: str) -> None:
    """Both are valid draft 2020-12, closed, and describe every key, so that editors can help."""
    schema = orjson.loads(schema_text(name))
    Draft202012Validator.check_schema(schema)
    for thing in (schema, *schema["$defs"].values()):
        if "properties" in thing:
            assert thing["additionalProperties"] is False
        for key, field in thing.get("properties", {}).items():
            described = field.get("description") or schema["$defs"][field["$ref"].rpartition("/")[2]].get("description")
            assert described or key == "id", (thing.get("description"), key)


def test_enumerations_equal_those_of_the_domain() -> None:
    """Outcomes, types, levels, polarities and kinds of exploration are the domain's."""
    suppression = DEFS["suppression"]["properties"]
    assert suppression["outcomes"]["items"]["enum"] == [outcome.value for outcome in OutcomeType]
    assert suppression["level"]["enum"] == [level.value for level in SuppressionLevel]
    assert DEFS["field"]["properties"]["type"]["enum"] == [type_.value for type_ in FieldType]
    polarity = DEFS["channel"]["properties"]["polarity"]
    assert polarity["additionalProperties"]["enum"] == [value.value for value in Polarity]
    exploration = DEFS["placement"]["properties"]["exploration"]["properties"]
    assert exploration["kind"]["enum"] == [kind.value for kind in ExplorationKind]


def test_flat_forms_differ_from_the_nested_ones_by_the_parent_only() -> None:
    """`group:` and `issue:` are the only difference, so neither form can do more."""
    for name, parent in (("action", "group"), ("group", "issue")):
        flat = dict(DEFS[f"flat_{name}"]["properties"])
        assert flat.pop(parent)
        assert flat == DEFS[name]["properties"]


def test_documented_facts_are_the_facts() -> None:
    """The table in docs/catalogue.md is the one that `nba catalog facts` prints."""
    assert fact_table() in DOCS.read_text(encoding="utf-8")


def test_documented_keys_are_all_keys() -> None:
    """Every key of the format is named in docs/catalogue.md."""
    text = DOCS.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|[{,] ?|^ *(?:- )?)([a-z_]+)(?:`|:)", text, re.MULTILINE))
    keys = {key for thing in (SCHEMA, *DEFS.values()) for key in thing.get("properties", {})}
    assert keys - named == set()


def test_documented_examples_fit_the_schema() -> None:
    """Every example of docs/catalogue.md is what it describes."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 7
    for block in blocks:
        faults = Faults()
        source = parse_source("docs", block, faults)
        if "eligibility" in source.data:
            source = parse_source("docs", f"groups:\n- id: g\n  issue: i\n{indented(block)}", faults)
        check_schema(source, faults, "test_schema.json" if "tests" in source.data else "schema.json")
        assert faults.found == []


def indented(block: str) -> str:
    """The block two columns to the right."""
    return "".join(f"  {line}\n" for line in block.splitlines())


def test_durations() -> None:
    """Written and shown durations are the same."""
    for text in ("90s", "30m", "25h", "7d"):
        assert duration_text(duration_ms(text)) == text
    assert duration_text(duration_ms("2w")) == "14d"
    with pytest.raises(ValueError, match="no duration"):
        duration_ms("1.5h")
