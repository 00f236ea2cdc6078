"""The rollout as the store keeps it: one JSON text beside the model pointer."""

from __future__ import annotations

import dataclasses
import json
import logging

from nba_server.domain.rollout import Rollout

FIELD = "rollout"
_LOG = logging.getLogger(__name__)


def encode_rollout(rollout: Rollout) -> str:
    """The text."""
    return json.dumps(dataclasses.asdict(rollout), sort_keys=True)


def decode_rollout(text: str) -> Rollout | None:
    """The rollout; None where there is none, or where it cannot be read: then the live model serves everybody."""
    if not text:
        return None
    try:
        found = Rollout(**json.loads(text))
        sound = 0.0 <= float(found.share) <= 1.0 and isinstance(found.challenger, str)
    except (ValueError, TypeError):
        sound = False
    if not sound:
        _LOG.error("the rollout record cannot be read; the live model serves everybody", extra={"record": text[:200]})
        return None
    return found
