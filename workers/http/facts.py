"""`POST /facts`: what happened, in batches, with an answer for each item."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Depends, Request
from pydantic import JsonValue
from starlette.responses import Response

from activities import facts
from activities.facts import Answer
from activities.host import Host
from workers.http.auth import may
from workers.http.bodies import Raw, not_json, parsed
from workers.http.describing import body_of, given_a_body, told
from workers.http.faults import Fault, Json
from workers.http.metrics import Tally
from workers.settings_values import Scope

router = APIRouter(tags=["facts"])

MOST = 1_000
LONGEST = 500  # characters of a reason, or of an id that is given back
SEVERAL = 'Send a list of facts, or {"facts": [...]}'

_FACT = {
    "type": "object",
    "required": ["id", "account"],
    "description": "Exactly one of fields, metric, event, contact, record, team says what it is about.",
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "maxLength": 200, "description": "The sender's; the same id again is a duplicate"},
        "account": {"type": "string", "maxLength": 200},
        "at": {"type": "string", "format": "date-time", "description": "When it was so; without it, now"},
        "fields": {"type": "object", "description": "Fields of the account, or with `record` those of the record"},
        "metric": {"type": "string", "description": "A reported metric of the vocabulary; its reading is `value`"},
        "value": {"type": ["number", "string", "boolean", "null"], "description": "Numbers are taken exactly"},
        "event": {"type": "string"},
        "data": {"type": "object", "description": "The fields of the event"},
        "contact": {"type": "object", "required": ["id"]},
        "record": {"type": "string", "description": "A kind of record; its `fields` say its id"},
        "team": {"type": "object", "description": "Role to person; null takes the person away"},
    },
}
_LIST = {"type": "array", "minItems": 1, "maxItems": MOST, "items": _FACT}
_SCHEMA = {"oneOf": [_LIST, {"type": "object", "required": ["facts"], "properties": {"facts": _LIST}}]}
_EXAMPLE = [
    {"id": "crm-1", "account": "acme", "at": "2026-03-02T09:00:00Z", "fields": {"name": "Acme", "arr": 40000}},
    {"id": "nps-77", "account": "acme", "at": "2026-03-02T09:30:00Z", "metric": "nps", "value": 3},
    {"id": "log-9", "account": "acme", "at": "2026-03-02T09:31:00Z", "event": "login", "data": {"user": "kim"}},
]
_TAKEN = {
    "answers": [
        {"id": "crm-1", "status": "stored", "reasons": []},
        {"id": "nps-77", "status": "duplicate", "reasons": []},
    ],
    "stored": 1,
    "duplicate": 1,
    "rejected": 0,
}
_REFUSED = {
    "answers": [
        {"id": "crm-1", "status": "stored", "reasons": []},
        {
            "id": "nps-77",
            "status": "rejected",
            "reasons": ["'npss' is not a metric of the vocabulary. Did you mean 'nps'?"],
        },
    ],
    "stored": 1,
    "duplicate": 0,
    "rejected": 1,
}


@router.post(
    "/facts",
    summary="Facts in",
    dependencies=[Depends(may(Scope.FACTS))],
    responses={
        **given_a_body(_TAKEN, "Every fact is stored, now or before", 409),
        207: told(_REFUSED, "At least one was rejected, with the reasons; the others are stored"),
    },
    openapi_extra={"requestBody": body_of(_SCHEMA, _EXAMPLE)},
)
def post(request: Request, raw: Raw) -> Response:
    """From 1 to 1,000 facts. What is wrong with one keeps none of the others out. Safe to send again: an id that is
    stored already is a duplicate, whatever it says.
    """
    host: Host = request.app.state.host
    tally: Tally = request.app.state.tally
    answers = _answers(host, items_of(raw))
    counts: Counter[str] = Counter(one.status for one in answers)
    tally.count(counts)
    body = {"answers": [_view(one) for one in answers], "stored": counts["stored"]}
    body |= {"duplicate": counts["duplicate"], "rejected": counts["rejected"]}
    return Json(body, 207 if counts["rejected"] else 200)


def items_of(raw: bytes) -> list[object]:
    """Raises Fault when there is no list of 1 to 1,000 in it."""
    if not raw.strip():
        raise not_json("the body is empty", SEVERAL)
    given = parsed(raw)
    if isinstance(given, dict) and given.keys() == {"facts"}:
        given = given["facts"]
    if not isinstance(given, list):
        raise not_json("it is not a list of facts", SEVERAL)
    if not given:
        raise Fault(422, "invalid", "there is no fact in the list", SEVERAL, "body")
    if len(given) > MOST:
        raise Fault(413, "too-large", f"{len(given):,} facts are more than {MOST:,}", "Send them in parts", "body")
    return given


def _answers(host: Host, items: Sequence[object]) -> list[Answer]:
    """In the order of the items."""
    objects: list[Mapping[str, object]] = [one for one in items if isinstance(one, dict)]
    told = iter(facts.post(host, objects)) if objects else iter(())
    return [next(told) if isinstance(one, dict) else _no_object(one) for one in items]


def _no_object(item: object) -> Answer:
    return Answer("", "rejected", (f"{_short(repr(item))} is not an object. Send {{…}} for each fact",))


def _view(answer: Answer) -> dict[str, JsonValue]:
    reasons: list[JsonValue] = [_short(one) for one in answer.reasons]
    return {"id": _short(answer.id), "status": answer.status, "reasons": reasons}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
