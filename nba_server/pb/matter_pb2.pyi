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

class MatterKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATTER_KIND_UNSPECIFIED: _ClassVar[MatterKind]
    MATTER_KIND_COMPLAINT: _ClassVar[MatterKind]
    MATTER_KIND_SERVICE_CASE: _ClassVar[MatterKind]
    MATTER_KIND_SCORE: _ClassVar[MatterKind]
    MATTER_KIND_BY_HAND: _ClassVar[MatterKind]
MATTER_KIND_UNSPECIFIED: MatterKind
MATTER_KIND_COMPLAINT: MatterKind
MATTER_KIND_SERVICE_CASE: MatterKind
MATTER_KIND_SCORE: MatterKind
MATTER_KIND_BY_HAND: MatterKind

class Matter(_message.Message):
    __slots__ = ("matter_id", "rule", "title", "kind", "open", "opened_at", "opened_by", "channel", "event_ids", "case_id", "category", "text", "score", "until", "closed_at", "closed_by", "note", "advice", "mutes", "muted_actions", "earlier_notes")
    MATTER_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    OPENED_BY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    CLOSED_AT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_BY_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    MUTES_FIELD_NUMBER: _ClassVar[int]
    MUTED_ACTIONS_FIELD_NUMBER: _ClassVar[int]
    EARLIER_NOTES_FIELD_NUMBER: _ClassVar[int]
    matter_id: str
    rule: str
    title: str
    kind: MatterKind
    open: bool
    opened_at: _timestamp_pb2.Timestamp
    opened_by: str
    channel: str
    event_ids: _containers.RepeatedScalarFieldContainer[str]
    case_id: str
    category: str
    text: str
    score: float
    until: _timestamp_pb2.Timestamp
    closed_at: _timestamp_pb2.Timestamp
    closed_by: str
    note: str
    advice: str
    mutes: _containers.RepeatedScalarFieldContainer[str]
    muted_actions: _containers.RepeatedScalarFieldContainer[str]
    earlier_notes: _containers.RepeatedCompositeFieldContainer[MatterNote]
    def __init__(self, matter_id: _Optional[str] = ..., rule: _Optional[str] = ..., title: _Optional[str] = ..., kind: _Optional[_Union[MatterKind, str]] = ..., open: _Optional[bool] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opened_by: _Optional[str] = ..., channel: _Optional[str] = ..., event_ids: _Optional[_Iterable[str]] = ..., case_id: _Optional[str] = ..., category: _Optional[str] = ..., text: _Optional[str] = ..., score: _Optional[float] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., closed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., closed_by: _Optional[str] = ..., note: _Optional[str] = ..., advice: _Optional[str] = ..., mutes: _Optional[_Iterable[str]] = ..., muted_actions: _Optional[_Iterable[str]] = ..., earlier_notes: _Optional[_Iterable[_Union[MatterNote, _Mapping]]] = ...) -> None: ...

class MatterNote(_message.Message):
    __slots__ = ("at", "by", "text")
    AT_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    by: str
    text: str
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., by: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class ListMattersRequest(_message.Message):
    __slots__ = ("customer_id", "open_only")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    open_only: bool
    def __init__(self, customer_id: _Optional[str] = ..., open_only: _Optional[bool] = ...) -> None: ...

class ListMattersResponse(_message.Message):
    __slots__ = ("at", "matters")
    AT_FIELD_NUMBER: _ClassVar[int]
    MATTERS_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    matters: _containers.RepeatedCompositeFieldContainer[Matter]
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., matters: _Optional[_Iterable[_Union[Matter, _Mapping]]] = ...) -> None: ...

class OpenMatterRequest(_message.Message):
    __slots__ = ("customer_id", "rule", "event_id", "channel", "text", "case_id", "category", "agent")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    rule: str
    event_id: str
    channel: str
    text: str
    case_id: str
    category: str
    agent: str
    def __init__(self, customer_id: _Optional[str] = ..., rule: _Optional[str] = ..., event_id: _Optional[str] = ..., channel: _Optional[str] = ..., text: _Optional[str] = ..., case_id: _Optional[str] = ..., category: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class OpenMatterResponse(_message.Message):
    __slots__ = ("matter", "opened", "effects")
    MATTER_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    matter: Matter
    opened: bool
    effects: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, matter: _Optional[_Union[Matter, _Mapping]] = ..., opened: _Optional[bool] = ..., effects: _Optional[_Iterable[str]] = ...) -> None: ...

class CloseMatterRequest(_message.Message):
    __slots__ = ("customer_id", "matter_id", "note", "agent")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    MATTER_ID_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    matter_id: str
    note: str
    agent: str
    def __init__(self, customer_id: _Optional[str] = ..., matter_id: _Optional[str] = ..., note: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class CloseMatterResponse(_message.Message):
    __slots__ = ("matter", "closed")
    MATTER_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    matter: Matter
    closed: bool
    def __init__(self, matter: _Optional[_Union[Matter, _Mapping]] = ..., closed: _Optional[bool] = ...) -> None: ...
