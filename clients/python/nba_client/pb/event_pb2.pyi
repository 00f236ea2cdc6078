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

class ServiceCaseStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SERVICE_CASE_STATUS_UNSPECIFIED: _ClassVar[ServiceCaseStatus]
    SERVICE_CASE_STATUS_OPENED: _ClassVar[ServiceCaseStatus]
    SERVICE_CASE_STATUS_UPDATED: _ClassVar[ServiceCaseStatus]
    SERVICE_CASE_STATUS_CLOSED: _ClassVar[ServiceCaseStatus]
SERVICE_CASE_STATUS_UNSPECIFIED: ServiceCaseStatus
SERVICE_CASE_STATUS_OPENED: ServiceCaseStatus
SERVICE_CASE_STATUS_UPDATED: ServiceCaseStatus
SERVICE_CASE_STATUS_CLOSED: ServiceCaseStatus

class Purchase(_message.Message):
    __slots__ = ("customer_id", "purchase_id", "occurred_at", "value", "value_by_category", "value_by_product")
    class ValueByCategoryEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class ValueByProductEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PURCHASE_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VALUE_BY_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    VALUE_BY_PRODUCT_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    purchase_id: str
    occurred_at: _timestamp_pb2.Timestamp
    value: float
    value_by_category: _containers.ScalarMap[str, float]
    value_by_product: _containers.ScalarMap[str, float]
    def __init__(self, customer_id: _Optional[str] = ..., purchase_id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., value: _Optional[float] = ..., value_by_category: _Optional[_Mapping[str, float]] = ..., value_by_product: _Optional[_Mapping[str, float]] = ...) -> None: ...

class RecordPurchasesRequest(_message.Message):
    __slots__ = ("purchases",)
    PURCHASES_FIELD_NUMBER: _ClassVar[int]
    purchases: _containers.RepeatedCompositeFieldContainer[Purchase]
    def __init__(self, purchases: _Optional[_Iterable[_Union[Purchase, _Mapping]]] = ...) -> None: ...

class RecordPurchasesResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[PurchaseResult]
    def __init__(self, results: _Optional[_Iterable[_Union[PurchaseResult, _Mapping]]] = ...) -> None: ...

class PurchaseResult(_message.Message):
    __slots__ = ("recorded", "error", "effects")
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    recorded: bool
    error: str
    effects: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, recorded: _Optional[bool] = ..., error: _Optional[str] = ..., effects: _Optional[_Iterable[str]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("customer_id", "event_id", "occurred_at", "channel", "text", "agent", "complaint", "service_case", "score", "purchase", "purchase_return")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    COMPLAINT_FIELD_NUMBER: _ClassVar[int]
    SERVICE_CASE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PURCHASE_FIELD_NUMBER: _ClassVar[int]
    PURCHASE_RETURN_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    event_id: str
    occurred_at: _timestamp_pb2.Timestamp
    channel: str
    text: str
    agent: str
    complaint: Complaint
    service_case: ServiceCase
    score: Score
    purchase: Purchase
    purchase_return: PurchaseReturn
    def __init__(self, customer_id: _Optional[str] = ..., event_id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., channel: _Optional[str] = ..., text: _Optional[str] = ..., agent: _Optional[str] = ..., complaint: _Optional[_Union[Complaint, _Mapping]] = ..., service_case: _Optional[_Union[ServiceCase, _Mapping]] = ..., score: _Optional[_Union[Score, _Mapping]] = ..., purchase: _Optional[_Union[Purchase, _Mapping]] = ..., purchase_return: _Optional[_Union[PurchaseReturn, _Mapping]] = ...) -> None: ...

class Complaint(_message.Message):
    __slots__ = ("case_id", "category")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    category: str
    def __init__(self, case_id: _Optional[str] = ..., category: _Optional[str] = ...) -> None: ...

class ServiceCase(_message.Message):
    __slots__ = ("case_id", "status", "category")
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    case_id: str
    status: ServiceCaseStatus
    category: str
    def __init__(self, case_id: _Optional[str] = ..., status: _Optional[_Union[ServiceCaseStatus, str]] = ..., category: _Optional[str] = ...) -> None: ...

class Score(_message.Message):
    __slots__ = ("measure", "value")
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    measure: str
    value: float
    def __init__(self, measure: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class PurchaseReturn(_message.Message):
    __slots__ = ("purchase_id",)
    PURCHASE_ID_FIELD_NUMBER: _ClassVar[int]
    purchase_id: str
    def __init__(self, purchase_id: _Optional[str] = ...) -> None: ...

class RecordEventsRequest(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ...) -> None: ...

class RecordEventsResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[EventResult]
    def __init__(self, results: _Optional[_Iterable[_Union[EventResult, _Mapping]]] = ...) -> None: ...

class EventResult(_message.Message):
    __slots__ = ("recorded", "effects", "error", "matter_ids")
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    MATTER_IDS_FIELD_NUMBER: _ClassVar[int]
    recorded: bool
    effects: _containers.RepeatedScalarFieldContainer[str]
    error: str
    matter_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, recorded: _Optional[bool] = ..., effects: _Optional[_Iterable[str]] = ..., error: _Optional[str] = ..., matter_ids: _Optional[_Iterable[str]] = ...) -> None: ...
