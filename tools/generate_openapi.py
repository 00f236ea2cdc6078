"""Generates the OpenAPI description of the HTTP door from proto/ and the table of scopes.

`python tools/generate_openapi.py` writes; `--check` compares instead and fails when the committed file is out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from openapi_errors import ERROR_RESPONSES, ERROR_SCHEMAS
from openapi_extras import EXTRA_PATHS, INFO, PARAMETERS, SECURITY
from openapi_schemas import Schemas
from reference_api import ROOT, SERVICE, comment, files

from nba_server.transport.grpc.scopes import SCOPES, SUBJECTS

TARGET = ROOT / "nba_server/transport/http/static/openapi.json"
FIELD = 2


def description() -> dict[str, Any]:
    """The whole document."""
    sources = files()
    schemas = Schemas(sources)
    paths: dict[str, Any] = {}
    tags = []
    for file in sources:
        comments = {tuple(place.path): place for place in file.source_code_info.location}
        for index, service in enumerate(file.service):
            tags.append({"name": service.name, "description": comment(comments, (SERVICE, index))})
            for number, method in enumerate(service.method):
                path = f"/{file.package}.{service.name}/{method.name}"
                if path in SCOPES:
                    words = comment(comments, (SERVICE, index, FIELD, number))
                    paths[path] = {"post": _operation(path, service.name, method, words, schemas)}
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": dict(sorted(paths.items())) | EXTRA_PATHS,
        "components": {
            "schemas": schemas.used | ERROR_SCHEMAS,
            "responses": ERROR_RESPONSES,
            "parameters": PARAMETERS,
            "securitySchemes": SECURITY,
        },
    }


def _operation(path: str, service: str, method: Any, words: str, schemas: Schemas) -> dict[str, Any]:
    scopes = sorted(scope.value for scope in SCOPES[path])
    by_token = path in SUBJECTS
    who = f"API keys with the scope {' or '.join(scopes)}" + (", and subject tokens." if by_token else ".")
    security = [{"apiKey": []}, {"bearerKey": []}] + ([{"subjectToken": []}] if by_token else [])
    return {
        "operationId": f"{service}_{method.name}",
        "tags": [service],
        "summary": words.split(". ")[0].rstrip("."),
        "description": f"{words}\n\nFor {who}",
        "security": security,
        "x-scopes": scopes,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schemas.reference(method.input_type, request=True)}},
        },
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {"application/json": {"schema": schemas.reference(method.output_type)}},
            }
        }
        | {status: {"$ref": f"#/components/responses/{status}"} for status in ERROR_RESPONSES},
    }


def main() -> None:
    """Writes or checks the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    text = json.dumps(description(), indent=1, ensure_ascii=False) + "\n"
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return
    if check:
        sys.exit(f"{TARGET.relative_to(ROOT)} is out of date (run `make generate`)")
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
