"""Trees grown on a small local Dask cluster are worth what those of one machine are. Needs the extra `dask`."""

from __future__ import annotations

import importlib.util

import lightgbm as lgb
import numpy as np
import pytest

from nba_models.encoder import learn
from nba_models.features import FeatureLayout
from nba_training.boosting import encoded, grow, options
from nba_training.dask_fit import cluster_client, kept_trees
from nba_training.evaluate import measure
from nba_training.extract import extract
from nba_training.fit import fit
from nba_training.live import propensity
from nba_training.split import Parts, by_time
from tests.unit.training.world import DEFINITION, Known, ListSource, end_of, history

WITHOUT = importlib.util.find_spec("distributed") is None


def _parts(contacts: int) -> Parts:
    items = history(contacts, 1)
    return by_time(extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset, DEFINITION.split)


def test_trees_are_kept_as_early_stopping_would() -> None:
    """Of a booster that grew on past its best, as many trees are kept as LightGBM's own early stopping keeps."""
    parts, layout = _parts(1500), FeatureLayout(DEFINITION)
    encoder = learn(layout, parts.fit.columns(layout), min_rows=5, max_words=250)
    train, later = encoded(encoder, layout, parts.fit), encoded(encoder, layout, parts.calibrate)
    stopped = grow(DEFINITION, encoder, train, later)
    data = lgb.Dataset(train.matrix, train.positive.astype(float), categorical_feature=encoder.categorical)
    whole = lgb.train(options(DEFINITION, encoder, len(train)), data, num_boost_round=DEFINITION.fit.rounds)
    assert whole.num_trees() > stopped.num_trees()
    assert kept_trees(whole, later, DEFINITION.fit.patience) == stopped.num_trees()


@pytest.mark.skipif(WITHOUT, reason="the extra dask is not installed")
@pytest.mark.timeout(180)
@pytest.mark.filterwarnings("ignore")  # of dask and tornado: not ours to mend
def test_cluster_gives_the_same_quality() -> None:
    """On two workers of this machine: log loss and AUC on later rows as on one machine, and an artifact like any other."""
    parts = _parts(4000)
    here, _ = fit(DEFINITION, parts)
    there, files = fit(DEFINITION, parts, cluster="local")
    mine, theirs = (measure(propensity(model, parts.test), parts.test.positive) for model in (there, here))
    assert mine.log_loss == pytest.approx(theirs.log_loss, rel=0.02)
    assert mine.auc == pytest.approx(theirs.auc, abs=0.02)
    assert sorted(files) == ["calibration.json", "definition.yaml", "encoder.json", "model.txt"]
    assert np.isfinite(propensity(there, parts.test)).all()


@pytest.mark.skipif(WITHOUT, reason="the extra dask is not installed")
@pytest.mark.timeout(180)
@pytest.mark.filterwarnings("ignore")
def test_no_worker_steals_a_socket() -> None:
    """While trees grow on a cluster no task moves to another worker (a socket cannot, Dask would try for ever); then it may."""
    from dask.distributed import Client, LocalCluster

    def stealing(client: Client) -> bool:
        return bool(client.run_on_scheduler(lambda dask_scheduler: "stealing" in dask_scheduler.periodic_callbacks))

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as theirs,
        Client(theirs) as client,
    ):
        assert stealing(client)
        with cluster_client(theirs.scheduler_address) as ours:
            assert not stealing(ours)
        assert stealing(client)
