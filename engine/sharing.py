"""One piece of work for all who want it done: of tasks with the same identity, and of escalations of one step, an
account has one open at a time. Whoever comes second updates it and hears of its outcome too.

The visit that opened it owns it. When that takes it back, whoever waits opens it anew. Each tells in its own trace what
becomes of it; who has it of another marks the line as `joined`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from engine.run import Input, Joined, Open, Task, TaskActed, Waiter
from engine.steps.base import Rest

if TYPE_CHECKING:
    from engine.context import Context

JOINED: Final = "joined"


def join(identity: str, title: str, ctx: Context, *, instructions: str = "", released: bool) -> Rest | None:
    """Waits for the one that is open already; None when there is none."""
    task = ctx.open_work(identity)
    if task is None:
        return None
    waiter = Waiter(run=ctx.run.id, path=ctx.path, visit=ctx.visit)
    said = {"title": title, "instructions": instructions, "playbook": ctx.plan.playbook}
    told = Joined.model_validate({"at": ctx.now, "path": task.path, "visit": task.visit, "waiter": waiter, **said})
    ctx.join(task.run, told)
    ctx.log("updated", person=task.person, set={"title": title}, joined=True)
    watches = tuple(name for name in ctx.step.spec.conditions if name in {"auto_close", "clears"})
    return Rest(watches=watches, memo={**ctx.memo, JOINED: task.id}, released=released)


def joined(open_: Open) -> bool:
    """Whether the visit waits for what another one opened."""
    return JOINED in open_.memo and "task" not in open_.memo


def updated(task: Task, given: Joined, ctx: Context) -> Task:
    """The task as the newcomer has it; due and the ladder stay. The newcomer's own line tells that it came, which is
    enough where both are of one run.
    """
    elsewhere = given.waiter.run != ctx.run.id
    if elsewhere and (given.title != task.title or given.instructions not in {"", task.instructions}):
        ctx.log("updated", by=given.playbook, set={"title": given.title})
    waiters = tuple(dict.fromkeys((*task.waiters, given.waiter)))
    return task.model_copy(
        update={"title": given.title, "instructions": given.instructions or task.instructions, "waiters": waiters}
    )


def passed_on(tasks: Iterable[Task], ignored: Iterable[Input]) -> list[tuple[str, Input]]:
    """What the waiters hear of tasks that are closed, and of those that were over when they came."""
    told: list[tuple[str, Input]] = []
    for task in tasks:
        if task.closed is not None:
            verb = "complete" if task.state == "done" else "reopen"
            said = {"verb": verb, "at": task.closed, "outcome": task.outcome, "by": task.by}
            told += [(one.run, _acted(one, said)) for one in task.waiters]
    gone = [one for one in ignored if isinstance(one, Joined)]
    return told + [(one.waiter.run, _acted(one.waiter, {"verb": "reopen", "at": one.at})) for one in gone]


def _acted(waiter: Waiter, said: dict[str, object]) -> Input:
    return TaskActed.model_validate({"path": waiter.path, "visit": waiter.visit, **said})
