"""What people may do with a task, whatever step opened it, and how it goes on with the role that it was given to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from engine.assignment import COVER, HOLDER, covers, followed, handed, held, turn
from engine.overdue import waiting, without
from engine.people import Found
from engine.run import Open, Task, TaskActed, task_id
from engine.steps.base import Done, Move, Rest, keep

if TYPE_CHECKING:
    from engine.context import Context

SNOOZED = "snoozed"


def new(
    ctx: Context,
    title: str,
    role: str | None,
    found: Found | None,
    *,
    kind: Literal["task", "escalation", "missing", "approval", "meeting"] = "task",
    below: str = "",
    instructions: str = "",
    outcomes: tuple[str, ...] = ("done", "skipped"),
    due: datetime | None = None,
) -> Task:
    """A task of this visit; `below` is its place beside the step, if it has one of its own."""
    path = f"{ctx.path}/{below}" if below else ctx.path
    return Task(
        id=task_id(ctx.run.id, path, ctx.visit),
        run=ctx.run.id,
        account=ctx.world.account,
        playbook=ctx.plan.playbook,
        path=path,
        step=ctx.step.id,
        visit=ctx.visit,
        kind=kind,
        title=title,
        instructions=instructions,
        role=role,
        person=found.person.id if found else None,
        outcomes=outcomes,
        opened=ctx.now,
        due=due,
        subject=ctx.run.subject,
    )


def act(task: Task, open_: Open, given: TaskActed, ctx: Context) -> Move:
    match given.verb:
        case "complete":
            return close(task, given.outcome or task.outcomes[0], given.by, ctx)
        case "snooze" if given.until is not None:
            return _snooze(task, open_, given.until, given.by, ctx)
        case "reassign" | "claim" if given.to or given.by:
            return hand_over(task, open_, given, ctx)
        case _:
            return keep(open_)


def close(task: Task, outcome: str, by: str | None, ctx: Context) -> Done:
    ctx.save(
        task.model_copy(update={"state": "done", "outcome": outcome, "closed": ctx.now, "by": by, "snoozed": None})
    )
    ctx.withdraw_effects(f"the task is closed: {outcome}")
    ctx.log("completed", kind=_kind(task), outcome=outcome, by=by)
    return Done(outcome)


def _snooze(task: Task, open_: Open, until: datetime, by: str | None, ctx: Context) -> Rest:
    """The ladder is held; which rungs were still ahead is remembered."""
    ctx.log("snoozed", kind=_kind(task), by=by, until=ctx.shown(until))
    ahead: JsonValue = [*waiting(open_.timers)] if task.snoozed is None else ctx.memo.get("held")
    memo = ctx.save(task.model_copy(update={"snoozed": until}), held=ahead)
    return Rest(
        timers=without(open_.timers) | {SNOOZED: until}, watches=open_.watches, memo=memo, released=open_.released
    )


def hand_over(task: Task, open_: Open, given: TaskActed, ctx: Context) -> Rest:
    """To a person, by hand: from then on it goes with that person, or their cover, and no more with the role. Whoever
    claims it is there.
    """
    to = given.to or given.by or ""
    new, found = handed(task, to, ctx)
    if given.verb == "claim":
        new, found = task.model_copy(update={"person": to, "by_hand": True, "taken": to}), None
    ctx.log("reassigned", kind=_kind(task), by=given.by, person=new.person, covers=covers(found))
    below, person = f"reassigned/{ctx.now.isoformat()}", ctx.person(new.person)
    if new.kind == "escalation":
        ctx.tell(person, "escalate", new.title, below=below, incident=new.id)
    else:
        ctx.tell(person, "task", new.title, below=below, task=new.id)
    timers = {name: at for name, at in open_.timers.items() if name != COVER} | turn(new, ctx)
    watches = tuple(name for name in open_.watches if not (new.by_hand and name.startswith(HOLDER)))
    return Rest(timers=timers, watches=watches, memo=ctx.save(new), released=open_.released)


def follow(task: Task, open_: Open, ctx: Context, below: str = "") -> tuple[Task, Rest]:
    """A new holder of the role, or cover, gets the task; due stays."""
    task = followed(task, ctx, below) or task
    timers = {name: at for name, at in open_.timers.items() if name != COVER} | turn(task, ctx)
    memo = ctx.save(task, **(held(task.role, ctx) if task.role else {}))
    return task, Rest(timers=timers, watches=open_.watches, memo=memo, released=open_.released)


def task_of(open_: Open) -> Task:
    return Task.model_validate(open_.memo["task"])


def _kind(task: Task) -> str | None:
    """A task for a missing contact, or for an approval, stands in a mail's place, and is a task all the same."""
    return "task" if task.kind in {"missing", "approval"} else None
