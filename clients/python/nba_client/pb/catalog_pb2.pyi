# Generated from proto/ by tools/generate.py. Do not edit.
import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CatalogVersion(_message.Message):
    __slots__ = ("hash", "name", "actions", "published_at", "live")
    HASH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    hash: str
    name: str
    actions: int
    published_at: _timestamp_pb2.Timestamp
    live: bool
    def __init__(self, hash: _Optional[str] = ..., name: _Optional[str] = ..., actions: _Optional[int] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., live: _Optional[bool] = ...) -> None: ...

class GetCatalogRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCatalogResponse(_message.Message):
    __slots__ = ("live", "age_seconds", "refused")
    LIVE_FIELD_NUMBER: _ClassVar[int]
    AGE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    live: CatalogVersion
    age_seconds: float
    refused: str
    def __init__(self, live: _Optional[_Union[CatalogVersion, _Mapping]] = ..., age_seconds: _Optional[float] = ..., refused: _Optional[str] = ...) -> None: ...

class GetCapsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCapsResponse(_message.Message):
    __slots__ = ("at", "caps")
    AT_FIELD_NUMBER: _ClassVar[int]
    CAPS_FIELD_NUMBER: _ClassVar[int]
    at: _timestamp_pb2.Timestamp
    caps: _containers.RepeatedCompositeFieldContainer[CapUse]
    def __init__(self, at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., caps: _Optional[_Iterable[_Union[CapUse, _Mapping]]] = ...) -> None: ...

class CapUse(_message.Message):
    __slots__ = ("cap", "amount", "money", "spent", "held", "left", "since", "until", "actions")
    CAP_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    MONEY_FIELD_NUMBER: _ClassVar[int]
    SPENT_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    cap: str
    amount: float
    money: bool
    spent: float
    held: float
    left: float
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    actions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cap: _Optional[str] = ..., amount: _Optional[float] = ..., money: _Optional[bool] = ..., spent: _Optional[float] = ..., held: _Optional[float] = ..., left: _Optional[float] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actions: _Optional[_Iterable[str]] = ...) -> None: ...

class ReloadCatalogRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReloadCatalogResponse(_message.Message):
    __slots__ = ("live", "changed")
    LIVE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    live: CatalogVersion
    changed: bool
    def __init__(self, live: _Optional[_Union[CatalogVersion, _Mapping]] = ..., changed: _Optional[bool] = ...) -> None: ...

class ListCatalogsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCatalogsResponse(_message.Message):
    __slots__ = ("catalogs",)
    CATALOGS_FIELD_NUMBER: _ClassVar[int]
    catalogs: _containers.RepeatedCompositeFieldContainer[CatalogVersion]
    def __init__(self, catalogs: _Optional[_Iterable[_Union[CatalogVersion, _Mapping]]] = ...) -> None: ...

class RollbackCatalogRequest(_message.Message):
    __slots__ = ("hash",)
    HASH_FIELD_NUMBER: _ClassVar[int]
    hash: str
    def __init__(self, hash: _Optional[str] = ...) -> None: ...

class RollbackCatalogResponse(_message.Message):
    __slots__ = ("live",)
    LIVE_FIELD_NUMBER: _ClassVar[int]
    live: CatalogVersion
    def __init__(self, live: _Optional[_Union[CatalogVersion, _Mapping]] = ...) -> None: ...

class DescribeCatalogRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeCatalogResponse(_message.Message):
    __slots__ = ("catalog_hash", "name", "timezone", "currency", "channels", "placements", "context", "attributes", "actions", "groups")
    class GroupsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CATALOG_HASH_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    catalog_hash: str
    name: str
    timezone: str
    currency: str
    channels: _containers.RepeatedCompositeFieldContainer[DescribedChannel]
    placements: _containers.RepeatedCompositeFieldContainer[DescribedPlacement]
    context: _containers.RepeatedCompositeFieldContainer[DescribedField]
    attributes: _containers.RepeatedCompositeFieldContainer[DescribedField]
    actions: _containers.RepeatedCompositeFieldContainer[DescribedAction]
    groups: _containers.ScalarMap[str, str]
    def __init__(self, catalog_hash: _Optional[str] = ..., name: _Optional[str] = ..., timezone: _Optional[str] = ..., currency: _Optional[str] = ..., channels: _Optional[_Iterable[_Union[DescribedChannel, _Mapping]]] = ..., placements: _Optional[_Iterable[_Union[DescribedPlacement, _Mapping]]] = ..., context: _Optional[_Iterable[_Union[DescribedField, _Mapping]]] = ..., attributes: _Optional[_Iterable[_Union[DescribedField, _Mapping]]] = ..., actions: _Optional[_Iterable[_Union[DescribedAction, _Mapping]]] = ..., groups: _Optional[_Mapping[str, str]] = ...) -> None: ...

class DescribedChannel(_message.Message):
    __slots__ = ("channel", "outbound")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    OUTBOUND_FIELD_NUMBER: _ClassVar[int]
    channel: str
    outbound: bool
    def __init__(self, channel: _Optional[str] = ..., outbound: _Optional[bool] = ...) -> None: ...

class DescribedPlacement(_message.Message):
    __slots__ = ("placement", "channel", "slots")
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    placement: str
    channel: str
    slots: int
    def __init__(self, placement: _Optional[str] = ..., channel: _Optional[str] = ..., slots: _Optional[int] = ...) -> None: ...

class DescribedField(_message.Message):
    __slots__ = ("name", "type", "description", "values")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    description: str
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., description: _Optional[str] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...

class DescribedAction(_message.Message):
    __slots__ = ("action", "title", "group", "product")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    action: str
    title: str
    group: str
    product: str
    def __init__(self, action: _Optional[str] = ..., title: _Optional[str] = ..., group: _Optional[str] = ..., product: _Optional[str] = ..., **kwargs) -> None: ...
