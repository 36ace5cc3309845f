"""What OpenAPI says of bodies and answers, with an example of each."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from workers.http.faults import TITLES

Responses = dict[int | str, dict[str, Any]]

_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}
_WORDS: Mapping[int, str] = {
    400: "The body is not JSON, a header or the address cannot be read, or the task has no such outcome",
    401: "No token, or one that is not known",
    403: "The token has not the scope that this needs",
    404: "There is no such thing",
    409: "As things stand it cannot be done: nothing is applied, somebody was faster, the key stands for another act",
    413: "The body is too large",
    415: "The body is compressed",
    422: "What was asked is not valid; `errors` lists everything that is wrong",
    503: "The database cannot be used at the moment",
}
_EVERYWHERE = (400, 401, 403, 422, 503)
_WITH_BODY = (413, 415)

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "fix", "where"],
    "properties": {
        "type": {"type": "string", "enum": [f"urn:playbook:problem:{kind}" for kind in TITLES]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What went wrong this time"},
        "fix": {"type": "string", "description": "What to do about it; may be empty"},
        "where": {"type": "string", "description": "The part of the request that it is about; may be empty"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"where": {"type": "string"}, "message": {"type": "string"}}},
        },
        "task": {"type": "object", "description": "Of a task that somebody else was faster with: how it stands now"},
    },
    "example": {
        "type": "urn:playbook:problem:not-found",
        "title": TITLES["not-found"],
        "status": 404,
        "detail": "there is no run 'renewal-risk-3fa9'",
        "fix": "GET /runs lists them",
        "where": "",
    },
}


def takes(model: type[BaseModel], example: object, *, required: bool = True) -> dict[str, Any]:
    """The request's body."""
    return {"requestBody": body_of(model.model_json_schema(), example, required=required)}


def body_of(schema: object, example: object, *, required: bool = True) -> dict[str, Any]:
    return {"required": required, "content": {"application/json": {"schema": schema, "example": example}}}


def gives(example: object, words: str, *faults: int, status: int = 200) -> Responses:
    """The answer, and what may be given in its place."""
    return {status: told(example, words), **{code: _problem(code) for code in sorted({*faults, *_EVERYWHERE})}}


def given_a_body(example: object, words: str, *faults: int, status: int = 200) -> Responses:
    return gives(example, words, *faults, *_WITH_BODY, status=status)


def told(example: object, words: str) -> dict[str, Any]:
    kind = "array" if isinstance(example, list) else "object"
    return {"description": words, "content": {"application/json": {"schema": {"type": kind}, "example": example}}}


def _problem(code: int) -> dict[str, Any]:
    return {"description": _WORDS[code], "content": {"application/problem+json": {"schema": _PROBLEM_REF}}}


def describe(app: FastAPI) -> None:
    """Makes the document when it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            found.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way
