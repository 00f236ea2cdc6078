# Generated from proto/ by tools/generate.py. Do not edit.
import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from nba_server.pb import consent_pb2 as _consent_pb2
from nba_server.pb import matter_pb2 as _matter_pb2
from nba_server.pb import value_pb2 as _value_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Customer(_message.Message):
    __slots__ = ("customer_id", "version", "attributes", "segments", "products", "consents", "do_not_contact", "matters")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _value_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ...) -> None: ...
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    DO_NOT_CONTACT_FIELD_NUMBER: _ClassVar[int]
    MATTERS_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    version: int
    attributes: _containers.MessageMap[str, _value_pb2.Value]
    segments: _containers.RepeatedScalarFieldContainer[str]
    products: _containers.RepeatedScalarFieldContainer[str]
    consents: _containers.RepeatedCompositeFieldContainer[_consent_pb2.Consent]
    do_not_contact: DoNotContact
    matters: _containers.RepeatedCompositeFieldContainer[_matter_pb2.Matter]
    def __init__(self, customer_id: _Optional[str] = ..., version: _Optional[int] = ..., attributes: _Optional[_Mapping[str, _value_pb2.Value]] = ..., segments: _Optional[_Iterable[str]] = ..., products: _Optional[_Iterable[str]] = ..., consents: _Optional[_Iterable[_Union[_consent_pb2.Consent, _Mapping]]] = ..., do_not_contact: _Optional[_Union[DoNotContact, _Mapping]] = ..., matters: _Optional[_Iterable[_Union[_matter_pb2.Matter, _Mapping]]] = ...) -> None: ...

class DoNotContact(_message.Message):
    __slots__ = ("listed", "channels", "source", "since")
    LISTED_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    listed: bool
    channels: _containers.RepeatedScalarFieldContainer[str]
    source: str
    since: _timestamp_pb2.Timestamp
    def __init__(self, listed: _Optional[bool] = ..., channels: _Optional[_Iterable[str]] = ..., source: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CustomerPatch(_message.Message):
    __slots__ = ("customer_id", "expected_version", "attributes", "add_segments", "remove_segments", "add_products", "remove_products", "consents", "do_not_contact", "household_id", "change_id")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _value_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ...) -> None: ...
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    ADD_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    ADD_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    DO_NOT_CONTACT_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    expected_version: int
    attributes: _containers.MessageMap[str, _value_pb2.Value]
    add_segments: _containers.RepeatedScalarFieldContainer[str]
    remove_segments: _containers.RepeatedScalarFieldContainer[str]
    add_products: _containers.RepeatedScalarFieldContainer[str]
    remove_products: _containers.RepeatedScalarFieldContainer[str]
    consents: _containers.RepeatedCompositeFieldContainer[_consent_pb2.Consent]
    do_not_contact: DoNotContact
    household_id: str
    change_id: str
    def __init__(self, customer_id: _Optional[str] = ..., expected_version: _Optional[int] = ..., attributes: _Optional[_Mapping[str, _value_pb2.Value]] = ..., add_segments: _Optional[_Iterable[str]] = ..., remove_segments: _Optional[_Iterable[str]] = ..., add_products: _Optional[_Iterable[str]] = ..., remove_products: _Optional[_Iterable[str]] = ..., consents: _Optional[_Iterable[_Union[_consent_pb2.Consent, _Mapping]]] = ..., do_not_contact: _Optional[_Union[DoNotContact, _Mapping]] = ..., household_id: _Optional[str] = ..., change_id: _Optional[str] = ...) -> None: ...

class UpsertCustomersRequest(_message.Message):
    __slots__ = ("customers",)
    CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    customers: _containers.RepeatedCompositeFieldContainer[CustomerPatch]
    def __init__(self, customers: _Optional[_Iterable[_Union[CustomerPatch, _Mapping]]] = ...) -> None: ...

class UpsertCustomersResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[UpsertResult]
    def __init__(self, results: _Optional[_Iterable[_Union[UpsertResult, _Mapping]]] = ...) -> None: ...

class UpsertResult(_message.Message):
    __slots__ = ("version", "error", "repeated")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REPEATED_FIELD_NUMBER: _ClassVar[int]
    version: int
    error: str
    repeated: bool
    def __init__(self, version: _Optional[int] = ..., error: _Optional[str] = ..., repeated: _Optional[bool] = ...) -> None: ...

class GetCustomerRequest(_message.Message):
    __slots__ = ("customer_id",)
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    def __init__(self, customer_id: _Optional[str] = ...) -> None: ...

class GetCustomerResponse(_message.Message):
    __slots__ = ("customer",)
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    customer: Customer
    def __init__(self, customer: _Optional[_Union[Customer, _Mapping]] = ...) -> None: ...

class DeleteCustomerRequest(_message.Message):
    __slots__ = ("customer_id",)
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    def __init__(self, customer_id: _Optional[str] = ...) -> None: ...

class DeleteCustomerResponse(_message.Message):
    __slots__ = ("deleted",)
    DELETED_FIELD_NUMBER: _ClassVar[int]
    deleted: bool
    def __init__(self, deleted: _Optional[bool] = ...) -> None: ...

class ListCustomersRequest(_message.Message):
    __slots__ = ("segment", "page_size", "page_token")
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    segment: str
    page_size: int
    page_token: str
    def __init__(self, segment: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCustomersResponse(_message.Message):
    __slots__ = ("customer_ids", "looked_at", "next_page_token")
    CUSTOMER_IDS_FIELD_NUMBER: _ClassVar[int]
    LOOKED_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    customer_ids: _containers.RepeatedScalarFieldContainer[str]
    looked_at: int
    next_page_token: str
    def __init__(self, customer_ids: _Optional[_Iterable[str]] = ..., looked_at: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class IdentifyVisitorRequest(_message.Message):
    __slots__ = ("visitor_id", "customer_id")
    VISITOR_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    visitor_id: str
    customer_id: str
    def __init__(self, visitor_id: _Optional[str] = ..., customer_id: _Optional[str] = ...) -> None: ...

class IdentifyVisitorResponse(_message.Message):
    __slots__ = ("identified_at", "contacts")
    IDENTIFIED_AT_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    identified_at: _timestamp_pb2.Timestamp
    contacts: int
    def __init__(self, identified_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., contacts: _Optional[int] = ...) -> None: ...
