"""How errors look over HTTP: Connect's error, its codes by HTTP status, and the details that they carry."""

from __future__ import annotations

from typing import Any

CODES = {
    "400": (
        "invalid_argument, failed_precondition, out_of_range",
        "The request is wrong, or not possible now. All faults at once.",
    ),
    "401": ("unauthenticated", "No API key or token, or a wrong one."),
    "403": ("permission_denied", "The key or token may not do this."),
    "404": ("not_found, unimplemented", "What is named does not exist."),
    "409": ("already_exists, aborted", "The request id was used for another request, or somebody else was faster."),
    "415": ("invalid_argument", "The content type is none of those that are spoken here."),
    "429": ("resource_exhausted", "Too much at once: come back after Retry-After. Or the request is too large."),
    "499": ("canceled", "The caller has gone."),
    "500": (
        "internal, data_loss, unknown",
        "Something went wrong in the server; its log has the cause under the correlation id.",
    ),
    "501": ("unimplemented", "A packing that is not understood."),
    "503": ("unavailable", "The store is away: come back after Retry-After, with the same request id."),
    "504": ("deadline_exceeded", "The deadline passed first; a retry with the same request id settles it."),
}
ERROR_SCHEMAS: dict[str, Any] = {
    "Error": {
        "type": "object",
        "description": "What went wrong, in the form of the Connect protocol.",
        "required": ["code", "message"],
        "properties": {
            "code": {
                "type": "string",
                "description": "The gRPC status in lower case.",
                "examples": ["invalid_argument"],
            },
            "message": {"type": "string", "description": "A sentence that names the field and the mend."},
            "details": {"type": "array", "items": {"$ref": "#/components/schemas/ErrorDetail"}},
        },
    },
    "ErrorDetail": {
        "type": "object",
        "description": "A message of google.rpc: always one ErrorInfo with a stable reason; BadRequest with every violation, "
        "RetryInfo where a later try makes sense.",
        "required": ["type", "value"],
        "properties": {
            "type": {"type": "string", "examples": ["google.rpc.ErrorInfo"]},
            "value": {"type": "string", "description": "The message's bytes in base64, without padding."},
            "debug": {"description": "The message as JSON, for people."},
        },
    },
}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


def _response(status: str, codes: str, words: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    response: dict[str, Any] = {"description": f"`{codes}`: {words}", "content": content}
    return response | {"headers": _RETRY} if status in ("429", "503") else response


ERROR_RESPONSES: dict[str, Any] = {status: _response(status, *about) for status, about in CODES.items()}
