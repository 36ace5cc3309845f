"""What SendGrid posts: events of mails, and mails that come in. Who calls is known by a signature alone; what is odd
about it is 401.
"""

import logging
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from activities.host import Host
from activities.mail import replies, sendgrid_events
from activities.mail.forms import fields_of
from activities.mail.inbound import read
from activities.mail.sendgrid_signature import SIGNATURE, TIMESTAMP, is_signed
from workers.http.bodies import Raw, body_up_to
from workers.http.describing import body_of, given_a_body
from workers.http.exact_json import loosely, not_json
from workers.http.faults import Fault, Json
from workers.http.hosting import OurHost

router = APIRouter(tags=["callbacks"])
log = logging.getLogger(__name__)

MOST_OF_A_MAIL: Final = 35_000_000  # bytes; SendGrid takes mails of up to 30 MB


@dataclass(frozen=True, slots=True)
class Keys:
    """SendGrid's verification keys of its two webhooks; what has none takes nothing."""

    events: str | None = None
    inbound: str | None = None


NO_KEYS = Keys()
KEYS = {
    "SENDGRID_EVENT_KEY": "the verification key that SendGrid shows for its Event Webhook",
    "SENDGRID_INBOUND_KEY": "the public key of the security policy of SendGrid's Inbound Parse",
}


_EVENT = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "email": {"type": "string"}, "timestamp": {"type": "integer"}},
}
_EXAMPLE = [
    {"event": "delivered", "email": "kim@acme.example", "timestamp": 1772460000, "sg_message_id": "abc.recvd-1"}
]
_TAKEN = {"known": 1, "passed_over": 0}


@router.post(
    "/sendgrid/events",
    summary="What became of mails, from SendGrid",
    responses=given_a_body(_TAKEN, "Taken in, now or before; `passed_over` are not of mails of ours"),
    openapi_extra={"requestBody": body_of({"type": "array", "items": _EVENT}, _EXAMPLE)},
)
def events(request: Request, host: OurHost, raw: Raw) -> Response:
    """SendGrid's Event Webhook, signed. Events may come late, in any order and many times: each counts once."""
    keys: Keys = request.app.state.sendgrid
    signed(request, raw, keys.events, "SENDGRID_EVENT_KEY")
    told, _ = loosely(raw)  # what is odd about one event keeps none of the others out
    if not isinstance(told, list):
        raise not_json("the body is no list", "Send […]")
    taken = sendgrid_events.take_in(host, told)
    return Json({"known": taken.known, "passed_over": taken.passed_over})


_MAIL = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("envelope", "headers", "from", "subject", "text", "html")},
}
_POSTED = {
    "envelope": '{"to": ["reply+token@reply.example.com"], "from": "kim@acme.example"}',
    "from": "Kim <kim@acme.example>",
    "subject": "Re: Welcome",
    "text": "Thank you, see you on Friday.",
}


async def raw_mail(request: Request) -> bytes:
    return await body_up_to(MOST_OF_A_MAIL, request)


@router.post(
    "/sendgrid/inbound",
    summary="A mail that came in, from SendGrid",
    responses=given_a_body(
        {"what": "replied"},
        "Taken in, now or before; `returned`: ours came back; `from_colleague`, `unproven`, `unknown` change nothing",
    ),
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _MAIL, "example": _POSTED}}}
    },
)
def inbound(request: Request, host: OurHost, raw: Annotated[bytes, Depends(raw_mail)]) -> Response:
    """SendGrid's Inbound Parse, with a security policy that signs; parsed, or raw, which mail servers' reports of what
    they could not deliver need. A mail counts once.
    """
    keys: Keys = request.app.state.sendgrid
    signed(request, raw, keys.inbound, "SENDGRID_INBOUND_KEY")
    form = fields_of(raw, request.headers.get("content-type", ""))
    if not form.fields:
        raise Fault(400, "invalid", "the body is no multipart/form-data with fields", "Send what came in", "body")
    what = replies.take_in(host, read(form)).what
    if what == "unknown":
        log.warning("a mail came in that answers none of ours, or that is not from whom it says")
    return Json({"what": what})


def signed(request: Request, raw: bytes, key: str | None, setting: str) -> None:
    """Raises Fault 401 unless it is from SendGrid."""
    host: Host = request.app.state.host
    if key is None:
        fix = f"Set {setting} to {KEYS[setting]}"
        raise Fault(401, "unauthorized", "no key is set to know SendGrid by", fix, SIGNATURE)
    shown, at = (request.headers.get(name, "") for name in (SIGNATURE, TIMESTAMP))
    if not is_signed(key, shown, at, raw, host.clock.real()):
        raise Fault(401, "unauthorized", "the signature is not SendGrid's, or too old", f"Mend {setting}", SIGNATURE)
