# Generated from proto/ by tools/generate.py. Do not edit.
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_AVAILABILITY: _ClassVar[Stage]
    STAGE_CONSENT: _ClassVar[Stage]
    STAGE_ELIGIBILITY: _ClassVar[Stage]
    STAGE_APPLICABILITY: _ClassVar[Stage]
    STAGE_SUITABILITY: _ClassVar[Stage]
    STAGE_CONTACT_POLICY: _ClassVar[Stage]
    STAGE_SCORING: _ClassVar[Stage]
    STAGE_ARBITRATION: _ClassVar[Stage]
    STAGE_SLATE: _ClassVar[Stage]
    STAGE_HOLDOUT: _ClassVar[Stage]
    STAGE_RESERVATION: _ClassVar[Stage]
    STAGE_OFFERED: _ClassVar[Stage]
STAGE_UNSPECIFIED: Stage
STAGE_AVAILABILITY: Stage
STAGE_CONSENT: Stage
STAGE_ELIGIBILITY: Stage
STAGE_APPLICABILITY: Stage
STAGE_SUITABILITY: Stage
STAGE_CONTACT_POLICY: Stage
STAGE_SCORING: Stage
STAGE_ARBITRATION: Stage
STAGE_SLATE: Stage
STAGE_HOLDOUT: Stage
STAGE_RESERVATION: Stage
STAGE_OFFERED: Stage

class Reason(_message.Message):
    __slots__ = ("code", "stage", "text", "subject")
    CODE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    code: str
    stage: Stage
    text: str
    subject: str
    def __init__(self, code: _Optional[str] = ..., stage: _Optional[_Union[Stage, str]] = ..., text: _Optional[str] = ..., subject: _Optional[str] = ...) -> None: ...
