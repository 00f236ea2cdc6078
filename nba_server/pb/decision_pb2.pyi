# Generated from proto/ by tools/generate.py. Do not edit.
import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from nba_server.pb import reason_pb2 as _reason_pb2
from nba_server.pb import value_pb2 as _value_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DecideRequest(_message.Message):
    __slots__ = ("customer_id", "visitor_id", "channel", "placements", "context", "request_id", "excluded_actions", "preview", "supersedes", "defer_activation", "planned_at", "call_id")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _value_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ...) -> None: ...
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    VISITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXCLUDED_ACTIONS_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDES_FIELD_NUMBER: _ClassVar[int]
    DEFER_ACTIVATION_FIELD_NUMBER: _ClassVar[int]
    PLANNED_AT_FIELD_NUMBER: _ClassVar[int]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    visitor_id: str
    channel: str
    placements: _containers.RepeatedCompositeFieldContainer[PlacementRequest]
    context: _containers.MessageMap[str, _value_pb2.Value]
    request_id: str
    excluded_actions: _containers.RepeatedScalarFieldContainer[str]
    preview: bool
    supersedes: str
    defer_activation: bool
    planned_at: _timestamp_pb2.Timestamp
    call_id: str
    def __init__(self, customer_id: _Optional[str] = ..., visitor_id: _Optional[str] = ..., channel: _Optional[str] = ..., placements: _Optional[_Iterable[_Union[PlacementRequest, _Mapping]]] = ..., context: _Optional[_Mapping[str, _value_pb2.Value]] = ..., request_id: _Optional[str] = ..., excluded_actions: _Optional[_Iterable[str]] = ..., preview: _Optional[bool] = ..., supersedes: _Optional[str] = ..., defer_activation: _Optional[bool] = ..., planned_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., call_id: _Optional[str] = ...) -> None: ...

class PlacementRequest(_message.Message):
    __slots__ = ("placement", "slots", "width", "height")
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    placement: str
    slots: int
    width: int
    height: int
    def __init__(self, placement: _Optional[str] = ..., slots: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class DecideResponse(_message.Message):
    __slots__ = ("decision_id", "decided_at", "preview", "catalog_hash", "model_version", "actions", "no_offers")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    CATALOG_HASH_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    NO_OFFERS_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    decided_at: _timestamp_pb2.Timestamp
    preview: bool
    catalog_hash: str
    model_version: str
    actions: _containers.RepeatedCompositeFieldContainer[RankedAction]
    no_offers: _containers.RepeatedCompositeFieldContainer[NoOffer]
    def __init__(self, decision_id: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., preview: _Optional[bool] = ..., catalog_hash: _Optional[str] = ..., model_version: _Optional[str] = ..., actions: _Optional[_Iterable[_Union[RankedAction, _Mapping]]] = ..., no_offers: _Optional[_Iterable[_Union[NoOffer, _Mapping]]] = ...) -> None: ...

class RankedAction(_message.Message):
    __slots__ = ("placement", "rank", "action", "group", "issue", "title", "treatment", "content", "propensity", "priority", "factors", "pick_probability", "explored", "substituted", "fallback", "reasons", "reserved_until")
    class ContentEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    ISSUE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    PROPENSITY_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    PICK_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    EXPLORED_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTED_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    placement: str
    rank: int
    action: str
    group: str
    issue: str
    title: str
    treatment: str
    content: _containers.ScalarMap[str, str]
    propensity: float
    priority: float
    factors: PriorityFactors
    pick_probability: float
    explored: bool
    substituted: bool
    fallback: bool
    reasons: _containers.RepeatedCompositeFieldContainer[_reason_pb2.Reason]
    reserved_until: _timestamp_pb2.Timestamp
    def __init__(self, placement: _Optional[str] = ..., rank: _Optional[int] = ..., action: _Optional[str] = ..., group: _Optional[str] = ..., issue: _Optional[str] = ..., title: _Optional[str] = ..., treatment: _Optional[str] = ..., content: _Optional[_Mapping[str, str]] = ..., propensity: _Optional[float] = ..., priority: _Optional[float] = ..., factors: _Optional[_Union[PriorityFactors, _Mapping]] = ..., pick_probability: _Optional[float] = ..., explored: _Optional[bool] = ..., substituted: _Optional[bool] = ..., fallback: _Optional[bool] = ..., reasons: _Optional[_Iterable[_Union[_reason_pb2.Reason, _Mapping]]] = ..., reserved_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PriorityFactors(_message.Message):
    __slots__ = ("propensity", "context_weight", "value", "lever")
    PROPENSITY_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LEVER_FIELD_NUMBER: _ClassVar[int]
    propensity: float
    context_weight: float
    value: float
    lever: float
    def __init__(self, propensity: _Optional[float] = ..., context_weight: _Optional[float] = ..., value: _Optional[float] = ..., lever: _Optional[float] = ...) -> None: ...

class NoOffer(_message.Message):
    __slots__ = ("placement", "reason")
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    placement: str
    reason: _reason_pb2.Reason
    def __init__(self, placement: _Optional[str] = ..., reason: _Optional[_Union[_reason_pb2.Reason, _Mapping]] = ...) -> None: ...

class ActivateDecisionRequest(_message.Message):
    __slots__ = ("decision_id", "actions")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    actions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, decision_id: _Optional[str] = ..., actions: _Optional[_Iterable[str]] = ...) -> None: ...

class ActivateDecisionResponse(_message.Message):
    __slots__ = ("activated", "late")
    ACTIVATED_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    activated: _containers.RepeatedScalarFieldContainer[str]
    late: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, activated: _Optional[_Iterable[str]] = ..., late: _Optional[_Iterable[str]] = ...) -> None: ...

