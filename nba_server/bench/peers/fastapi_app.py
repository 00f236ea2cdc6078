"""What a team would write in an afternoon: FastAPI, redis-py and `Booster.predict`. Run in an environment of its own.

The same job without exactness: profile and ledger from Redis, the rules in Python, 50 rows scored, the best three returned, the
contact and a log entry written in a pipeline; two calls at the same time may both take the last slot.
"""

from __future__ import annotations

import json
import os
import random
import time

import lightgbm
import numpy as np
import redis.asyncio as redis
from fastapi import FastAPI, Request

app = FastAPI()
link = redis.from_url(os.environ["PEER_STORE"])
scenario = json.loads(open(os.environ["PEER_SCENARIO"]).read())  # noqa: SIM115, PTH123
booster = lightgbm.Booster(model_file=os.environ["PEER_MODEL"])
DAY = 86_400


def passes(action: dict, profile: dict) -> bool:
    """Both rules of an action."""
    for fact, bound in action["rules"]:
        value = profile.get(fact)
        if value is None or value < bound:
            return False
    return True


def within(ledger: list, now: float) -> bool:
    """The four limits."""
    for days, cap in ((1, 6), (7, 12), (30, 20), (90, 40)):
        if sum(1 for entry in ledger if now - days * DAY < entry["at"]) >= cap:
            return False
    return True


def features(action: dict, profile: dict, ledger: list, now: float) -> list:
    """30 numbers of one pair."""
    mine = [entry["at"] for entry in ledger if entry["action"] == action["id"]]
    shared = [profile.get(f"n{i:02d}", np.nan) for i in range(19)] + [
        profile.get(f"w{i:02d}", np.nan) for i in range(5)
    ]
    last = (now - mine[-1]) / DAY if mine else np.nan
    return [*shared, action["value"], len(mine), last, 0.0, action["number"], action["group"]]


@app.post("/decide")
async def decide(request: Request) -> dict:
    """The best three actions for a customer."""
    asked = await request.json()
    name, now = asked["customer_id"], time.time()
    profile, ledger = await link.mget(f"peer:p:{name}", f"peer:l:{name}")
    profile, ledger = json.loads(profile), json.loads(ledger)
    candidates = [action for action in scenario["actions"] if passes(action, profile)] if within(ledger, now) else []
    if not candidates:
        return {"actions": []}
    rows = np.array([features(action, profile, ledger, now) for action in candidates])
    scores = booster.predict(rows, num_threads=1)
    order = np.argsort(-scores * np.array([action["value"] for action in candidates]))
    picked = [candidates[place] for place in order[:3]]
    if random.random() < 0.1:  # noqa: S311
        picked[0] = random.choice(candidates)  # noqa: S311
    ledger = [*ledger, {"at": now, "action": picked[0]["id"]}][-40:]
    pipeline = link.pipeline()
    pipeline.set(f"peer:l:{name}", json.dumps(ledger))
    pipeline.xadd(
        "peer:log", {"e": json.dumps({"customer": name, "scores": scores.tolist(), "at": now})}, maxlen=100_000
    )
    await pipeline.execute()
    return {"actions": [{"action": action["id"], "title": f"Action {action['number']}"} for action in picked]}
