"""The overdue ladder of a task: rungs that remind or escalate some time before or after it is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from engine.quantities import Duration
from engine.run import Frozen, Task
from engine.shapes import Shape

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

PREFIX = "rung/"


class RungModel(Shape):
    noun: ClassVar[str] = "a rung"

    after: str | None = None
    before: str | None = None
    remind: str | None = None
    escalate: str | None = None


class Rung(Frozen):
    """One step of the ladder. `to` is a role, or `assignee`."""

    event: Literal["reminded", "escalated"]
    to: str
    distance: Duration
    before: bool


def compiled(rung: RungModel, index: int, place: Place) -> Rung | None:
    at = ("overdue", index)
    times = [key for key in ("after", "before") if getattr(rung, key) is not None]
    verbs = [key for key in ("remind", "escalate") if getattr(rung, key) is not None]
    if len(times) != 1:
        message, fix = "a rung says either 'after' or 'before' the due instant", "Write 'after: 1 business day'."
        place.fault(*at, message=message, fix=fix, code="rung-when", lacking=("after", "before"))
    if len(verbs) != 1:
        message, fix = "a rung says either 'remind' or 'escalate'", "Write 'remind: assignee' or 'escalate: ROLE'."
        place.fault(*at, message=message, fix=fix, code="rung-whom", lacking=("remind", "escalate"))
    distances = [place.duration(getattr(rung, key), *at, key) for key in times]
    known = [getattr(rung, key) for key in verbs if _somebody(getattr(rung, key), place, *at, key)]
    if len(distances) != 1 or distances[0] is None or len(verbs) != 1 or not known:
        return None
    event: Literal["reminded", "escalated"] = "reminded" if verbs == ["remind"] else "escalated"
    return Rung(event=event, to=known[0], distance=distances[0], before=times == ["before"])


def _somebody(to: str, place: Place, *keys: str | int) -> bool:
    return to == "assignee" or place.role(to, *keys) is not None


# --- in a run


def ladder(rungs: Sequence[Rung], task: Task, ctx: Context) -> dict[str, datetime]:
    """When each rung acts, on the assignee's calendar, counted from the due instant."""
    if task.due is None:
        return {}
    calendar = ctx.calendar_of(ctx.person(task.person))
    return {
        f"{PREFIX}{number}": (calendar.subtract if rung.before else calendar.add)(rung.distance, task.due, "opens")
        for number, rung in enumerate(rungs, 1)
    }


def ahead(rungs: Sequence[Rung], task: Task, ctx: Context) -> dict[str, datetime]:
    """The ladder as the task is opened; a `before` that has passed already is skipped."""
    whole = ladder(rungs, task, ctx)
    return {name: at for name, at in whole.items() if at >= ctx.now or not rungs[number(name) - 1].before}


def waiting(timers: Mapping[str, datetime]) -> list[str]:
    return [name for name in timers if name.startswith(PREFIX)]


def without(timers: Mapping[str, datetime]) -> dict[str, datetime]:
    """The timers but for the ladder: it is held while the task is snoozed."""
    return {name: due for name, due in timers.items() if not name.startswith(PREFIX)}


def number(timer: str) -> int:
    return int(timer.removeprefix(PREFIX))


def overtaken(timer: str, others: frozenset[str]) -> bool:
    """Whether a higher rung is due as well by now: of several only the highest acts."""
    return any(name.startswith(PREFIX) and number(name) > number(timer) for name in others)


def acted(rungs: Sequence[Rung], task: Task, which: int, ctx: Context) -> Task:
    """The task after its rung `which` has reminded or escalated."""
    rung = rungs[which - 1]
    below = f"overdue/{which}"
    covers: str | None = None
    if rung.to == "assignee":
        person = ctx.person(task.person)
    else:
        found = ctx.found(rung.to)
        person, covers = (found.person, found.covers) if found else (None, None)
    ctx.log(rung.event, below=below, to=rung.to, person=person.id if person else None, rung=which, covers=covers)
    words = "is due" if rung.before else "is overdue"
    purpose: Literal["remind", "escalate"] = "remind" if rung.event == "reminded" else "escalate"
    ctx.tell(person, purpose, f"{task.title} {words}", below=below, task=task.id)
    return task.model_copy(update={"rung": max(task.rung, which), "used_up": which == len(rungs)})
