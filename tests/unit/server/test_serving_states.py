"""What the metrics say of the model that serves."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from nba_server.observability.metrics import Metrics
from nba_server.observability.states import ServingStates


@dataclass
class Live:
    """What serves, since when."""

    live_since_ms: int = 1
    refused: str = ""
    figures: dict[str, float] = field(default_factory=dict)


async def test_a_model_does_not_keep_the_figures_of_the_one_before() -> None:
    """What only the old one had is no number any more; what both have is the new one's."""
    registry, model = CollectorRegistry(), Live(figures={"auc": 0.7, "psi_score": 0.1})

    def told(name: str) -> float:
        value = registry.get_sample_value("nba_model_figure", {"figure": name})
        assert value is not None
        return value

    states = ServingStates(Metrics(registry), Live(), model)
    await states.start()
    await states.stop()
    assert (told("auc"), told("psi_score")) == (0.7, 0.1)
    model.live_since_ms, model.figures = 2, {"auc": 0.8}
    await states.start()
    await states.stop()
    assert told("auc") == 0.8
    assert math.isnan(told("psi_score"))
