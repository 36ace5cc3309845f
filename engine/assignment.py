"""Who is asked, and who next: work that was given to a role goes with the role until a person takes it by hand.

A new holder on the account's team is a flip of the step's `holder` condition; somebody's absence that begins or ends is
its timer `cover`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from engine.people import Directory, Found
from engine.run import Task

if TYPE_CHECKING:
    from engine.context import Context

COVER: Final = "cover"
HOLDER: Final = "holder"


def holder_logic(role: str) -> dict[str, object]:
    """That the team's holder of the role is another than the one awaited, or there is one where there was none."""
    holder, awaited = {"var": f"team.{role}"}, {"var": "awaited"}
    come_or_gone = {"!=": [{"known": [holder]}, {"known": [awaited]}]}
    return {"or": [{"!=": [holder, awaited]}, come_or_gone]}


def held(role: str, ctx: Context) -> dict[str, JsonValue]:
    """What the step remembers to hear of a new holder."""
    return {"awaited": ctx.world.team.get(role)}


def turn(task: Task, ctx: Context) -> dict[str, datetime]:
    """The timer at which absences give the task to somebody else, as far as is known now."""
    if task.role is None or task.by_hand:
        return {}
    for at in sorted(_boundaries(ctx.world.directory, ctx.now)):
        found = ctx.world.directory.find(task.role, ctx.world.team, ctx.owner, at)
        if (found.person.id if found else None) != task.person:
            return {COVER: at}
    return {}


def followed(task: Task, ctx: Context, below: str = "") -> Task | None:
    """The task with whoever has its role now; None when that is who has it already, or nobody."""
    found = ctx.found(task.role) if task.role and not task.by_hand else None
    if found is None or found.person.id == task.person:
        return None
    kind = "task" if task.kind == "missing" else None
    ctx.log("reassigned", below=below, kind=kind, person=found.person.id, covers=found.covers)
    key = "/".join(part for part in (below, "reassigned", ctx.now.isoformat()) if part)
    if task.kind == "escalation":
        ctx.tell(found.person, "escalate", task.title, below=key, incident=task.id)
    else:
        ctx.tell(found.person, "task", task.title, below=key, task=task.id)
    return task.model_copy(update={"person": found.person.id})


def covers(found: Found | None) -> str | None:
    return found.covers if found else None


def _boundaries(directory: Directory, now: datetime) -> Iterator[datetime]:
    """Every instant ahead at which somebody goes away or comes back."""
    for person in directory.people.everyone:
        calendar = directory.policy.calendar(person.country, person.time_zone)
        for away in person.away:
            for day in (away.first, away.last + timedelta(1)):
                if (at := calendar.midnight(day)) > now:
                    yield at
