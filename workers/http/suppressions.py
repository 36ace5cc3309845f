"""Addresses that get no mail, or none about some topics."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, JsonValue
from starlette.responses import Response

from activities.host import Host
from activities.store import suppressions
from workers.http.auth import Reader
from workers.http.describing import given_a_body, gives
from workers.http.faults import Json, not_found
from workers.http.hosting import OurHost
from workers.http.once import Operated, Reply
from workers.http.paging import Page
from workers.views import barred_view, page

router = APIRouter(tags=["outbox"])

_BARRED: dict[str, JsonValue] = {
    "address": "kim@acme.example",
    "reason": None,
    "topics": ["product"],
    "every_topic": False,
    "since": "2026-03-02T14:00:00Z",
    "words": "no mail about product",
}
_LIFTED: dict[str, JsonValue] = {"address": "kim@acme.example", "topic": None, "lifted": 1}
Topic = Annotated[str | None, Query(max_length=300, description="Only its opt-out of this topic")]


class SuppressionsWanted(Page):
    address: str | None = Field(None, max_length=320, description="Only this one")


@router.get(
    "/suppressions",
    summary="Addresses that get no mail",
    responses=gives(
        {"items": [_BARRED], "next": _BARRED["address"]}, "A page; `next` is the `after` of the one that follows"
    ),
)
def list_suppressions(host: OurHost, _: Reader, wanted: Annotated[SuppressionsWanted, Query()]) -> Response:
    """By address: those that bounced or complained, and those that want none, at all or of some topics."""
    found = host.database.read(
        lambda connection: suppressions.listed(connection, wanted.address, wanted.after, wanted.limit)
    )
    return Json(page([barred_view(one) for one in found], "address", wanted.limit))


@router.delete(
    "/suppressions/{address}",
    summary="An address gets mail again",
    responses=given_a_body(_LIFTED, "Lifted, with how much there was", 404),
)
def lift(address: str, order: Operated, topic: Topic = None) -> Response:
    """When its owner has asked for it, or what bounced is mended."""

    def work(host: Host) -> Reply:
        number = host.database.write(lambda connection: suppressions.lift(connection, address, topic))
        if not number:
            raise not_found(f"nothing keeps mail from {address}", "GET /suppressions lists those that get none")
        return Reply(200, {"address": address, "topic": topic, "lifted": number})

    return order.once(work)
