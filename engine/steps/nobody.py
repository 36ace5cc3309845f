"""What becomes of a mail that nobody can get: passed over, waited for, or a task to find somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, Protocol

from pydantic import JsonValue

from engine import messages, tasks
from engine.assignment import HOLDER, covers, held, turn
from engine.logic import Condition
from engine.mailing import MISSING
from engine.quantities import Duration
from engine.recipients import Recipients, chosen, unreachable
from engine.run import Flipped, Open, TaskActed
from engine.steps import mails
from engine.steps.base import Done, Given, Move, Rest, TimeUp, keep
from engine.stored import to_json

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


class Mailing(Protocol):
    """A step that writes to contacts."""

    @property
    def missing(self) -> Missing: ...
    @property
    def to(self) -> Recipients: ...
    @property
    def conditions(self) -> Mapping[str, Condition]: ...
    @property
    def at_most(self) -> Duration | None: ...


def check(missing: Missing, ends: str | None, place: Place) -> None:
    """Who waits for somebody says for how long; `ends` is what says so, if anything does."""
    if missing == "wait" and ends is None:
        message = "'missing: wait' has no end where nobody comes"
        fix = "Add 'at_most: 3 weeks' with 'otherwise: []'."
        place.fault("missing", message=message, fix=fix, code="missing-wait", severity="warning")


def there(spec: Mailing, outcome: str, expires: datetime | None, ctx: Context) -> Move:
    """Nobody was there to write to from the first. It is waited for them until it is not worth sending any more."""
    match spec.missing:
        case "wait":
            ends = [expires, ctx.after(spec.at_most) if spec.at_most else None]
            until = min((one for one in ends if one is not None), default=None)
            ctx.log("waiting", reason=MISSING, until=ctx.shown(until))
            kept: dict[str, JsonValue] = {mails.EXPIRES: to_json(expires)} if expires else {}
            return Rest(watches=(FOUND,), memo=kept, timers=mails.until(expires))
        case "task":
            ask(spec, ctx)
    ctx.log("skipped", reason=MISSING, outcome=None if outcome == "skipped" else outcome)
    return Done(outcome)


def ask(spec: Mailing, ctx: Context) -> None:
    """A task for the owner that lives beside the run: find somebody who can be written to."""
    to, watched, ctx = spec.to, HOLDER in spec.conditions, replace(ctx, memo={})
    role = ctx.plan.owner
    found = ctx.found(role) if role else None
    person = found.person if found else None
    due = ctx.resolve(ctx.world.policy.tasks.due, "closes", ctx.calendar_of(person))
    mail = ctx.step.id.replace("_", " ")
    title = _title(to, ctx)
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


def ask_instead(spec: Mailing, ctx: Context) -> None:
    """Of those who were there nobody could be reached. Whom a condition names is known: nobody else is to be found."""
    if spec.to.role is not None or not chosen(spec.to, ctx):
        ask(spec, ctx)


def _title(to: Recipients, ctx: Context) -> str:
    """Who is there and cannot be written to is named."""
    account = ctx.scope.values.get("account.name")
    at = f" at {account}" if isinstance(account, str) else ""
    if not (there := unreachable(to, ctx)):
        return f"Find a contact{at}: {to}"
    more = f" and {len(there) - 1} more" if len(there) > 1 and to.each is not None else ""
    return f"Find an address for {there[0]}{more}{at}: {to}"


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
