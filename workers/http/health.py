"""Whether the process lives, and whether everything that it needs answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter, Request
from pydantic import JsonValue
from starlette.responses import Response

from activities.host import Host
from activities.store import schema, versions
from workers.http.describing import told
from workers.http.faults import Json

router = APIRouter(tags=["health"])

WITHIN = 5.0  # seconds for everything to answer

Check = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Dependency:
    """`check` raises when it does not answer. Without one that is not `needed`, the process still does its work."""

    name: str
    check: Check
    fix: str
    needed: bool = True


class Lacking(Exception):
    """It answers, but is not as it must be; the message says what is lacking."""


_READY = {
    "status": "ready",
    "dependencies": {
        "database": {"ok": True, "needed": True, "detail": "", "fix": ""},
        "playbooks": {"ok": True, "needed": False, "detail": "", "fix": ""},
        "temporal": {"ok": True, "needed": True, "detail": "", "fix": ""},
    },
}
_TEMPORAL = {"ok": False, "needed": True, "detail": "it does not answer", "fix": "Start it, or set TEMPORAL_ADDRESS"}
_NOT_READY = {"status": "not ready", "dependencies": {**_READY["dependencies"], "temporal": _TEMPORAL}}  # type: ignore[dict-item]


@router.get("/healthz", summary="The process lives", responses={200: told({"status": "alive"}, "It does")})
async def healthz() -> Response:
    """Asks nobody else."""
    return Json({"status": "alive"})


@router.get(
    "/readyz",
    summary="Everything that is needed answers",
    responses={
        200: told(_READY, "Everything that is needed does; what is not needed may be in trouble"),
        503: told(_NOT_READY, "Something that is needed does not; each is named, with what to do"),
    },
)
async def readyz(request: Request) -> Response:
    """Looks at each dependency anew."""
    dependencies: list[Dependency] = request.app.state.dependencies
    found = await asyncio.gather(*(_looked_at(one) for one in dependencies))
    ready = all(ok or not one.needed for one, (ok, _) in zip(dependencies, found, strict=True))
    named: dict[str, JsonValue] = {
        one.name: {"ok": ok, "needed": one.needed, "detail": detail, "fix": "" if ok else one.fix}
        for one, (ok, detail) in zip(dependencies, found, strict=True)
    }
    return Json({"status": "ready" if ready else "not ready", "dependencies": named}, 200 if ready else 503)


async def _looked_at(one: Dependency) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(WITHIN):
            await one.check()
    except Lacking as lacking:
        return False, str(lacking)
    except TimeoutError:
        return False, f"it did not answer within {WITHIN:.0f} seconds"
    except Exception:  # noqa: BLE001 - whatever it is, it does not work; its text may hold addresses and passwords
        return False, "it does not answer"
    return True, ""


def of_host(host: Host) -> list[Dependency]:
    """What every process needs."""
    return [
        Dependency("database", _in_thread(lambda: _database(host)), "Look after it, or set PLAYBOOK_DATABASE_URL"),
        Dependency("playbooks", _in_thread(lambda: _playbooks(host)), "Run `playbook apply`", needed=False),
    ]


def _in_thread(look: Callable[[], None]) -> Check:
    return lambda: asyncio.to_thread(look)


@cache
def _newest() -> str | None:
    return schema.newest()


def _database(host: Host) -> None:
    found = host.database.read(schema.version)
    if found != _newest():
        raise Lacking(f"its schema is at version {found}, and this program needs {_newest()}")


def _playbooks(host: Host) -> None:
    if host.database.read(versions.current) == 0:
        raise Lacking("none are applied yet")
