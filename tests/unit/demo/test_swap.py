"""The demo decides only when the model that it has just trained serves."""

from __future__ import annotations

import pytest

from nba_server.demo.swap import wait_until_serving
from nba_server.errors import FailedPrecondition
from nba_server.pb import model_pb2


def answer(*, live: bool, serving: bool) -> model_pb2.ListModelsResponse:
    """A registry with one model."""
    return model_pb2.ListModelsResponse(models=[model_pb2.ModelVersion(version="m1", live=live, serving=serving)])


def test_it_waits_for_the_swap() -> None:
    """A model that is live and does not serve yet is asked for again."""
    answers = [answer(live=True, serving=False), answer(live=True, serving=False), answer(live=True, serving=True)]
    pauses: list[float] = []
    assert wait_until_serving(lambda: answers.pop(0), pause=pauses.append) == "m1"
    assert (answers, len(pauses)) == ([], 2)


def test_without_a_live_model_there_is_nothing_to_wait_for() -> None:
    """After a refusal by a gate the priors serve on."""
    assert wait_until_serving(lambda: answer(live=False, serving=False)) == ""


def test_a_model_that_never_serves_is_an_error() -> None:
    """It names the model and where to look."""
    with pytest.raises(FailedPrecondition, match="m1"):
        wait_until_serving(lambda: answer(live=True, serving=False), seconds=-1)
