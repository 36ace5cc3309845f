"""A mail's approval: a task of a role, beside the mail (`mail/approval`), before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from engine import tasks
from engine.assignment import covers, held, turn
from engine.mailing import EXPIRED
from engine.quantities import Duration
from engine.run import Flipped, Open, Task, TaskActed
from engine.steps import mails
from engine.steps.base import Done, Given, Move, Rest, TimeUp, keep

if TYPE_CHECKING:
    from engine.calendar import Calendar
    from engine.context import Context

NOBODY: Final = "nobody"  # what stands for a tier or stage whose mails need no approval
APPROVED: Final = "approved"
HOLDER: Final = "holder/approval"
REMINDER: Final = "reminder"
OUTCOMES: Final = (APPROVED, "refused")


def ask(role: str, said: str, expires: datetime | None, ctx: Context) -> Rest:
    """Opens the task; `said` is what would be sent, for whoever decides, until it is not worth sending any more."""
    beside = _beside(ctx)
    found = ctx.found(role)
    person = found.person if found else None
    due = ctx.resolve(ctx.world.policy.tasks.due, "closes", ctx.calendar_of(person))
    name = ctx.scope.values.get("account.name")
    words = ctx.step.id.replace("_", " ")
    title = f"Approve the mail “{words}”{f' to {name}' if isinstance(name, str) else ''}"
    task = tasks.new(beside, title, role, found, kind="approval", instructions=said, outcomes=OUTCOMES, due=due)
    beside.log("opened", kind="task", assigned=role, person=task.person, due=ctx.shown(due), covers=covers(found))
    beside.tell(person, "task", task.title, below="approval", task=task.id)
    timers = turn(task, ctx) | mails.until(expires) | _reminder(due, expires, ctx.calendar_of(person), ctx)
    return Rest(timers=timers, watches=(HOLDER,), memo=beside.save(task, **held(role, ctx)))


def decided(open_: Open, given: Given, ctx: Context) -> str | Move:
    """The word of whoever decides, or what becomes of the task meanwhile."""
    beside = _beside(ctx)
    task = tasks.task_of(open_)
    match given:
        case TimeUp(name=name) if name == REMINDER:
            return _remind(task, open_, beside)
        case TimeUp(name="expires"):
            over = {"state": "withdrawn", "outcome": EXPIRED, "closed": ctx.now, "snoozed": None}
            beside.save(task.model_copy(update=over))
            beside.withdraw_effects("the mail has expired")
            beside.log("withdrawn", kind="task", reason=EXPIRED)
            return EXPIRED
        case TimeUp(name=tasks.SNOOZED):
            awake = task.model_copy(update={"snoozed": None})
            return replace(keep(open_, snoozed=None), memo=beside.save(awake, held=None))
        case TimeUp(name="cover") | Flipped(name="holder" | "holder/approval"):
            return tasks.follow(task, open_, beside)[1]
        case TaskActed():
            move = tasks.act(task, open_, given, beside)
            return move.outcome or "refused" if isinstance(move, Done) else move
        case _:
            return keep(open_)


def _reminder(due: datetime | None, expires: datetime | None, calendar: Calendar, ctx: Context) -> dict[str, datetime]:
    """On the morning of the day that it is due, or of the last working day on which it can still be decided."""
    at = calendar.opens(calendar.date_of(due)) if due else None
    if expires is not None and (due is None or expires <= due):
        at = calendar.subtract(Duration(amount=1, unit="business day"), expires, "opens")
    return {REMINDER: at} if at is not None and at > ctx.now else {}


def _remind(task: Task, open_: Open, beside: Context) -> Move:
    """One that is put off is in nobody's way. What is not decided then is in attention."""
    if task.snoozed is None:
        beside.log("reminded", kind="task", to="assignee", person=task.person)
        words = f"{task.title}: it waits for your word"
        beside.tell(beside.person(task.person), "remind", words, below="reminder", task=task.id)
    return replace(keep(open_, **{REMINDER: None}), memo=beside.save(task.model_copy(update={"used_up": True})))


def edited(contents: dict[str, JsonValue], given: Given, ctx: Context) -> dict[str, JsonValue]:
    """The mails as whoever approves them has put them. Only one that goes to one contact alone can be: the words of
    several differ. A preheader that they have not seen beside their own words does not go with them.
    """
    if not isinstance(given, TaskActed) or not given.edited or len(contents) != 1:
        return contents
    _beside(ctx).log("updated", kind="task", by=given.by, set=dict.fromkeys(given.edited, "edited"))
    new: dict[str, JsonValue] = {str(name): text for name, text in given.edited.items()}
    unseen: dict[str, JsonValue] = {"preheader": ""}
    return {to: said | unseen | new for to, said in contents.items() if isinstance(said, dict)}


def without(memo: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """What the step remembers once the task is closed."""
    return {name: value for name, value in memo.items() if name not in {"task", "awaited", "held"}}


def _beside(ctx: Context) -> Context:
    return replace(ctx, path=f"{ctx.path}/approval")
