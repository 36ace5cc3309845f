"""`email`: one mail to a contact, or one to each; the run goes on when all have settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, JsonValue

from engine import messages, tasks
from engine.assignment import HOLDER, covers, held, turn
from engine.logic import Expression
from engine.recipients import Recipients, chosen
from engine.run import Flipped, Open, Settled, TaskActed
from engine.steps.base import Done, Given, Move, Park, Rest, Spec, TimeUp, WaitingModel, keep
from engine.values import Value

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


class Model(WaitingModel):
    noun: ClassVar[str] = "an email"

    email: str
    to: Any
    template: str | None = None
    subject: str | None = None
    text: str | None = None
    from_: str | None = Field(default=None, alias="from")
    topic: str | None = None
    missing: Literal["task", "skip", "wait"] = "task"


class EmailSpec(Spec):
    kind: Literal["email"] = "email"
    to: Recipients
    template: str | None = None
    subject: str | None = None
    text: str | None = None
    sender: str | None = None
    topic: str | None = None
    missing: Literal["task", "skip", "wait"] = "task"

    def expressions(self) -> tuple[Expression, ...]:
        return tuple(self.conditions.values()) + self.to.conditions


def outcomes(model: Model) -> tuple[str, ...]:
    return ("sent", "skipped", "expired", "refused", *(("timed_out",) if model.at_most else ()))


def compile_step(model: Model, place: Place) -> EmailSpec | None:
    messages.check_text(place, model.text, model.template, model.subject, mail=True)
    messages.check_topic(place, model.topic)
    if model.from_ is not None:
        place.role(model.from_, "from")
    to = messages.recipients(place, model.to, "to")
    found = messages.somebody(place, to) if to and model.missing == "wait" else None
    owner = place.compiler.owner
    conditions = {"found": found, HOLDER: place.holder(owner) if owner and model.missing == "task" else None}
    limit = place.at_most(model)
    place.otherwise(model)
    if to is None:
        return None
    return EmailSpec(
        to=to,
        template=model.template,
        subject=model.subject,
        text=model.text,
        sender=model.from_,
        topic=model.topic,
        missing=model.missing,
        conditions={name: one for name, one in conditions.items() if one},
        at_most=limit,
    )


def enter(spec: EmailSpec, ctx: Context) -> Move:
    recipients = chosen(spec.to, ctx)
    settled = _ids(ctx.memo, "settled")
    if not recipients and not settled:
        return _nobody(spec, ctx)
    left = [contact for contact in recipients if str(contact["id"]) not in settled]
    # All are written before the first is wanted: a text that cannot be made keeps every one of them back.
    contents = [_content(spec, contact, ctx) for contact in left]
    for contact, content in zip(left, contents, strict=True):
        ctx.want("email", "email", str(contact["id"]), str(contact["email"]), content)
    memo = _memo([str(contact["id"]) for contact in left], settled, {}, _count(ctx.memo))
    return Rest(memo=memo) if left else _through(memo)


def _content(spec: EmailSpec, contact: Mapping[str, Value], ctx: Context) -> dict[str, JsonValue]:
    """What the mail will say. Texts are filled in now; whether it may go is looked at when it goes."""
    sender = ctx.find(spec.sender or ctx.plan.owner or "")
    shared: dict[str, JsonValue] = {
        "template": spec.template,
        "topic": spec.topic,
        "name": str(contact.get("name", "")),
        "sender": {"id": sender.id, "name": sender.name, "email": sender.email} if sender else None,
    }
    if spec.template is None:
        return shared | {
            "subject": ctx.text_for(spec.subject or "", contact),
            "body": ctx.text_for(spec.text or "", contact),
        }
    mail = ctx.mail(spec.template, contact)
    return shared | {
        "subject": mail.subject,
        "body": mail.body,
        "preheader": mail.preheader,
        "topic": spec.topic or mail.topic,
    }


def _nobody(spec: EmailSpec, ctx: Context) -> Move:
    match spec.missing:
        case "wait":
            ctx.log("waiting", reason="missing")
            return Rest(watches=("found",))
        case "task":
            _ask_for_contact(spec, ctx)
    ctx.log("skipped", template=spec.template, reason="missing")
    return Done("skipped")


def _ask_for_contact(spec: EmailSpec, ctx: Context) -> None:
    """A task for the owner that lives beside the run: find somebody who can be written to."""
    role = ctx.plan.owner
    found = ctx.found(role) if role else None
    person = found.person if found else None
    due = ctx.resolve(ctx.world.policy.tasks.due, "closes", ctx.calendar_of(person))
    instructions = f"'{ctx.step.id}' of {ctx.plan.title} had nobody to write to."
    title = f"Find a contact: {spec.to}"
    task = tasks.new(ctx, title, role, found, kind="missing", below="missing", instructions=instructions, due=due)
    memo = ctx.save(task, **(held(role, ctx) if role else {}))
    ctx.attach("missing", memo, turn(task, ctx), (HOLDER,) if HOLDER in spec.conditions else ())
    ctx.log(
        "opened",
        below="missing",
        kind="task",
        assigned=role,
        person=task.person,
        due=ctx.shown(due),
        covers=covers(found),
    )
    ctx.tell(person, "task", task.title, below="missing", task=task.id)


def resume(spec: EmailSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Flipped(name="found"):
            return enter(spec, ctx)
        case TimeUp(name="snoozed"):
            return _wake(open_, ctx)
        case TimeUp(name="cover") | Flipped(name="holder"):
            return tasks.follow(tasks.task_of(open_), open_, ctx)[1]
        case TaskActed() if "task" in open_.memo:
            return tasks.act(tasks.task_of(open_), open_, given, ctx)
        case Settled() if "task" not in open_.memo:  # of a mail, not of what tells of the task for a contact
            return _settled(spec, open_, given, ctx)
        case _:
            return keep(open_)


def _wake(open_: Open, ctx: Context) -> Move:
    task = tasks.task_of(open_).model_copy(update={"snoozed": None})
    return replace(keep(open_, snoozed=None), memo=ctx.save(task, held=None))


def _settled(spec: EmailSpec, open_: Open, given: Settled, ctx: Context) -> Move:
    """A mail that was refused parks the step when the others have gone; tried again, only that one is wanted anew."""
    memo = open_.memo
    waiting = [one for one in _ids(memo, "waiting") if one != given.to]
    if given.state == "failed":
        failed = {**_reasons(memo), given.to: given.reason}
        return _on(_memo(waiting, _ids(memo, "settled"), failed, _count(memo)))
    reason = given.reason if given.state == "skipped" else None
    ctx.log(given.state, contact=given.to, template=spec.template, reason=reason)
    settled = [*_ids(memo, "settled"), given.to]
    return _on(_memo(waiting, settled, _reasons(memo), _count(memo) + (given.state == "sent")))


def _on(memo: dict[str, JsonValue]) -> Move:
    if memo["waiting"]:
        return Rest(memo=memo)
    if failed := _reasons(memo):
        told = "; ".join(f"the mail to {to} was refused: {reason}" for to, reason in failed.items())
        return Park(told, memo)
    return _through(memo)


def _through(memo: Mapping[str, JsonValue]) -> Done:
    return Done("sent" if _count(memo) else "skipped")


def _memo(waiting: list[str], settled: list[str], failed: Mapping[str, JsonValue], sent: int) -> dict[str, JsonValue]:
    return {"waiting": list(waiting), "settled": list(settled), "failed": dict(failed), "sent": sent}


def _ids(memo: Mapping[str, JsonValue], key: str) -> list[str]:
    ids = memo.get(key)
    return [str(one) for one in ids] if isinstance(ids, list) else []


def _reasons(memo: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    failed = memo.get("failed")
    return failed if isinstance(failed, dict) else {}


def _count(memo: Mapping[str, JsonValue]) -> int:
    sent = memo.get("sent")
    return sent if isinstance(sent, int) else 0
