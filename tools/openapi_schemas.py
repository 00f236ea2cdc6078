"""JSON schemas of messages and enums, in the form that protobuf's JSON mapping gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from reference_api import ENUM, FIELD, MESSAGE, comment

_KINDS = FieldDescriptorProto
_NUMBER = {"type": "integer", "format": "int32"}
_LONG = {"type": ["string", "integer"], "format": "int64", "description": "Answers have it as a string."}
_SCALARS: dict[int, dict[str, Any]] = {
    _KINDS.TYPE_STRING: {"type": "string"},
    _KINDS.TYPE_BOOL: {"type": "boolean"},
    _KINDS.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    _KINDS.TYPE_DOUBLE: {"type": "number", "format": "double"},
    _KINDS.TYPE_FLOAT: {"type": "number", "format": "float"},
    _KINDS.TYPE_INT32: _NUMBER,
    _KINDS.TYPE_UINT32: _NUMBER | {"minimum": 0},
    _KINDS.TYPE_INT64: _LONG,
    _KINDS.TYPE_UINT64: _LONG,
}
_WELL_KNOWN: dict[str, dict[str, Any]] = {
    ".google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    ".google.protobuf.Duration": {"type": "string", "examples": ["1.5s"]},
    ".google.protobuf.Empty": {"type": "object"},
}


class Schemas:
    """Schemas by the short names of messages and enums; `used` holds those that were asked for, and what they need."""

    def __init__(self, files: Sequence[Any]) -> None:
        self._found: dict[str, tuple[Any, Any, tuple[int, ...]]] = {}
        for file in files:
            comments = {tuple(place.path): place for place in file.source_code_info.location}
            for index, message in enumerate(file.message_type):
                self._found[f".{file.package}.{message.name}"] = (message, comments, (MESSAGE, index))
            for index, enum in enumerate(file.enum_type):
                self._found[f".{file.package}.{enum.name}"] = (enum, comments, (ENUM, index))
        self._strict: set[str] = set()
        self.used: dict[str, Any] = {}

    def reference(self, name: str, *, request: bool = False) -> dict[str, Any]:
        """A reference to a message or enum by its full name. With `request` unknown fields are refused, as the server does."""
        if name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[name])
        short = name.rpartition(".")[2]
        if short not in self.used or (request and name not in self._strict):
            if request:
                self._strict.add(name)
            self.used[short] = {}
            self.used[short] = self._schema(name, request)
            self.used = dict(sorted(self.used.items()))
        return {"$ref": f"#/components/schemas/{short}"}

    def _schema(self, name: str, request: bool) -> dict[str, Any]:
        found, comments, path = self._found[name]
        words = comment(comments, path)
        if path[0] == ENUM:
            values = [value.name for value in found.value]
            meanings = [
                f"- `{value}`: {comment(comments, (*path, FIELD, index))}" for index, value in enumerate(values)
            ]
            return {"type": "string", "description": "\n".join([words, "", *meanings]), "enum": values}
        maps = {nested.name: nested for nested in found.nested_type if nested.options.map_entry}
        properties = {}
        for index, field in enumerate(found.field):
            schema = self._field(field, maps, request)
            said = " ".join(filter(None, (comment(comments, (*path, FIELD, index)), schema.pop("description", ""))))
            properties[field.json_name] = schema | {"description": said}
        schema = {"type": "object", "description": words, "properties": properties}
        return schema | {"additionalProperties": False} if request else schema

    def _field(self, field: Any, maps: dict[str, Any], request: bool) -> dict[str, Any]:
        entry = maps.get(field.type_name.rpartition(".")[2])
        if entry is not None:
            return {"type": "object", "additionalProperties": self._single(entry.field[1], request)}
        single = self._single(field, request)
        return {"type": "array", "items": single} if field.label == field.LABEL_REPEATED else single

    def _single(self, field: Any, request: bool) -> dict[str, Any]:
        return self.reference(field.type_name, request=request) if field.type_name else dict(_SCALARS[field.type])
