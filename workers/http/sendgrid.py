"""What SendGrid posts: events of mails. Who calls is known by a signature; anything odd about it is 401."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from activities import sendgrid_events
from activities.host import Host
from activities.sendgrid_signature import SIGNATURE, TIMESTAMP, is_signed
from workers.http.bodies import Raw
from workers.http.describing import body_of, given_a_body
from workers.http.exact_json import loosely, not_json
from workers.http.faults import Fault, Json
from workers.http.hosting import OurHost

router = APIRouter(tags=["callbacks"])


@dataclass(frozen=True, slots=True)
class Keys:
    """SendGrid's verification keys of its two webhooks; what has none takes nothing."""

    events: str | None = None
    inbound: str | None = None


NO_KEYS = Keys()


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


def signed(request: Request, raw: bytes, key: str | None, setting: str) -> None:
    """Raises Fault 401 unless it is from SendGrid."""
    host: Host = request.app.state.host
    if key is None:
        fix = f"Set {setting} to the verification key that SendGrid shows for this webhook"
        raise Fault(401, "unauthorized", "no key is set to know SendGrid by", fix, SIGNATURE)
    shown, at = (request.headers.get(name, "") for name in (SIGNATURE, TIMESTAMP))
    if not is_signed(key, shown, at, raw, host.clock.real()):
        raise Fault(401, "unauthorized", "the signature is not SendGrid's, or too old", f"Mend {setting}", SIGNATURE)
