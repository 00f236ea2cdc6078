"""What the OpenAPI description says besides the calls: who may, deadlines, and the paths that are no calls."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

INFO: dict[str, Any] = {
    "title": "nba-server",
    "version": version("nba-server"),
    "description": (
        "Every method is a POST of JSON to `/package.Service/Method`, by the Connect protocol; binary protobuf and gRPC-Web "
        "are spoken at the same paths. Field names may be written as here or as in the proto files; unknown fields are refused."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
PARAMETERS: dict[str, Any] = {
    "deadline": {
        "name": "Connect-Timeout-Ms",
        "in": "header",
        "description": "How long the caller waits, in milliseconds. What would not be answered in time is refused at once.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
    },
    "traceparent": {
        "name": "traceparent",
        "in": "header",
        "description": "The caller's trace (W3C Trace Context).",
        "schema": {"type": "string"},
    },
}
SECURITY: dict[str, Any] = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "An API key; `nba keys new` makes one.",
    },
    "bearerKey": {"type": "http", "scheme": "bearer", "description": "The same key as a bearer token."},
    "subjectToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": (
            "For browsers: HS256, signed by the site's own server with the `token_secret` of its key. Claims: `sub` "
            "(`c:<customer id>` or `v:<visitor id>`), `exp` (at most an hour ahead), `key` (the key's name)."
        ),
    },
}
_JSON = "application/json"


def _answer(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {_JSON: {"schema": schema}}}


_HEALTH = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["SERVING", "NOT_SERVING"]},
        "services": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_REPORT = {
    "type": "object",
    "required": ["outcomes"],
    "additionalProperties": False,
    "properties": {
        "token": {"type": "string", "description": "The subject token, as a beacon can send no header."},
        "outcomes": {"$ref": "#/components/schemas/RecordOutcomesRequest"},
    },
}
_EVENT = {
    "type": "object",
    "description": "A CloudEvent 1.0 in its JSON form.",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"type": "string", "const": "1.0"},
        "id": {
            "type": "string",
            "description": "With `source` it names the event: a repeat changes nothing and says so.",
        },
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
_TAKEN = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "source": {"type": "string"},
        "status": {"type": "string"},
        "error": {"type": "string"},
        "retry": {"type": "boolean", "description": "Whether sending it again may help."},
    },
}
EXTRA_PATHS: dict[str, Any] = {
    "/report": {
        "post": {
            "operationId": "report",
            "summary": "Outcomes from a page that is being left",
            "description": "For `navigator.sendBeacon`: RecordOutcomes with the token in the body; any content type.",
            "security": [{}, {"subjectToken": []}, {"bearerKey": []}, {"apiKey": []}],
            "requestBody": {
                "required": True,
                "content": {"text/plain": {"schema": _REPORT}, _JSON: {"schema": _REPORT}},
            },
            "responses": {
                "200": _answer("The results.", {"$ref": "#/components/schemas/RecordOutcomesResponse"}),
                "default": _answer("Refused.", {"$ref": "#/components/schemas/Error"}),
            },
        }
    },
    "/events": {
        "post": {
            "operationId": "events",
            "summary": "Events of other systems as CloudEvents, one or a batch",
            "description": "Each event is taken as the call that it stands for, with that call's scopes; see docs/http.md.",
            "security": [{"apiKey": []}, {"bearerKey": []}],
            "requestBody": {
                "required": True,
                "content": {
                    "application/cloudevents+json": {"schema": _EVENT},
                    "application/cloudevents-batch+json": {"schema": {"type": "array", "items": _EVENT}},
                },
            },
            "responses": {
                "200": _answer(
                    "What became of it; of a batch, of each.",
                    {
                        "anyOf": [
                            _TAKEN,
                            {"type": "object", "properties": {"results": {"type": "array", "items": _TAKEN}}},
                        ]
                    },
                ),
                "default": _answer("Refused.", {"$ref": "#/components/schemas/Error"}),
            },
        }
    },
    "/health": {
        "get": {
            "operationId": "health",
            "summary": "Whether it serves now",
            "security": [{}],
            "responses": {
                "200": _answer("It serves.", _HEALTH),
                "503": _answer("It does not, or not everything.", _HEALTH),
            },
        }
    },
}
