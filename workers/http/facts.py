"""`POST /facts`: what happened, in batches, with an answer for each item."""

import json
from collections import Counter
from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request
from pydantic import JsonValue
from starlette.responses import Response

from activities import facts
from activities.facts import Answer
from activities.host import Host
from workers.http.auth import may
from workers.http.batches import MOST, NDJSON, Item, items_of
from workers.http.bodies import Raw
from workers.http.describing import body_of, given_a_body, told
from workers.http.faults import Json
from workers.http.metrics import Tally
from workers.settings_values import Scope

router = APIRouter(tags=["facts"])

LONGEST = 500  # characters of a reason, or of an id that is given back

_FACT = {
    "type": "object",
    "required": ["id", "account"],
    "description": "Exactly one of fields, metric, event, contact, record, team says what it is about.",
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "maxLength": 200,
            "description": "The sender's; the same fact again is a duplicate, another one a conflict",
        },
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
_BODY = body_of(_SCHEMA, _EXAMPLE)
_BODY["content"][NDJSON] = {
    "schema": {"type": "string", "description": "One fact a line; the answers say the `line` in place of the `item`"},
    "example": "".join(f"{json.dumps(one)}\n" for one in _EXAMPLE),
}
_TAKEN = {
    "answers": [
        {"item": 1, "id": "crm-1", "status": "stored", "reasons": []},
        {"item": 2, "id": "nps-77", "status": "duplicate", "reasons": []},
    ],
    "stored": 1,
    "duplicate": 1,
    "rejected": 0,
}
_REFUSED = {
    "answers": [
        {"item": 1, "id": "crm-1", "status": "stored", "reasons": []},
        {
            "item": 2,
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
    openapi_extra={"requestBody": _BODY},
)
def post(request: Request, raw: Raw) -> Response:
    """From 1 to 1,000 facts, in a list or one a line (`application/x-ndjson`). What is wrong with one keeps none of the
    others out. Safe to send again: a fact that is stored already is a duplicate; another one under its id is rejected.
    """
    host: Host = request.app.state.host
    tally: Tally = request.app.state.tally
    items = items_of(raw, request.headers.get("content-type", ""))
    answers = _answers(host, items)
    counts: Counter[str] = Counter(one.status for one in answers)
    tally.count(counts)
    body = {"answers": [*map(_view, items, answers)], "stored": counts["stored"]}
    body |= {"duplicate": counts["duplicate"], "rejected": counts["rejected"]}
    return Json(body, 207 if counts["rejected"] else 200)


def _answers(host: Host, items: Sequence[Item]) -> list[Answer]:
    """In the order of the items."""
    readable = [one.given for one in items if not one.fault]
    told = iter(facts.post(host, readable) if readable else ())
    return [Answer("", "rejected", (one.fault,)) if one.fault else next(told) for one in items]


def _view(item: Item, answer: Answer) -> dict[str, JsonValue]:
    reasons: list[JsonValue] = [_short(one) for one in answer.reasons]
    return {item.word: item.place, "id": _short(answer.id), "status": answer.status, "reasons": reasons}


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
