# Generated from proto/ by tools/generate.py. Do not edit.
import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from nba_client.pb import customer_pb2 as _customer_pb2
from nba_client.pb import matter_pb2 as _matter_pb2
from nba_client.pb import outcome_pb2 as _outcome_pb2
from nba_client.pb import value_pb2 as _value_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContactState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTACT_STATE_UNSPECIFIED: _ClassVar[ContactState]
    CONTACT_STATE_RESERVED: _ClassVar[ContactState]
    CONTACT_STATE_CONFIRMED: _ClassVar[ContactState]
    CONTACT_STATE_RELEASED: _ClassVar[ContactState]
CONTACT_STATE_UNSPECIFIED: ContactState
CONTACT_STATE_RESERVED: ContactState
CONTACT_STATE_CONFIRMED: ContactState
CONTACT_STATE_RELEASED: ContactState

class Contact(_message.Message):
    __slots__ = ("customer_id", "contact_id", "channel", "action", "occurred_at", "pick_probability", "placement", "context", "candidates")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _value_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ...) -> None: ...
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    PICK_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    contact_id: str
    channel: str
    action: str
    occurred_at: _timestamp_pb2.Timestamp
    pick_probability: float
    placement: str
    context: _containers.MessageMap[str, _value_pb2.Value]
    candidates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, customer_id: _Optional[str] = ..., contact_id: _Optional[str] = ..., channel: _Optional[str] = ..., action: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., pick_probability: _Optional[float] = ..., placement: _Optional[str] = ..., context: _Optional[_Mapping[str, _value_pb2.Value]] = ..., candidates: _Optional[_Iterable[str]] = ..., **kwargs) -> None: ...

class RecordContactRequest(_message.Message):
    __slots__ = ("contact",)
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    contact: Contact
    def __init__(self, contact: _Optional[_Union[Contact, _Mapping]] = ...) -> None: ...

class RecordContactResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: ContactResult
    def __init__(self, result: _Optional[_Union[ContactResult, _Mapping]] = ...) -> None: ...

class RecordContactsRequest(_message.Message):
    __slots__ = ("contacts",)
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    contacts: _containers.RepeatedCompositeFieldContainer[Contact]
    def __init__(self, contacts: _Optional[_Iterable[_Union[Contact, _Mapping]]] = ...) -> None: ...

class RecordContactsResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[ContactResult]
    def __init__(self, results: _Optional[_Iterable[_Union[ContactResult, _Mapping]]] = ...) -> None: ...

class ContactResult(_message.Message):
    __slots__ = ("recorded", "error")
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    recorded: bool
    error: str
    def __init__(self, recorded: _Optional[bool] = ..., error: _Optional[str] = ...) -> None: ...

class GetContactsRequest(_message.Message):
    __slots__ = ("customer_id", "max_contacts")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_CONTACTS_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    max_contacts: int
    def __init__(self, customer_id: _Optional[str] = ..., max_contacts: _Optional[int] = ...) -> None: ...

class GetContactsResponse(_message.Message):
    __slots__ = ("at", "contacts", "total_contacts", "limits", "pressures", "suppressions", "quiet", "do_not_contact", "matters")
    AT_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_CONTACTS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    PRESSURES_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    QUIET_FIELD_NUMBER: _ClassVar[int]
    DO_NOT_CONTACT_FIELD_NUMBER: _ClassVar[int]
    MATTERS_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    contacts: _containers.RepeatedCompositeFieldContainer[LedgerContact]
    total_contacts: int
    limits: _containers.RepeatedCompositeFieldContainer[LimitUse]
    pressures: _containers.RepeatedCompositeFieldContainer[PressureUse]
    suppressions: _containers.RepeatedCompositeFieldContainer[ActiveSuppression]
    quiet: _containers.RepeatedCompositeFieldContainer[QuietNow]
    do_not_contact: _customer_pb2.DoNotContact
    matters: _containers.RepeatedCompositeFieldContainer[_matter_pb2.Matter]
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., contacts: _Optional[_Iterable[_Union[LedgerContact, _Mapping]]] = ..., total_contacts: _Optional[int] = ..., limits: _Optional[_Iterable[_Union[LimitUse, _Mapping]]] = ..., pressures: _Optional[_Iterable[_Union[PressureUse, _Mapping]]] = ..., suppressions: _Optional[_Iterable[_Union[ActiveSuppression, _Mapping]]] = ..., quiet: _Optional[_Iterable[_Union[QuietNow, _Mapping]]] = ..., do_not_contact: _Optional[_Union[_customer_pb2.DoNotContact, _Mapping]] = ..., matters: _Optional[_Iterable[_Union[_matter_pb2.Matter, _Mapping]]] = ...) -> None: ...

