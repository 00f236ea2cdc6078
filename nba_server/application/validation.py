"""Checks a decision request against the live catalogue and brings it into the form that `decide()` expects.

Field paths are those of `nba.v1.DecideRequest`. All violations are reported at once.
"""

from __future__ import annotations

from collections.abc import Mapping

from nba_server.application.faults import MAX_ID, Faults, shown
from nba_server.application.field_value import fault_of, fit
from nba_server.domain.catalog import Catalog, FieldType
from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.domain.profile import Scalar

MAX_REQUEST_ID = 128
MAX_SLOTS = 50
"""Most actions that one placement of a request may ask for."""


def checked_request(request: DecisionRequest, catalog: Catalog) -> DecisionRequest:
    """The request with every placement named, every slot count set and every context value in its declared type.

    Raises `InvalidArgument` with all violations.
    """
    faults = Faults()
    check_ids(request, faults)
    placements: tuple[PlacementRequest, ...] = ()
    if not request.channel:
        faults.add("channel", "must name a channel of the catalogue")
    if request.channel and faults.known("channel", request.channel, "channel", catalog.channels):
        placements = _placements(request, catalog, faults)
    else:
        for index, place in enumerate(request.placements):
            faults.known(f"placements[{index}].placement", place.placement, "placement", catalog.placements)
    context = fitted("context", "context field", request.context, catalog.context, faults)
    for index, action in enumerate(request.excluded_actions):
        faults.known(f"excluded_actions[{index}]", action, "action", catalog.index)
    faults.raise_any()
    excluded = frozenset(request.excluded_actions)
    return request._replace(placements=placements, context=context, excluded_actions=excluded)


def fitted(
    path: str, what: str, values: Mapping[str, Scalar], declared: Mapping[str, FieldType], faults: Faults
) -> dict[str, Scalar]:
    """The values in their declared types, in the order of their names; what does not fit is noted under `path.name`."""
    kept: dict[str, Scalar] = {}
    for name in sorted(values):
        field = f"{path}.{name[:60]}"
        if not faults.known(field, name, what, declared):
            continue
        value = fit(values[name], declared[name])
        if value is None:
            faults.add(field, fault_of(values[name], declared[name]))
        else:
            kept[name] = value
    return kept


def ids_fit(request: DecisionRequest) -> bool:
    """Whether `check_ids` would note nothing, found faster; False where that is not certain."""
    id_ = request.customer_id or request.visitor_id
    return (
        not (request.customer_id and request.visitor_id)
        and len(id_) <= MAX_ID
        and id_.isprintable()
        and len(request.request_id) <= MAX_REQUEST_ID
        and request.planned_ms >= 0
    )


def check_ids(request: DecisionRequest, faults: Faults) -> None:
    """Notes what is wrong with who is asked for, and with the moment that was planned."""
    faults.identifier("customer_id", request.customer_id, required=False)
    faults.identifier("visitor_id", request.visitor_id, required=False)
    if request.customer_id and request.visitor_id:
        faults.add("visitor_id", "must be empty when customer_id is set; at most one of the two ids")
    if len(request.request_id) > MAX_REQUEST_ID:
        faults.add("request_id", f"must have at most {MAX_REQUEST_ID} characters, has {len(request.request_id)}")
    faults.moment("planned_at", request.planned_ms)


def _placements(request: DecisionRequest, catalog: Catalog, faults: Faults) -> tuple[PlacementRequest, ...]:
    own = {p.id: p for p in catalog.placements.values() if p.channel == request.channel}
    asked = request.placements or tuple(PlacementRequest(name) for name in own)
    if not asked:
        faults.add("placements", f"the channel {shown(request.channel)} has no placements")
    seen: set[str] = set()
    kept = []
    for index, place in enumerate(asked):
        field = f"placements[{index}]"
        elsewhere = catalog.placements.get(place.placement)
        if elsewhere is not None and elsewhere.channel != request.channel:
            faults.add(
                f"{field}.placement",
                f"placement {shown(place.placement)} belongs to the channel {shown(elsewhere.channel)}",
            )
        elif faults.known(f"{field}.placement", place.placement, "placement", own):
            if place.placement in seen:
                faults.add(f"{field}.placement", f"placement {shown(place.placement)} is asked for twice")
            seen.add(place.placement)
            kept.append(place._replace(slots=place.slots or own[place.placement].slots))
        if place.slots > MAX_SLOTS:
            faults.add(f"{field}.slots", f"must be at most {MAX_SLOTS}, is {place.slots}")
    return tuple(kept)
