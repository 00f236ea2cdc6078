"""Short form of the end-to-end proof: a server that explores and a scheduled trainer, left to themselves."""

from __future__ import annotations

import pytest

from tests.prove import end_to_end

GATES = "min_rows: 2600"
"""2,475 contacts are known on the 11th day and 2,699 on the 12th, when the trainer has its turn: that run judges first, however
often a fast machine's trainer looked before.
"""


@pytest.mark.timeout(240)
def test_server_and_trainer_earn_more_by_themselves() -> None:
    """Seventeen simulated days through the API: clicks under the first model are significantly above those before, and chance."""
    found = end_to_end.run(customers=600, arrivals=240, days=17, cadence=12, gates=GATES)
    assert found["passed"], found
    assert found["first_model_on_day"] == 12, found
    assert found["clicks_before"] == pytest.approx(found["random_offers_before"], abs=0.04), "at first it knew nothing"
