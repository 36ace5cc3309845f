"""What went out, and what goes on only when a person has decided."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from activities.store import effects
from workers.http.auth import Reader
from workers.http.bodies import Name
from workers.http.describing import gives
from workers.http.examples import ATTENTION, MESSAGE
from workers.http.faults import Json
from workers.http.hosting import OurHost
from workers.http.paging import Page
from workers.looking import attention
from workers.providers import message_views
from workers.views import page

router = APIRouter(tags=["outbox"])


class MessagesWanted(Page):
    account: Name | None = None
    run: Name | None = None
    channel: Literal["email", "slack", "webhook", "notice"] | None = None
    state: effects.State | None = None


class AttentionWanted(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(1_000, ge=1, le=1_000, description="At most so many of each kind")


@router.get(
    "/outbox",
    summary="Mails and messages",
    responses=gives(
        {"items": [MESSAGE], "next": MESSAGE["id"]}, "A page; `next` is the `after` of the one that follows"
    ),
)
def list_messages(host: OurHost, _: Reader, wanted: Annotated[MessagesWanted, Query()]) -> Response:
    """By id: everything that playbooks wanted to send, and what became of each."""
    chosen = wanted.model_dump(exclude={"state"})
    states = (wanted.state,) if wanted.state else ()
    found = host.database.read(
        lambda connection: message_views(connection, host, effects.listed(connection, states_in=states, **chosen))
    )
    return Json(page(found, "id", wanted.limit))


@router.get(
    "/attention",
    summary="What waits for a person's decision",
    responses=gives({"items": [ATTENTION]}, "Everything that does, by kind, each with what can be done"),
)
def list_attention(host: OurHost, _: Reader, wanted: Annotated[AttentionWanted, Query()]) -> Response:
    """Stuck runs, doubtful mails, escalations that nobody heard, tasks of nobody, starts that are held."""
    return Json({"items": host.database.read(lambda connection: attention(connection, host, wanted.limit))})
