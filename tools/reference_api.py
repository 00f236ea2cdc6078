"""The API reference from proto/: services, messages and enums with their comments, as Markdown."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
ORDER = (
    "decision",
    "outcome",
    "contact",
    "customer",
    "event",
    "matter",
    "catalog",
    "model",
    "reason",
    "value",
    "consent",
    "journal",
)
FILE, MESSAGE, ENUM, SERVICE, FIELD = 12, 4, 5, 6, 2
"""Numbers of the descriptors' own fields, of which the paths of comments consist."""

HEAD = """# API reference

Made from `proto/nba/v1` by `make generate`; the comments there are the source. The package is `nba.v1`.

Errors are gRPC statuses with `google.rpc` details: exactly one `ErrorInfo` with a stable reason, `BadRequest` with all
violations of the request at once, `RetryInfo` where a later try makes sense. "No offer" is not an error.

"""


def api() -> str:
    """The page."""
    sources = sorted(files(), key=lambda file: ORDER.index(Path(file.name).stem))
    links = {name: f"#{name.lower()}" for file in sources for name in _names(file)}
    parts = [HEAD]
    for file in sources:
        comments = {tuple(place.path): place for place in file.source_code_info.location}
        parts.append(f"## {Path(file.name).stem.capitalize()}\n\n{comment(comments, (FILE,))}\n\n")
        parts += [_service(service, (SERVICE, index), comments, links) for index, service in enumerate(file.service)]
        parts += [_message(item, (MESSAGE, index), comments, links) for index, item in enumerate(file.message_type)]
        parts += [_enum(item, (ENUM, index), comments) for index, item in enumerate(file.enum_type)]
    return "".join(parts).rstrip() + "\n"


def files() -> list[Any]:
    """The descriptors of all proto files, with their comments."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set"
        sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
        well_known = Path(protoc.__file__).parent / "_proto"
        arguments = [f"-I{PROTO}", f"-I{well_known}", "--include_source_info", f"--descriptor_set_out={out}", *sources]
        if protoc.main(["protoc", *arguments]) != 0:
            raise SystemExit("protoc failed; its message is above")
        return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def _names(file: Any) -> Iterator[str]:
    for kind in (file.service, file.message_type, file.enum_type):
        yield from (item.name for item in kind)


def comment(comments: Any, path: tuple[int, ...]) -> str:
    """What is written above an element, on one line."""
    place = comments.get(path)
    return " ".join(place.leading_comments.split()) if place is not None else ""


def _service(service: Any, path: tuple[int, ...], comments: Any, links: Any) -> str:
    rows = [
        (
            f"`{method.name}`",
            f"{_link(method.input_type, links)} → {_link(method.output_type, links)}",
            comment(comments, (*path, FIELD, index)),
        )
        for index, method in enumerate(service.method)
    ]
    return f"### {service.name}\n\n{comment(comments, path)}\n\n" + table(("method", "takes → gives", "meaning"), rows)


def _message(message: Any, path: tuple[int, ...], comments: Any, links: Any) -> str:
    maps = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    rows = [
        (f"`{field.name}`", _type(field, maps, links), comment(comments, (*path, FIELD, index)))
        for index, field in enumerate(message.field)
    ]
    text = f"### {message.name}\n\n{comment(comments, path)}\n\n"
    return text + (table(("field", "type", "meaning"), rows) if rows else "")


def _enum(enum: Any, path: tuple[int, ...], comments: Any) -> str:
    rows = [(f"`{value.name}`", comment(comments, (*path, FIELD, index))) for index, value in enumerate(enum.value)]
    return f"### {enum.name}\n\n{comment(comments, path)}\n\n" + table(("value", "meaning"), rows)


def _type(field: Any, maps: Any, links: Any) -> str:
    entry = maps.get(field.type_name.rpartition(".")[2])
    if entry is not None:
        key, value = entry.field
        return f"map of {_scalar(key, links)} to {_scalar(value, links)}"
    if field.label == field.LABEL_REPEATED:
        return f"list of {_scalar(field, links)}"
    name = _scalar(field, links)
    if field.proto3_optional:
        return f"{name}, optional"
    return f"{name}, one of" if field.HasField("oneof_index") else name


def _scalar(field: Any, links: Any) -> str:
    if field.type_name:
        return _link(field.type_name, links)
    return descriptor_pb2.FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()


def _link(name: str, links: Any) -> str:
    short = name.rpartition(".")[2]
    return f"[{short}]({links[short]})" if short in links and name.startswith(".nba.") else short


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table with an empty line behind it."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in lines) + "\n"
