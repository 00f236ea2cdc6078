"""What requests for one placement have in common, as the compiled part is given it: limits, and encoded parts of every action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from nba_server.adapters.express.conditions import Unsupported
from nba_server.adapters.express.tables import ReasonEncoder, Spec, flags
from nba_server.adapters.journal_codec import journal_request
from nba_server.adapters.journal_columns import text_column
from nba_server.adapters.redis.blob import pack
from nba_server.application.ports import ContactKind
from nba_server.domain.catalog import Catalog
from nba_server.domain.contact import ContactLimit
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.domain.funnel.ranking import is_plain
from nba_server.domain.plan import Mask
from nba_server.pb import journal_pb2


class AnswerParts(ReasonEncoder, Protocol):
    """Encodes what answers have in common."""

    def known(self, catalog: Catalog, placement: str, action: int, treatment: int) -> bytes:
        """What the catalogue knows of an action."""

    def withdrawn(self, placement: str) -> bytes:
        """The entry of a placement that offers nothing any more."""


def shape_of(catalog: Catalog, channel: str, wanted: PlacementRequest, answers: AnswerParts) -> Spec:
    """The shape of requests for one placement on a channel. Raises `Unsupported`."""
    place, plan, of = catalog.placements[wanted.placement], catalog.plan, catalog.channels[channel]
    if plan.quiet[channel] or plan.pressures[channel]:
        raise Unsupported("quiet hours" if plan.quiet[channel] else "contact pressure")
    if not is_plain(place.exploration):
        raise Unsupported(f"exploration by {place.exploration.kind.value}")
    screen = plan.screens.get((channel, place.id))
    if screen is None:
        raise Unsupported("a placement without treatments")
    treatments = catalog.treatments[(channel, place.id)].tolist()
    chosen = list(enumerate(treatments))
    kinds = [
        ContactKind.of(catalog.actions[action], treatment, of, place.id) if treatment >= 0 else None
        for action, treatment in chosen
    ]
    request = DecisionRequest("", "", channel, (wanted,))
    return {
        "channel": channel.encode(),
        "placement": place.id.encode(),
        "slots": wanted.slots or place.slots,
        "epsilon": place.exploration.epsilon,
        "unknown_consent_allowed": of.unknown_consent_allowed,
        "reservation_ms": of.reservation_ms,
        "available": flags(
            catalog.approved & screen.fitting(wanted.width or place.width, wanted.height or place.height)
        ),
        "limits": [_limit(limit, mask) for limit, mask in plan.limits[channel]],
        "placement_column": _column(place.id),
        "treatments": [catalog.actions[a].treatments[t].id.encode() if t >= 0 else b"" for a, t in chosen],
        "answers": [answers.known(catalog, place.id, a, t) if t >= 0 else b"" for a, t in chosen],
        "rows_before": [_before(kind) if kind else b"" for kind in kinds],
        "rows_behind": [pack(kind.treatment) + pack(kind.placement) if kind else b"" for kind in kinds],
        "response_ms": np.array([kind.response_ms if kind else 0 for kind in kinds], dtype=np.int64).tobytes(),
        "request": journal_request(request).SerializeToString(deterministic=True),
        "withdrawn": answers.withdrawn(place.id),
    }


def _column(placement: str) -> bytes:
    """The placement of all candidates, as the journal says it."""
    return journal_pb2.CandidateColumns(placement=text_column([placement])).SerializeToString(deterministic=True)


def _before(kind: ContactKind) -> bytes:
    """The fields of a ledger's row between its times and its decision."""
    fields: Sequence[str | int] = (
        *("R", kind.channel, kind.direction.value, kind.class_),
        *(kind.group, kind.action, 1),
    )
    return b"".join(map(pack, fields))


def _limit(limit: ContactLimit, mask: Mask) -> Spec:
    named = {
        "channels": limit.channels,
        "directions": limit.directions,
        "classes": limit.classes,
        "groups": limit.groups,
        "actions": limit.actions,
    }
    return {
        "cap": limit.cap,
        "window_ms": limit.window_ms,
        "shadow": limit.shadow,
        "held": flags(mask),
        **{name: [str(one).encode() for one in sorted(of)] for name, of in named.items()},
    }
