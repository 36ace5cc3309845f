"""What Slack sends by HTTP: clicks and forms, events, commands. A signature says that it is Slack."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from activities.host import Host
from workers.http.bodies import Raw
from workers.http.describing import gives
from workers.http.faults import Fault, Json
from workers.settings import Settings
from workers.slack.office import Reply
from workers.slack.payloads import NotSlack, as_json
from workers.slack.receiver import Kind, Receiver, receiver_from
from workers.slack.signed import is_signed

router = APIRouter(tags=["slack"])


@dataclass(frozen=True, slots=True)
class Door:
    """`real` is the clock that a request's age is told by."""

    receiver: Receiver
    secret: str
    real: Callable[[], datetime]


def door_from(host: Host, settings: Settings) -> Door | None:
    """None where Slack does not come in by HTTP: without a token or a secret."""
    receiver = receiver_from(host, settings) if settings.slack_signing_secret else None
    if receiver is None or settings.slack_signing_secret is None:
        return None
    return Door(receiver, settings.slack_signing_secret.get_secret_value(), host.clock.real)


async def _signed(request: Request, raw: Raw) -> Door:
    """Raises Fault for what is not signed by Slack within the last five minutes."""
    door: Door | None = request.app.state.slack
    if door is None:
        fix = "Set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or let Slack come by Socket Mode (SLACK_APP_TOKEN)"
        raise Fault(503, "unavailable", "nothing of Slack's is taken here", fix)
    if not is_signed(door.secret, raw, request.headers, lambda: door.real().timestamp()):
        fix = "Look at SLACK_SIGNING_SECRET and at this machine's clock"
        raise Fault(401, "unauthorized", "the request is not signed by Slack, or is older than five minutes", fix)
    return door


Signed = Annotated[Door, Depends(_signed)]


@router.post("/slack/interactions", summary="A click or a form in Slack", responses=gives({}, "Taken", 401, 503))
async def interactions(door: Signed, raw: Raw) -> Response:
    """Answered within a second; who acted is told what came of it in Slack."""
    return await _answered(door.receiver, "interaction", lambda: as_json(_form(raw).get("payload", "")))


@router.post("/slack/events", summary="An event in Slack", responses=gives({}, "Taken", 401, 503))
async def events(door: Signed, raw: Raw) -> Response:
    """Told again, it counts once."""
    return await _answered(door.receiver, "event", lambda: as_json(raw.decode()))


@router.post("/slack/commands", summary="A /playbook command in Slack", responses=gives({}, "Taken", 401, 503))
async def commands(door: Signed, raw: Raw) -> Response:
    """The answer is seen by who asked only."""
    return await _answered(door.receiver, "command", lambda: _form(raw))


async def _answered(receiver: Receiver, kind: Kind, read: Callable[[], Mapping[str, Any]]) -> Response:
    try:
        taken = receiver.take(kind, read())
    except NotSlack:
        raise _odd() from None
    waited = asyncio.wrap_future(taken)
    done, _ = await asyncio.wait({waited}, timeout=receiver.ack)
    if not done:
        receiver.missed(taken)
    reply = waited.result() if done else Reply()
    match reply.refused:
        case "shape":
            raise _odd()
        case "elsewhere":
            fix = "Install the app in this workspace, or set the token of the workspace that it comes from"
            raise Fault(403, "forbidden", "this comes from another workspace or another app", fix)
    return Json(dict(reply.body)) if reply.body else Response()


def _odd() -> Fault:
    return Fault(400, "invalid", "this is nothing that Slack sends", "Look at the app's manifest", "body")


def _form(raw: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw.decode(), keep_blank_values=True))
