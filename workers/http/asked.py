"""What an address may ask behind its `?`: a name that it does not know is refused, not ignored, and told what it knows."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, JsonValue

from engine.problems import suggest
from workers.http.faults import SHOWN, wrong


async def known_names(request: Request) -> None:
    """Raises Fault with every name that the address does not know."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = dict.fromkeys(_names(route.dependant))
    odd = [name for name in dict.fromkeys(request.query_params) if name not in known]
    found: list[JsonValue] = [{"where": f"query.{name[:SHOWN]}", "message": _message(name, list(known))} for name in odd]
    if found:
        raise wrong(found)


def _names(of: Dependant) -> Iterator[str]:
    for field in of.query_params:
        asked = field.field_info.annotation
        whole = isinstance(asked, type) and issubclass(asked, BaseModel)
        yield from asked.model_fields if whole else [field.alias]
    for part in of.dependencies:
        yield from _names(part)


def _message(name: str, known: list[str]) -> str:
    if not known:
        return "is not known here; this address takes no parameters"
    return f"is not known here. {suggest(name, known)} Known: {', '.join(known)}".replace("  ", " ")
