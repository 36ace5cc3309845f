"""Acts with an `Idempotency-Key`: asked again, nothing is done again and the same answer is given.

The answer is stored in the transaction of the act itself, so a crash leaves both or neither.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import JsonValue
from sqlalchemy import Connection
from starlette.responses import Response

from activities.host import Host
from activities.store import answers
from activities.store.answers import Asked, Told
from workers.http.auth import Caller, may
from workers.http.bodies import M, Raw, read, storable
from workers.http.faults import Fault, Json, ProblemJson
from workers.settings_values import Scope

LONGEST_KEY = 255
KEY = "Idempotency-Key"

Key = Annotated[
    str | None,
    Header(
        alias=KEY,
        description="Any text that the caller makes up for this one act. Sent again with it within 7 days, the act is "
        "not done again and the same answer is given, with the header Idempotent-Replayed.",
    ),
]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to be stored; from status 400 on, `body` is a problem."""

    status: int
    body: dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Order:
    """One act that somebody asks for."""

    host: Host
    caller: Caller
    raw: bytes
    asked: Asked | None

    def said(self, model: type[M]) -> M:
        return read(model, self.raw)

    def by(self, said: str | None) -> str | None:
        """Who acts: as the body says, else the token's name."""
        return said or self.caller.name

    def once(self, work: Callable[[Host], Reply]) -> Response:
        """`work` does everything through the host that it is given. What it raises is undone and not stored."""
        response = self.host.database.write(lambda connection: self._done(connection, work))
        self.host.stir()
        return response

    def _done(self, connection: Connection, work: Callable[[Host], Reply]) -> Response:
        joined = self.host.within(connection)
        if self.asked is None:
            return _response(work(joined))
        if told := answers.claim(connection, self.asked, self.host.clock.real()):
            return _again(told, self.asked)
        reply = work(joined)
        answers.keep(connection, self.asked, reply.status, json.dumps(reply.body))
        return _response(reply)


def _response(reply: Reply) -> Response:
    return (Json if reply.status < 400 else ProblemJson)(reply.body, reply.status)


def _again(told: Told, asked: Asked) -> Response:
    if told.digest != asked.digest:
        fix = "Use a new key for a new act, or send exactly what was sent with it first"
        raise Fault(409, "key-reused", "another request was made with this key", fix, KEY)
    response = _response(Reply(told.status, json.loads(told.body)))
    response.headers["Idempotent-Replayed"] = "true"
    return response


def ordered(scope: Scope) -> Callable[..., Awaitable[Order]]:
    """The order of a caller with that scope."""

    async def taken(
        request: Request, caller: Annotated[Caller, Depends(may(scope))], raw: Raw, key: Key = None
    ) -> Order:
        host: Host = request.app.state.host
        return Order(host, caller, raw, _asked(request, caller, raw, key) if key is not None else None)

    return taken


def _asked(request: Request, caller: Caller, raw: bytes, key: str) -> Asked:
    try:
        storable(key)
    except ValueError as wrong:
        raise Fault(400, "invalid", f"the key {wrong}", "Send any text as the key", KEY) from None
    if len(key) > LONGEST_KEY:
        raise Fault(400, "invalid", f"the key is longer than {LONGEST_KEY} characters", "Send a shorter one", KEY)
    said = f"{request.method} {request.url.path}?{request.url.query}\n".encode("utf-8", "surrogatepass") + raw
    return Asked(caller.name or "", key, hashlib.sha256(said).hexdigest())


Operated = Annotated[Order, Depends(ordered(Scope.OPERATE))]
Upserted = Annotated[Order, Depends(ordered(Scope.FACTS))]
