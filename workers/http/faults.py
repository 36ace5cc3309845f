"""What went wrong, told as `application/problem+json` (RFC 9457): what, where, and what to do about it."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import JsonValue
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from activities.applied import NothingApplied
from activities.runs import NoSuchRun
from activities.starts import NoSuchAccount
from activities.store.together import Collided
from activities.tasks import NoSuchTask
from engine.values import to_json
from workers.acting import NotPossible, Unsaid
from workers.http.asked import is_of_a_name, reads_all, unknown
from workers.looking import NotFound, Noun

log = logging.getLogger(__name__)

LONGEST = 200  # characters of an address that are given back
TITLES: Mapping[str, str] = {
    "not-json": "The body is not JSON that can be read",
    "too-large": "The body is too large",
    "unsupported": "The body is in a form that is not taken",
    "invalid": "What was asked is not valid",
    "unauthorized": "Nobody knows who calls",
    "forbidden": "The caller may not do this",
    "not-found": "There is no such thing",
    "method": "This address does not take that method",
    "not-possible": "It cannot be done as things stand",
    "done-already": "Somebody was faster",
    "key-reused": "The Idempotency-Key stands for something else",
    "nothing-applied": "No playbooks are applied yet",
    "unavailable": "It cannot be done at the moment",
    "our-fault": "Our own fault",
}


@dataclass
class Fault(Exception):
    """`kind` is a key of TITLES and stays the same for ever; `more` are further members of the problem."""

    status: int
    kind: str
    detail: str
    fix: str = ""
    where: str = ""
    more: Mapping[str, JsonValue] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def problem(self) -> dict[str, JsonValue]:
        return {
            "type": f"urn:playbook:problem:{self.kind}",
            "title": TITLES[self.kind],
            "status": self.status,
            "detail": self.detail,
            "fix": self.fix,
            "where": self.where,
            **self.more,
        }


class Json(Response):
    """Exact numbers stay exact; half of a pair in a text, which no encoding takes, is written as JSON's own escape."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=to_json)
        return text.encode("utf-8", "backslashreplace")


class ProblemJson(Json):
    media_type = "application/problem+json"


def not_found(detail: str, fix: str = "") -> Fault:
    return Fault(404, "not-found", detail, fix)


def invalid(errors: Sequence[Mapping[str, Any]], place: str = "") -> Fault:
    """All faults that pydantic found, each with where and what."""
    return wrong([_told_by(one, place) for one in errors])


def wrong(found: list[JsonValue]) -> Fault:
    """`found` are objects of where and message."""
    parts = [f"{one['where']}: {one['message']}" for one in found if isinstance(one, dict)]
    where = ", ".join(str(one["where"]) for one in found if isinstance(one, dict))
    fix = "Mend what is listed in errors and send it again"
    return Fault(422, "invalid", "; ".join(parts), fix, where, {"errors": found})


def _told_by(error: Mapping[str, Any], place: str = "") -> JsonValue:
    return {"where": _where(error, place), "message": _message(error)}


def _where(error: Mapping[str, Any], place: str) -> str:
    return ".".join(str(one) for one in ([place] if place else []) + list(error["loc"])) or "body"


def _message(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not known here"
        case "value_error":
            return str(error["ctx"]["error"])
    return str(error["msg"])


async def plain_address(request: Request) -> None:
    """No database takes NUL, so nothing can have a name with it."""
    if "\0" in request.url.path or any("\0" in one for pair in request.query_params.multi_items() for one in pair):
        raise Fault(400, "invalid", "the address holds the character NUL", "Take %00 out of it", "address")


async def known_names(request: Request) -> None:
    """Raises Fault where the address itself does not look at all the names that it is given."""
    if not reads_all(request.scope.get("route")) and (found := unknown(request)):
        raise wrong(found)


# --- as answers

KINDS: tuple[type[Exception], ...] = (
    Fault,
    HTTPException,
    RequestValidationError,
    ClientDisconnect,
    NoSuchTask,
    NoSuchRun,
    NoSuchAccount,
    NotFound,
    NotPossible,
    Unsaid,
    NothingApplied,
    Collided,
    DBAPIError,
    Exception,
)


def install(app: FastAPI) -> None:
    """Makes a problem of every exception."""
    for kind in KINDS:
        app.add_exception_handler(kind, _told)


async def _told(request: Request, error: Exception) -> Response:
    return answer(fault_of(error, request))


def answer(fault: Fault) -> Response:
    return ProblemJson(fault.problem(), fault.status, headers=dict(fault.headers))


def fault_of(error: Exception, request: Request) -> Fault:
    match error:
        case Fault():
            return error
        case HTTPException():
            return _http(error, request)
        case RequestValidationError():
            others = [_told_by(one) for one in error.errors() if not is_of_a_name(one)]
            return wrong([*others, *unknown(request)])
        case Unsaid():
            return Fault(400, "invalid", str(error), "Send it again with that outcome", "outcome")
        case NoSuchTask() | NoSuchRun() | NoSuchAccount() | NotFound() | NotPossible() | NothingApplied():
            return _of_ours(error)
        case ClientDisconnect():
            return Fault(400, "not-json", "the connection was closed in the middle of the body")
        case DBAPIError() | Collided():
            log.error("the database is in trouble at %s: %s", request.url.path, _database_word(error))
            fix = "Try again in a moment; /readyz says what is wrong"
            return Fault(503, "unavailable", "the database cannot be used", fix, headers={"Retry-After": "2"})
    return Fault(500, "our-fault", "something in this program broke", "Report it; nothing was half done")


_FIXES: Mapping[Noun, str] = {
    "run": "GET /runs lists them",
    "task": "GET /tasks lists them",
    "message": "GET /outbox lists them",
    "account": "POST /facts or PUT /accounts/{id} makes an account known",
    "subject": "Say `subject` where the playbook has a run for each contact or record, and only there",
    "instant": "Ask of an instant that has been",
    "playbook": "`playbook apply` applies those of the workspace",
    "person": "Name somebody of people.yaml",
}


def _of_ours(error: Exception) -> Fault:
    match error:
        case NoSuchTask():
            return not_found(f"there is no task '{error}'", "GET /tasks lists them")
        case NoSuchRun():
            return not_found(f"there is no run '{error}'", "GET /runs lists them")
        case NoSuchAccount():
            return not_found(f"there is no account '{error}'", "POST /facts or PUT /accounts/{id} makes it known")
        case NotFound():
            return not_found(str(error), _FIXES[error.noun])
        case NothingApplied():
            return Fault(409, "nothing-applied", "no playbooks have been applied yet", "Run `playbook apply`")
        case NotPossible():
            return Fault(409, "not-possible", error.why, error.fix)
    return Fault(409, "not-possible", str(error))


def _http(error: HTTPException, request: Request) -> Fault:
    path = request.url.path[:LONGEST]
    match error.status_code:
        case 404:
            return not_found(f"there is nothing at {path}", "/openapi.json lists all addresses")
        case 405:
            allowed = (error.headers or {}).get("Allow", "")
            detail = f"{path} does not take {request.method}"
            return Fault(405, "method", detail, f"It takes {allowed}", headers=dict(error.headers or {}))
    kind = "our-fault" if error.status_code >= 500 else "invalid"
    return Fault(error.status_code, kind, str(error.detail), headers=dict(error.headers or {}))


def _database_word(error: Exception) -> str:
    """Without the statement's values, which are customers' data."""
    return str(getattr(error, "orig", error)).partition("\n")[0]
