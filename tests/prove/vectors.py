"""peer_vectors: every estimator against the outside library; intervals, chi-square and curves have tests of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from nba_training.ope import estimators
from nba_training.ope.diagnostics import diagnose
from nba_training.ope.log import LoggedFeedback
from tests.prove import datasets


def run() -> dict[str, Any]:
    """The largest relative gap over all estimators."""
    data = datasets.vectors("ope_small.json")
    log = LoggedFeedback(
        action=np.array(data["action"]),
        reward=np.array(data["reward"]),
        pick_probability=np.array(data["pscore"]),
        policy=np.array(data["evaluation_policy"]),
        customer=np.array([], dtype=np.int64),
    )
    q, expected = np.array(data["q_hat"]), data["expected"]
    found = {
        "ipw": estimators.ips(log).value,
        "ipw_weight_clip_lambda_3": estimators.ips(log, clip=3).value,
        "snipw": estimators.snips(log).value,
        "dm": estimators.direct(log, q).value,
        "dr": estimators.doubly_robust(log, q).value,
        "dr_weight_clip_lambda_3": estimators.doubly_robust(log, q, clip=3).value,
        "sndr": estimators.self_normalised_doubly_robust(log, q).value,
        "switch_dr_tau_2": estimators.switch_doubly_robust(log, q, tau=2).value,
        "dros_lambda_5": estimators.shrunk_doubly_robust(log, q, lam=5).value,
        "replay_of_argmax_policy": estimators.replay(log).value,
        "effective_sample_size_kish (plain formula, not obp)": diagnose(log).ess,
    }
    gaps = {name: abs(value / expected[name] - 1) for name, value in found.items()}
    return {"largest_relative_gap": max(gaps.values()), "compared": len(gaps), "passed": max(gaps.values()) < 1e-9}
