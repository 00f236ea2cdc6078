"""Short form of the end-to-end proof: a server that explores and a scheduled trainer, left to themselves."""

from __future__ import annotations

import pytest

from tests.prove import end_to_end


@pytest.mark.timeout(240)
def test_server_and_trainer_earn_more_by_themselves() -> None:
    """Three simulated weeks through the API: clicks under the first model are significantly above those before, and chance."""
    found = end_to_end.run(customers=400, arrivals=150, days=21, cadence=14)
    assert found["passed"], found
    assert found["first_model_on_day"] == 14, found
    assert found["clicks_before"] == pytest.approx(found["random_offers_before"], abs=0.04), "at first it knew nothing"
