"""What becomes of a mail that nobody can get: passed over, waited for, or a task to find somebody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from engine import messages, tasks
from engine.assignment import HOLDER, covers, held, turn
from engine.logic import Condition
from engine.recipients import Recipients
from engine.run import Flipped, Open, TaskActed
from engine.steps.base import Done, Given, Move, Rest, TimeUp, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

Missing = Literal["task", "skip", "wait"]
FOUND: Final = "found"


def conditions(missing: Missing, to: Recipients | None, place: Place) -> dict[str, Condition | None]:
    """What may be waited for: somebody to write to, another holder of the owner's role."""
    owner = place.compiler.owner
    return {
        FOUND: messages.somebody(place, to) if to and missing == "wait" else None,
        HOLDER: place.holder(owner) if owner and missing == "task" else None,
    }


def there(missing: Missing, to: Recipients, outcome: str, watched: bool, ctx: Context) -> Move:  # noqa: FBT001
    """`watched`: the step knows how to hear of another holder of the owner's role."""
    match missing:
        case "wait":
            ctx.log("waiting", reason="missing")
            return Rest(watches=(FOUND,))
        case "task":
            _ask(to, watched, ctx)
    ctx.log("skipped", reason="missing", outcome=None if outcome == "skipped" else outcome)
    return Done(outcome)


def _ask(to: Recipients, watched: bool, ctx: Context) -> None:  # noqa: FBT001
    """A task for the owner that lives beside the run: find somebody who can be written to."""
    role = ctx.plan.owner
    found = ctx.found(role) if role else None
    person = found.person if found else None
    due = ctx.resolve(ctx.world.policy.tasks.due, "closes", ctx.calendar_of(person))
    name, mail = ctx.scope.values.get("account.name"), ctx.step.id.replace("_", " ")
    title = f"Find a contact{f' at {name}' if isinstance(name, str) else ''}: {to}"
    instructions = f"The mail “{mail}” of “{ctx.plan.title}” had nobody with an address to go to."
    task = tasks.new(ctx, title, role, found, kind="missing", below="missing", instructions=instructions, due=due)
    memo = ctx.save(task, **(held(role, ctx) if role else {}))
    ctx.attach("missing", memo, turn(task, ctx), (HOLDER,) if watched else ())
    shown = ctx.shown(due)
    ctx.log(
        "opened",
        below="missing",
        kind="task",
        assigned=role,
        person=task.person,
        due=shown,
        covers=covers(found),
    )
    ctx.tell(person, "task", task.title, below="missing", task=task.id)


def resume(open_: Open, given: Given, ctx: Context) -> Move:
    """What comes for the task."""
    task = tasks.task_of(open_)
    match given:
        case TimeUp(name=tasks.SNOOZED):
            awake = task.model_copy(update={"snoozed": None})
            return replace(keep(open_, snoozed=None), memo=ctx.save(awake, held=None))
        case TimeUp(name="cover") | Flipped(name="holder"):
            return tasks.follow(task, open_, ctx)[1]
        case TaskActed():
            return tasks.act(task, open_, given, ctx)
        case _:
            return keep(open_)