class LedgerContact(_message.Message):
    __slots__ = ("contact_id", "decision_id", "channel", "outbound", "group", "action", "state", "counts", "at", "reserved_until", "response_until", "outcomes")
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    OUTBOUND_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    RESERVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    contact_id: str
    decision_id: str
    channel: str
    outbound: bool
    group: str
    action: str
    state: ContactState
    counts: bool
    at: _timestamp_pb2.Timestamp
    reserved_until: _timestamp_pb2.Timestamp
    response_until: _timestamp_pb2.Timestamp
    outcomes: _containers.RepeatedCompositeFieldContainer[LedgerOutcome]
    def __init__(self, contact_id: _Optional[str] = ..., decision_id: _Optional[str] = ..., channel: _Optional[str] = ..., outbound: _Optional[bool] = ..., group: _Optional[str] = ..., action: _Optional[str] = ..., state: _Optional[_Union[ContactState, str]] = ..., counts: _Optional[bool] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reserved_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., response_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., outcomes: _Optional[_Iterable[_Union[LedgerOutcome, _Mapping]]] = ..., **kwargs) -> None: ...

class LedgerOutcome(_message.Message):
    __slots__ = ("type", "at", "withdrawn", "late")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    type: _outcome_pb2.OutcomeType
    at: _timestamp_pb2.Timestamp
    withdrawn: bool
    late: bool
    def __init__(self, type: _Optional[_Union[_outcome_pb2.OutcomeType, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., withdrawn: _Optional[bool] = ..., late: _Optional[bool] = ...) -> None: ...

class LimitUse(_message.Message):
    __slots__ = ("limit", "used", "cap", "window_seconds", "shadow", "used_up", "until", "contact_ids", "household")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    CAP_FIELD_NUMBER: _ClassVar[int]
    WINDOW_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    USED_UP_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    CONTACT_IDS_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_FIELD_NUMBER: _ClassVar[int]
    limit: str
    used: int
    cap: int
    window_seconds: int
    shadow: bool
    used_up: bool
    until: _timestamp_pb2.Timestamp
    contact_ids: _containers.RepeatedScalarFieldContainer[str]
    household: bool
    def __init__(self, limit: _Optional[str] = ..., used: _Optional[int] = ..., cap: _Optional[int] = ..., window_seconds: _Optional[int] = ..., shadow: _Optional[bool] = ..., used_up: _Optional[bool] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., contact_ids: _Optional[_Iterable[str]] = ..., household: _Optional[bool] = ...) -> None: ...

class PressureUse(_message.Message):
    __slots__ = ("pressure", "level", "budget", "shadow", "channels", "household")
    PRESSURE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_FIELD_NUMBER: _ClassVar[int]
    pressure: str
    level: float
    budget: float
    shadow: bool
    channels: _containers.RepeatedCompositeFieldContainer[ChannelPressure]
    household: bool
    def __init__(self, pressure: _Optional[str] = ..., level: _Optional[float] = ..., budget: _Optional[float] = ..., shadow: _Optional[bool] = ..., channels: _Optional[_Iterable[_Union[ChannelPressure, _Mapping]]] = ..., household: _Optional[bool] = ...) -> None: ...

class ChannelPressure(_message.Message):
    __slots__ = ("channel", "weight", "used_up", "until")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    USED_UP_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    channel: str
    weight: float
    used_up: bool
    until: _timestamp_pb2.Timestamp
    def __init__(self, channel: _Optional[str] = ..., weight: _Optional[float] = ..., used_up: _Optional[bool] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ActiveSuppression(_message.Message):
    __slots__ = ("rule", "level", "key", "channel", "since", "until", "cause")
    RULE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    rule: str
    level: str
    key: str
    channel: str
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    cause: str
    def __init__(self, rule: _Optional[str] = ..., level: _Optional[str] = ..., key: _Optional[str] = ..., channel: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cause: _Optional[str] = ...) -> None: ...

class QuietNow(_message.Message):
    __slots__ = ("quiet_hours", "channels", "local_time", "until")
    QUIET_HOURS_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_TIME_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    quiet_hours: str
    channels: _containers.RepeatedScalarFieldContainer[str]
    local_time: str
    until: str
    def __init__(self, quiet_hours: _Optional[str] = ..., channels: _Optional[_Iterable[str]] = ..., local_time: _Optional[str] = ..., until: _Optional[str] = ...) -> None: ...
