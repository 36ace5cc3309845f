"""Who is asked, and who next: work that was given to a role goes with the role until a person takes it by hand; then it
goes to that person's cover only, and back to the role when they have left and nobody covers.

A new holder on the account's team is a flip of the step's `holder` condition; somebody's absence that begins or ends is
its timer `cover`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from engine.calendar import add_days
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
    for at in sorted(_boundaries(ctx.world.directory, ctx.now)):
        found = _asked(task, ctx, at)
        if (found.person.id if found else None) != task.person:
            return {COVER: at}
    return {}


def followed(task: Task, ctx: Context, below: str = "") -> Task | None:
    """The task with whoever is asked now, which may be nobody; None when that is who has it already."""
    found = _asked(task, ctx, ctx.now)
    person = found.person if found else None
    if (person.id if person else None) == task.person:
        return None
    kind = "task" if task.kind in {"missing", "approval"} else None
    ctx.log("reassigned", below=below, kind=kind, person=person.id if person else None, covers=covers(found))
    key = "/".join(part for part in (below, "reassigned", ctx.now.isoformat()) if part)
    if task.kind == "escalation":
        ctx.tell(person, "escalate", task.title, below=key, incident=task.id)
    else:
        ctx.tell(person, "task", task.title, below=key, task=task.id)
    return _with(task, found, ctx)


def handed(task: Task, to: str, ctx: Context) -> tuple[Task, Found | None]:
    """The task given to somebody by hand: who covers for them has it while they are away."""
    theirs = task.model_copy(update={"person": to, "by_hand": True, "taken": to})
    found = _asked(theirs, ctx, ctx.now)
    return _with(theirs, found, ctx), found


def _with(task: Task, found: Found | None, ctx: Context) -> Task:
    """Whose taker has left, and is covered by nobody, goes with its role again."""
    changes: dict[str, object] = {"person": found.person.id if found else None}
    if task.by_hand and _of_taker(task, ctx, ctx.now) is None:
        changes |= {"by_hand": False, "taken": None}
    return task.model_copy(update=changes)


def _asked(task: Task, ctx: Context, at: datetime) -> Found | None:
    """Who has the task at an instant: the one who took it by hand, or their cover; else whoever has its role."""
    if taker := _of_taker(task, ctx, at):
        return taker
    directory = ctx.world.directory
    return directory.find(task.role, ctx.world.team, ctx.owner, at) if task.role else None


def _of_taker(task: Task, ctx: Context, at: datetime) -> Found | None:
    taker = ctx.person(task.taken or task.person) if task.by_hand else None
    return ctx.world.directory.cover(taker, task.role or "", at) if taker else None


def covers(found: Found | None) -> str | None:
    return found.covers if found else None


def _boundaries(directory: Directory, now: datetime) -> Iterator[datetime]:
    """Every instant ahead at which somebody goes away or comes back."""
    for person in directory.people.everyone:
        calendar = directory.policy.calendar(person.country, person.time_zone)
        for away in person.away:
            for day in (away.first, add_days(away.last, 1)):
                if (at := calendar.midnight(day)) > now:
                    yield at
