"""Segments: what they may read, and what is said of faults."""

from __future__ import annotations

import pytest

from nba_server.adapters.catalog.segment import Segments
from nba_server.domain.catalog import FieldType
from nba_server.errors import InvalidArgument
from tests.unit.domain.builder import action, catalog

CATALOG = catalog(action("a"), attributes={"age": FieldType.INTEGER, "city": FieldType.STRING})


def test_a_segment_reads_the_customer() -> None:
    """Attributes, segments and what was made of contacts and purchases."""
    segment = Segments()('customer.age >= 18 && "gold" in customer.segments && contact.count_30d == 0', CATALOG)
    assert set(segment.reads) == {"customer.age", "customer.segments", "contact.count_30d"}
    facts = {"customer.age": 20, "customer.segments": ("gold",), "contact.count_30d": 0}
    assert segment.holds(facts) is True
    assert segment.holds(facts | {"contact.count_30d": 1}) is False
    assert segment.holds({"customer.age": 20}) is not True


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("customer.agee > 3", "customer.age"),
        ("customer.age", "true or false"),
        ('request.channel == "web"', "request.channel"),
        ("action.value > 3.0", "action.value"),
        ("history.rejected_90d > 0", "history.rejected_90d"),
        ('customer.age == "x"', ""),
        ("customer.age >", ""),
    ],
)
def test_a_fault_names_field_and_mend(expression: str, said: str) -> None:
    """Unknown facts, those of requests and actions, wrong types and syntax."""
    with pytest.raises(InvalidArgument) as caught:
        Segments()(expression, CATALOG)
    assert caught.value.violations[0].field == "segment"
    assert said in caught.value.violations[0].message
