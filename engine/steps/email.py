"""`email`: one mail to a contact, or one to each; the run goes on when all have settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, JsonValue

from engine.logic import Expression
from engine.recipients import Recipients, chosen
from engine.run import Flipped, Open, Settled, Task, TaskActed, task_id
from engine.steps.base import Done, Given, Move, Park, Rest, Spec, StepModel, keep
from engine.values import Value

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


class Model(StepModel):
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
    return ("sent", "skipped", "expired", "refused")


def compile_step(model: Model, place: Place) -> EmailSpec | None:
    place.one_text(model.text, model.template, model.subject, mail=True)
    if model.from_ is not None:
        place.role(model.from_, "from")
    to = place.recipients(model.to, "to")
    if to is None:
        return None
    conditions = {"found": place.somebody(to)} if model.missing == "wait" else {}
    return EmailSpec(
        to=to,
        template=model.template,
        subject=model.subject,
        text=model.text,
        sender=model.from_,
        topic=model.topic,
        missing=model.missing,
        conditions=conditions,
    )


def enter(spec: EmailSpec, ctx: Context) -> Move:
    recipients = chosen(spec.to, ctx)
    if not recipients:
        return _nobody(spec, ctx)
    for contact in recipients:
        content = _content(spec, contact, ctx)
        ctx.want("email", "email", str(contact["id"]), str(contact["email"]), content)
    return Rest(memo={"waiting": [str(contact["id"]) for contact in recipients], "sent": 0})


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
    found = ctx.find(role) if role else None
    path = f"{ctx.path}/missing"
    due = ctx.resolve(ctx.world.policy.tasks.due, "closes", ctx.calendar_of(found))
    task = Task(
        id=task_id(ctx.run.id, path, ctx.visit),
        run=ctx.run.id,
        account=ctx.world.account,
        playbook=ctx.plan.playbook,
        path=path,
        step=ctx.step.id,
        visit=ctx.visit,
        kind="missing",
        title=f"Find a contact: {spec.to}",
        instructions=f"'{ctx.step.id}' of {ctx.plan.title} had nobody to write to.",
        role=role,
        person=found.id if found else None,
        opened=ctx.now,
        due=due,
    )
    ctx.attach("missing", ctx.save(task))
    ctx.log("opened", below="missing", kind="task", assigned=role, person=task.person, due=ctx.shown(due))
    ctx.tell(found, "task", task.title, below="missing", task=task.id)


def resume(spec: EmailSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Flipped(name="found"):
            return enter(spec, ctx)
        case TaskActed():
            return _answered(open_, given, ctx)
        case Settled():
            return _settled(spec, open_, given, ctx)
        case _:
            return keep(open_)


def _answered(open_: Open, given: TaskActed, ctx: Context) -> Move:
    from engine.steps.task import act

    return act(Task.model_validate(open_.memo["task"]), open_, given, ctx)


def _settled(spec: EmailSpec, open_: Open, given: Settled, ctx: Context) -> Move:
    if given.state == "failed":
        return Park(f"the mail to {given.to} was refused: {given.reason}")
    if given.state == "sent":
        ctx.log("sent", contact=given.to, template=spec.template)
    else:
        ctx.log("skipped", contact=given.to, template=spec.template, reason=given.reason)
    waiting = [one for one in _ids(open_) if one != given.to]
    sent = _count(open_) + (given.state == "sent")
    if waiting:
        return Rest(memo={"waiting": list(waiting), "sent": sent})
    return Done("sent" if sent else "skipped")


def _ids(open_: Open) -> list[str]:
    waiting = open_.memo.get("waiting")
    return [str(one) for one in waiting] if isinstance(waiting, list) else []


def _count(open_: Open) -> int:
    sent = open_.memo.get("sent")
    return sent if isinstance(sent, int) else 0