class ReleaseDecisionRequest(_message.Message):
    __slots__ = ("customer_id", "visitor_id", "request_id", "call_id")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    VISITOR_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CALL_ID_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    visitor_id: str
    request_id: str
    call_id: str
    def __init__(self, customer_id: _Optional[str] = ..., visitor_id: _Optional[str] = ..., request_id: _Optional[str] = ..., call_id: _Optional[str] = ...) -> None: ...

class ReleaseDecisionResponse(_message.Message):
    __slots__ = ("released",)
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    released: bool
    def __init__(self, released: _Optional[bool] = ...) -> None: ...

class GetDecisionRequest(_message.Message):
    __slots__ = ("decision_id", "scores")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    scores: bool
    def __init__(self, decision_id: _Optional[str] = ..., scores: _Optional[bool] = ...) -> None: ...

class GetDecisionResponse(_message.Message):
    __slots__ = ("decision", "trace", "identical", "differences", "seed", "channel", "context", "scores", "scores_missing")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _value_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ...) -> None: ...
    DECISION_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    IDENTICAL_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    SCORES_FIELD_NUMBER: _ClassVar[int]
    SCORES_MISSING_FIELD_NUMBER: _ClassVar[int]
    decision: DecideResponse
    trace: _containers.RepeatedCompositeFieldContainer[ActionTrace]
    identical: bool
    differences: _containers.RepeatedScalarFieldContainer[str]
    seed: int
    channel: str
    context: _containers.MessageMap[str, _value_pb2.Value]
    scores: _containers.RepeatedCompositeFieldContainer[ActionScore]
    scores_missing: str
    def __init__(self, decision: _Optional[_Union[DecideResponse, _Mapping]] = ..., trace: _Optional[_Iterable[_Union[ActionTrace, _Mapping]]] = ..., identical: _Optional[bool] = ..., differences: _Optional[_Iterable[str]] = ..., seed: _Optional[int] = ..., channel: _Optional[str] = ..., context: _Optional[_Mapping[str, _value_pb2.Value]] = ..., scores: _Optional[_Iterable[_Union[ActionScore, _Mapping]]] = ..., scores_missing: _Optional[str] = ...) -> None: ...

class ActionScore(_message.Message):
    __slots__ = ("placement", "action", "contributions", "base", "raw_score", "predicted", "explored")
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    RAW_SCORE_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_FIELD_NUMBER: _ClassVar[int]
    EXPLORED_FIELD_NUMBER: _ClassVar[int]
    placement: str
    action: str
    contributions: _containers.RepeatedCompositeFieldContainer[Contribution]
    base: float
    raw_score: float
    predicted: float
    explored: bool
    def __init__(self, placement: _Optional[str] = ..., action: _Optional[str] = ..., contributions: _Optional[_Iterable[_Union[Contribution, _Mapping]]] = ..., base: _Optional[float] = ..., raw_score: _Optional[float] = ..., predicted: _Optional[float] = ..., explored: _Optional[bool] = ...) -> None: ...

class Contribution(_message.Message):
    __slots__ = ("feature", "title", "value", "log_odds", "text")
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOG_ODDS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    feature: str
    title: str
    value: _value_pb2.Value
    log_odds: float
    text: str
    def __init__(self, feature: _Optional[str] = ..., title: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ..., log_odds: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...

class ActionTrace(_message.Message):
    __slots__ = ("placement", "action", "stage", "reasons", "propensity", "priority", "factors", "features", "shadows")
    class FeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _value_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ...) -> None: ...
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    PROPENSITY_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    SHADOWS_FIELD_NUMBER: _ClassVar[int]
    placement: str
    action: str
    stage: _reason_pb2.Stage
    reasons: _containers.RepeatedCompositeFieldContainer[_reason_pb2.Reason]
    propensity: float
    priority: float
    factors: PriorityFactors
    features: _containers.MessageMap[str, _value_pb2.Value]
    shadows: _containers.RepeatedCompositeFieldContainer[_reason_pb2.Reason]
    def __init__(self, placement: _Optional[str] = ..., action: _Optional[str] = ..., stage: _Optional[_Union[_reason_pb2.Stage, str]] = ..., reasons: _Optional[_Iterable[_Union[_reason_pb2.Reason, _Mapping]]] = ..., propensity: _Optional[float] = ..., priority: _Optional[float] = ..., factors: _Optional[_Union[PriorityFactors, _Mapping]] = ..., features: _Optional[_Mapping[str, _value_pb2.Value]] = ..., shadows: _Optional[_Iterable[_Union[_reason_pb2.Reason, _Mapping]]] = ...) -> None: ...
