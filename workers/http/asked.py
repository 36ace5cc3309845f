"""What an address may ask behind its `?`: what it does not know is refused, not ignored, and told what it knows."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, JsonValue

from engine.problems import suggest

SHOWN = 40  # characters of a name that are given back


def is_of_a_name(error: Any) -> bool:
    """Whether pydantic's error is that a name behind the `?` is not known."""
    return bool(error["type"] == "extra_forbidden" and error["loc"][:1] == ("query",))


def unknown(request: Request) -> list[JsonValue]:
    """Objects of where and message, one for each name that the address does not know."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return []
    known = list(dict.fromkeys(_names(route.dependant)))
    odd = [name for name in dict.fromkeys(request.query_params) if name not in known]
    return [{"where": f"query.{name[:SHOWN]}", "message": _message(name, known)} for name in odd]


def reads_all(route: object) -> bool:
    """Whether the route itself looks at every name."""
    return isinstance(route, APIRoute) and any(
        _model(field.field_info.annotation) for field in route.dependant.query_params
    )


def _names(of: Dependant) -> Iterator[str]:
    for field in of.query_params:
        model = _model(field.field_info.annotation)
        yield from model.model_fields if model else [field.alias]
    for part in of.dependencies:
        yield from _names(part)


def _model(asked: object) -> type[BaseModel] | None:
    return asked if isinstance(asked, type) and issubclass(asked, BaseModel) else None


def _message(name: str, known: Sequence[str]) -> str:
    if not known:
        return "is not known here; this address takes no parameters"
    parts = ["is not known here.", suggest(name, known), f"Known: {', '.join(known)}"]
    return " ".join(part for part in parts if part)
