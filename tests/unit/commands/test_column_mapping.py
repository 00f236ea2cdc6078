"""Tables and their mappings: every kind of value, every fault with its row, the shipped examples."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nba_server.commands.column_mapping import SectionReader, mapped
from nba_server.commands.interaction import Interaction, read_interactions
from nba_server.commands.mapped_field import MappingInvalid, field_of
from nba_server.commands.table_rows import BadRow, Row, TableUnreadable, read_rows

EXAMPLES = Path(__file__).resolve().parents[3] / "examples/imports"


def _field(given: Any, default: str = "any") -> Any:
    faults: list[str] = []
    field = field_of("f", given, default, faults)
    assert faults == []
    return field


@pytest.mark.parametrize(
    ("given", "cell", "wanted"),
    [
        ("c", "text", "text"),
        ({"column": "c", "type": "integer"}, "41", 41),
        ({"column": "c", "type": "integer", "missing": [118]}, "118", None),
        ({"column": "c", "type": "number", "scale": 0.01}, "1250", 12.5),
        ({"column": "c", "type": "boolean"}, "yes", True),
        ({"column": "c", "type": "texts", "separator": ","}, "a,b", ["a", "b"]),
        ({"column": "c", "type": "time"}, "2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ({"column": "c", "type": "time", "format": "%Y%m%d"}, "20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        (
            {"column": "c", "type": "time", "unit": "hours", "origin": "2026-01-01"},
            "36",
            datetime(2026, 1, 2, 12, tzinfo=UTC),
        ),
        ({"column": "c", "map": {1: "clicked", 0: ""}}, "0", None),
        ({"template": "h-{c}"}, "7", "h-7"),
        ({"value": "email"}, "whatever", "email"),
        ("c", "", None),
    ],
)
def test_values_are_read_as_the_mapping_says(given: Any, cell: str, wanted: Any) -> None:
    """Texts of a CSV file become what is meant."""
    assert _field(given).read({"c": cell}) == wanted


def test_what_cannot_be_read_names_field_and_value() -> None:
    """A bad number, a word outside the map, a column that is not there."""
    for given, cell, said in (
        ({"column": "c", "type": "integer"}, "4.5", "f: '4.5' is no integer"),
        ({"column": "c", "map": {"a": "b"}}, "z", "f: 'z' is not in the map; it has a"),
        ("d", "x", "the row has no column `d`"),
    ):
        with pytest.raises(ValueError, match="f: ") as raised:
            _field(given).read({"c": cell})
        assert said in str(raised.value)


def test_all_faults_of_a_mapping_are_named_at_once(tmp_path: Path) -> None:
    """Unknown fields and keys, missing ones, wrong types."""
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "interactions:\n  customer_id: {column: a, value: b}\n  time: {column: t, unit: years}\n  chanel: x\n"
    )
    with pytest.raises(MappingInvalid) as raised:
        SectionReader(path, "interactions")
    said = "\n".join(raised.value.faults)
    for part in ("interactions.chanel", "channel: is required", "action: is required", "exactly one", "`years`"):
        assert part in said


def test_tables_of_every_kind_give_the_same_interactions(tmp_path: Path) -> None:
    """CSV, Parquet and JSON Lines with the field names as columns need no mapping."""
    record = {
        "customer_id": "c-1",
        "time": "2026-02-03T09:00:00Z",
        "channel": "email",
        "action": "sim",
        "pick_probability": 0.25,
        "outcome": "converted",
        "revenue": 60.0,
        "context.reason": "billing",
    }
    csv = tmp_path / "i.csv"
    csv.write_text(",".join(record) + "\n" + ",".join(map(str, record.values())) + "\n")
    pq.write_table(pa.Table.from_pylist([record]), tmp_path / "i.parquet")
    lines = tmp_path / "i.jsonl"
    lines.write_text(
        '{"customer_id": "c-1", "time": "2026-02-03T09:00:00Z", "channel": "email", "action": "sim", "pick_probability": 0.25,'
        ' "outcome": "converted", "revenue": 60.0, "context": {"reason": "billing"}}\n'
    )
    found = [list(read_interactions(path, None)) for path in (csv, tmp_path / "i.parquet", lines)]
    for rows in found:
        (row,) = rows
        assert isinstance(row, Interaction)
        assert (row.customer_id, row.action, row.pick_probability, row.outcome) == ("c-1", "sim", 0.25, "converted")
        assert (row.time, row.revenue, dict(row.context)) == (
            datetime(2026, 2, 3, 9, tzinfo=UTC),
            60.0,
            {"reason": "billing"},
        )
    assert len({rows[0].contact_id for rows in found}) == 1, "equal rows get equal ids"  # type: ignore[union-attr]


def test_every_bad_row_is_given_with_its_line(tmp_path: Path) -> None:
    """Wrong numbers, unknown outcomes, missing fields, a short row: the others are read."""
    path = tmp_path / "i.csv"
    path.write_text(
        "customer_id,time,channel,action,pick_probability,outcome\n"
        "a,2026-01-01,email,sim,0.5,clicked\n"
        "b,2026-01-01,email,sim,1.5,clicked\n"
        "c,soon,email,sim,0.5,\n"
        "d,2026-01-01,email\n"
        "e,2026-01-01,email,sim,0.5,loved\n"
        ",2026-01-01,email,sim,0.5,\n"
    )
    rows = list(read_interactions(path, None))
    bad = {row.line: row.error for row in rows if isinstance(row, BadRow)}
    assert sorted(bad) == [3, 4, 5, 6, 7]
    assert "not in (0, 1]" in bad[3]
    assert "'soon' is no time" in bad[4]
    assert "3 cells" in bad[5]
    assert "'loved' is not one of" in bad[6]
    assert "customer_id: is missing" in bad[7]
    assert sum(isinstance(row, Interaction) for row in rows) == 1


def test_a_file_that_is_no_table_is_one_sentence(tmp_path: Path) -> None:
    """Damaged Parquet, a header with twins, columns that are no fields."""
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and nothing else")
    (tmp_path / "twins.csv").write_text("a,a\n1,2\n")
    (tmp_path / "other.csv").write_text("id,when\n1,2\n")
    with pytest.raises(TableUnreadable):
        list(read_rows(tmp_path / "x.parquet"))
    with pytest.raises(TableUnreadable, match="twice"):
        list(read_rows(tmp_path / "twins.csv"))
    with pytest.raises(MappingInvalid, match="--mapping"):
        list(read_interactions(tmp_path / "other.csv", None))


@pytest.mark.parametrize(
    ("name", "section", "row"),
    [
        ("hillstrom", "interactions", {"row_index": "7", "segment": "Mens E-Mail", "visit": "1"}),
        (
            "starbucks",
            "customers",
            {"id": "x", "age": "118", "gender": "", "income": "", "became_member_on": "20170212"},
        ),
    ],
)
def test_the_shipped_mappings_read_their_sets(name: str, section: str, row: dict[str, str]) -> None:
    """A row of the set as it is."""
    reader = SectionReader(EXAMPLES / f"{name}.yaml", section)
    (found,) = mapped([Row(2, row)], reader, lambda number, values, _: (number, values))
    assert found[0] == 2
    values = found[1]
    if section == "interactions":
        assert (values["customer_id"], values["action"], values["outcome"]) == ("h-7", "mens", "clicked")
    else:
        assert values["attributes"] == {"member_since": datetime(2017, 2, 12, tzinfo=UTC)}
