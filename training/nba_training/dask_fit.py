"""Grows the trees on a Dask cluster: each worker has a part of the rows and they agree on every split (`lightgbm.dask`).

How many trees are kept is settled here, by the loss on later rows: what the cluster gives has no early stopping. The trees differ
from those of one machine in their last digits (histograms are added up in another order), not in what they are worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nba_models.definition import ModelDefinition
from nba_models.encoder import Encoder
from nba_models.features import Floats
from nba_server.errors import FailedPrecondition
from nba_training.boosting import Encoded, Parameters, options
from nba_training.evaluate import log_loss

LOCAL = "local"
"""In place of a scheduler's address: workers of this machine, for as long as the fit takes."""

_LOCAL_WORKERS = 2
_LEAST_ROWS = 1_000
"""A part smaller than this is not worth a worker."""


def grow_on(
    cluster: str,
    definition: ModelDefinition,
    encoder: Encoder,
    train: Encoded,
    later: Encoded,
    *,
    parameters: Parameters | None = None,
    weights: Floats | None = None,
) -> Any:
    """A booster with as many trees as the later rows want. `cluster`: a scheduler's address, or `local`.

    Raises `FailedPrecondition` when the extra `dask` is not installed, and `OSError` when nobody answers at the address.
    """
    import lightgbm as lgb

    chosen = {**options(definition, encoder, len(train)), **(parameters or {})}
    for name in ("metric", "objective", "num_threads", "seed"):
        chosen.pop(name)
    with cluster_client(cluster) as client:
        parts = max(1, min(len(client.scheduler_info()["workers"]), len(train) // _LEAST_ROWS))
        rows = -(-len(train) // parts)
        model = lgb.DaskLGBMClassifier(
            client=client, n_estimators=definition.fit.rounds, random_state=definition.fit.seed, **chosen
        )
        model.fit(
            *_arrays(train, rows),
            sample_weight=_array(weights, rows) if weights is not None else None,
            feature_name=[name.replace(".", "_") for name in encoder.names],
            categorical_feature=encoder.categorical,
        )
        booster = model.booster_
    return lgb.Booster(
        model_str=booster.model_to_string(num_iteration=kept_trees(booster, later, definition.fit.patience))
    )


def kept_trees(booster: Any, later: Encoded, patience: int) -> int:
    """The number of trees with the least log loss on later rows, as early stopping would have found it."""
    score = np.zeros(len(later))
    best, kept = float("inf"), 1
    for tree in range(booster.num_trees()):
        score += booster.predict(later.matrix, raw_score=True, start_iteration=tree, num_iteration=1, num_threads=1)
        loss = log_loss(1.0 / (1.0 + np.exp(-np.clip(score, -35, 35))), later.positive)
        if loss < best:
            best, kept = loss, tree + 1
        elif tree + 1 - kept >= patience:
            break
    return kept


def _arrays(train: Encoded, rows: int) -> tuple[Any, Any]:
    return _array(train.matrix, rows), _array(train.positive.astype(np.float64), rows)


def _array(values: Floats, rows: int) -> Any:
    import dask.array as da

    return da.from_array(values, chunks=(rows, *values.shape[1:]))


@contextmanager
def cluster_client(cluster: str) -> Iterator[Any]:
    """A client of the scheduler at an address, or of workers of its own for `local`. Raises as `grow_on` does."""
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError as fault:
        raise FailedPrecondition("growing trees on a cluster needs the extra `dask`", reason="NO_DASK") from fault
    if cluster != LOCAL:
        with Client(cluster) as client, _without_stealing(client):
            yield client
        return
    with (
        LocalCluster(n_workers=_LOCAL_WORKERS, threads_per_worker=1, dashboard_address=None) as own,
        Client(own) as client,
        _without_stealing(client),
    ):
        yield client


@contextmanager
def _without_stealing(client: Any) -> Iterator[None]:
    """No worker takes queued tasks of another meanwhile.

    LightGBM opens a socket on each worker and reads its number in a second task. Where a slow worker's second task is
    stolen, the socket would have to be sent along, which cannot be done, and Dask tries for ever.
    """

    def stealing(
        on: bool,
    ) -> Any:  # not of this module: it is sent by value, since a scheduler need not know this package
        async def turn(dask_scheduler: Any) -> bool:
            was = "stealing" in dask_scheduler.periodic_callbacks
            extension = dask_scheduler.extensions.get("stealing")
            if extension is not None and was != on:
                await (extension.start() if on else extension.stop())
            return was

        return turn

    was = client.run_on_scheduler(stealing(on=False))
    try:
        yield
    finally:
        if was:
            client.run_on_scheduler(stealing(on=True))
