"""A few hundred made-up requests to every method: each is answered or refused in form, and none is the server's fault."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema

from nba_server.transport.http.pages import STATIC
from tests.integration.http.speaking import Door

REQUESTS_A_METHOD = 6
DESCRIPTION = json.loads((STATIC / "openapi.json").read_text())
SCHEMAS = DESCRIPTION["components"]["schemas"]
ODD: tuple[Any, ...] = (
    None,
    "",
    "x" * 300,
    "ä\u0000🙂",
    0,
    -1,
    2**63,
    1e308,
    True,
    [],
    {},
    [[]],
    {"a": {"b": []}},
    "2026-13-45",
)
TEXTS = ("anna", "call", "web", "agent", "unlimited", "OUTCOME_TYPE_CLICKED", "2026-01-01T00:00:00Z", "-", "*", "")


def made(schema: dict[str, Any], draw: random.Random, depth: int = 0) -> Any:
    """A value that fits the schema, or now and then one that does not."""
    if draw.random() < 0.06:
        return draw.choice(ODD)
    if "$ref" in schema:
        return made(SCHEMAS[schema["$ref"].rpartition("/")[2]], draw, depth + 1)
    if "enum" in schema:
        return draw.choice([*schema["enum"], 1, "NO_SUCH_VALUE"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = draw.choice(kinds)
    if kind == "object":
        return _object(schema, draw, depth)
    if kind == "array":
        return [made(schema["items"], draw, depth + 1) for _ in range(draw.randint(0, 2 if depth < 4 else 0))]
    if kind == "string":
        return draw.choice(TEXTS)
    return draw.choice([True, False]) if kind == "boolean" else draw.choice([0, 1, 3, 0.5, -2, 10**10])


def _object(schema: dict[str, Any], draw: random.Random, depth: int) -> dict[str, Any]:
    if "properties" not in schema:
        below = schema["additionalProperties"]
        return {draw.choice(TEXTS): made(below, draw, depth + 1) for _ in range(draw.randint(0, 2))}
    names = [name for name in schema["properties"] if draw.random() < (0.6 if depth < 4 else 0.2)]
    value = {name: made(schema["properties"][name], draw, depth + 1) for name in names}
    if draw.random() < 0.03:
        value[draw.choice(TEXTS)] = draw.choice(ODD)
    return value


def checker(name: str) -> jsonschema.Draft202012Validator:
    """Of a schema of the description; its references resolve within it."""
    return jsonschema.Draft202012Validator(DESCRIPTION | {"$ref": f"#/components/schemas/{name}"})


async def test_made_up_requests_are_answered_or_refused_in_form(door: Door) -> None:
    """The body of every answer fits the description, every error has its code, and nothing is INTERNAL."""
    draw, errors, statuses = random.Random(11), checker("Error"), set()
    methods = {path: item["post"] for path, item in DESCRIPTION["paths"].items() if "." in path}
    for path, method in methods.items():
        taken = method["requestBody"]["content"]["application/json"]["schema"]
        given = checker(method["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2])
        for _ in range(REQUESTS_A_METHOD):
            asked = made(taken, draw)
            response = await door.client.post(path, json=asked)
            statuses.add(response.status_code)
            assert response.status_code < 500 or response.json()["code"] == "unavailable", (path, asked, response.text)
            (given if response.status_code == 200 else errors).validate(response.json())
    assert {200, 400, 404} <= statuses


def test_every_reference_of_the_description_leads_somewhere() -> None:
    """And every object of it is a schema."""
    for name in SCHEMAS:
        jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    text = Path(STATIC / "openapi.json").read_text()
    for found in {part.split('"')[0] for part in text.split('"#/')[1:]}:
        place = DESCRIPTION
        for step in found.split("/"):
            place = place[step]
