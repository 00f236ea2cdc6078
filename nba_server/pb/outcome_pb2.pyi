# Generated from proto/ by tools/generate.py. Do not edit.
import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OutcomeType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_TYPE_UNSPECIFIED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_SENT: _ClassVar[OutcomeType]
    OUTCOME_TYPE_DELIVERED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_IMPRESSION: _ClassVar[OutcomeType]
    OUTCOME_TYPE_CLICKED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_ACCEPTED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_REJECTED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_MAYBE_LATER: _ClassVar[OutcomeType]
    OUTCOME_TYPE_CONVERTED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_NO_RESPONSE: _ClassVar[OutcomeType]
    OUTCOME_TYPE_NOT_MENTIONED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_DELIVERY_FAILED: _ClassVar[OutcomeType]
    OUTCOME_TYPE_OPTED_OUT: _ClassVar[OutcomeType]
    OUTCOME_TYPE_COMPLAINT: _ClassVar[OutcomeType]
    OUTCOME_TYPE_SCORE: _ClassVar[OutcomeType]
    OUTCOME_TYPE_WITHDRAWN: _ClassVar[OutcomeType]

class OutcomeStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_STATUS_UNSPECIFIED: _ClassVar[OutcomeStatus]
    OUTCOME_STATUS_RECORDED: _ClassVar[OutcomeStatus]
    OUTCOME_STATUS_REPEATED: _ClassVar[OutcomeStatus]
    OUTCOME_STATUS_RECORDED_LATE: _ClassVar[OutcomeStatus]
    OUTCOME_STATUS_REFUSED: _ClassVar[OutcomeStatus]
OUTCOME_TYPE_UNSPECIFIED: OutcomeType
OUTCOME_TYPE_SENT: OutcomeType
OUTCOME_TYPE_DELIVERED: OutcomeType
OUTCOME_TYPE_IMPRESSION: OutcomeType
OUTCOME_TYPE_CLICKED: OutcomeType
OUTCOME_TYPE_ACCEPTED: OutcomeType
OUTCOME_TYPE_REJECTED: OutcomeType
OUTCOME_TYPE_MAYBE_LATER: OutcomeType
OUTCOME_TYPE_CONVERTED: OutcomeType
OUTCOME_TYPE_NO_RESPONSE: OutcomeType
OUTCOME_TYPE_NOT_MENTIONED: OutcomeType
OUTCOME_TYPE_DELIVERY_FAILED: OutcomeType
OUTCOME_TYPE_OPTED_OUT: OutcomeType
OUTCOME_TYPE_COMPLAINT: OutcomeType
OUTCOME_TYPE_SCORE: OutcomeType
OUTCOME_TYPE_WITHDRAWN: OutcomeType
OUTCOME_STATUS_UNSPECIFIED: OutcomeStatus
OUTCOME_STATUS_RECORDED: OutcomeStatus
OUTCOME_STATUS_REPEATED: OutcomeStatus
OUTCOME_STATUS_RECORDED_LATE: OutcomeStatus
OUTCOME_STATUS_REFUSED: OutcomeStatus

class Outcome(_message.Message):
    __slots__ = ("decision_id", "contact_id", "customer_id", "action", "type", "event_id", "occurred_at", "value", "product", "reason", "withdraws")
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWS_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    contact_id: str
    customer_id: str
    action: str
    type: OutcomeType
    event_id: str
    occurred_at: _timestamp_pb2.Timestamp
    value: float
    product: str
    reason: str
    withdraws: str
    def __init__(self, decision_id: _Optional[str] = ..., contact_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., action: _Optional[str] = ..., type: _Optional[_Union[OutcomeType, str]] = ..., event_id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., value: _Optional[float] = ..., product: _Optional[str] = ..., reason: _Optional[str] = ..., withdraws: _Optional[str] = ...) -> None: ...

class RecordOutcomeRequest(_message.Message):
    __slots__ = ("outcome",)
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    outcome: Outcome
    def __init__(self, outcome: _Optional[_Union[Outcome, _Mapping]] = ...) -> None: ...

class RecordOutcomeResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: OutcomeResult
    def __init__(self, result: _Optional[_Union[OutcomeResult, _Mapping]] = ...) -> None: ...

class RecordOutcomesRequest(_message.Message):
    __slots__ = ("outcomes",)
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[Outcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[Outcome, _Mapping]]] = ...) -> None: ...

class RecordOutcomesResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[OutcomeResult]
    def __init__(self, results: _Optional[_Iterable[_Union[OutcomeResult, _Mapping]]] = ...) -> None: ...

class OutcomeResult(_message.Message):
    __slots__ = ("status", "effects", "error")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    status: OutcomeStatus
    effects: _containers.RepeatedScalarFieldContainer[str]
    error: str
    def __init__(self, status: _Optional[_Union[OutcomeStatus, str]] = ..., effects: _Optional[_Iterable[str]] = ..., error: _Optional[str] = ...) -> None: ...
