"""`slack`: a message to a person, a role or a channel; the run goes on when it is posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal

from pydantic import JsonValue

from engine import messages
from engine.names_here import is_channel
from engine.problems import suggest_or_list
from engine.run import Open, Settled
from engine.steps.base import Done, Given, Move, Park, Rest, Spec, WaitingModel, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

THREAD: Final = "thread"
_TELLING: Final = frozenset({"slack", "task", "meeting", "escalate"})


class Model(WaitingModel):
    noun: ClassVar[str] = "a slack step"

    slack: str
    to: str
    text: str | None = None
    template: str | None = None
    missing: Literal["skip"] | None = None
    thread: str | None = None


class SlackSpec(Spec):
    """`to` is a role, a person's id, a `#channel`, or the path of a text field of the account; `missing` says what
    becomes of it when there is nobody and no such channel: None for a person to see to it. `thread`: below the last
    message to them of this step, where there is one.
    """

    added: ClassVar = frozenset({"missing", "thread"})

    kind: Literal["slack"] = "slack"
    to: str
    text: str | None = None
    template: str | None = None
    missing: Literal["skip"] | None = None
    thread: str | None = None


def outcomes(model: Model) -> tuple[str, ...]:
    return ("posted", "skipped", "timed_out") if model.at_most else ("posted", "skipped")


def compile_step(model: Model, place: Place) -> SlackSpec:
    messages.check_text(place, model.text, model.template)
    messages.check_colleague(place, model.to, "to")
    if model.thread is not None:
        _check_thread(model.thread, model.to, place)
    limit = place.at_most(model)
    place.otherwise(model)
    return SlackSpec(
        to=model.to,
        text=model.text,
        template=model.template,
        missing=model.missing,
        thread=model.thread,
        at_most=limit,
    )


def _check_thread(step: str, to: str, place: Place) -> None:
    """It begins with a message of its own, which may have gone by then."""
    steps = place.compiler.said
    told = {name: one for name, one in steps.items() if one.kind in _TELLING}
    may_be = [name for name, one in told.items() if not one.threaded and place.names.type_of(f"outcome.{name}")]
    if step in may_be:
        _check_same_place(step, to, place)
        return
    fix = suggest_or_list(step, may_be)
    if step not in steps:
        message = f"there is no step '{step}'"
    elif step not in told:
        message = f"'{step}' is no message in Slack: a thread begins with a slack, task, meeting or escalate step"
    elif steps[step].threaded:
        message = f"'{step}' is itself in a thread"
        fix = "Name the step with which the thread begins."
    else:
        message = f"the step '{step}' (line {steps[step].line}) cannot have happened where this stands"
    place.fault("thread", message=message, fix=fix or "Take 'thread' away.", code="unknown-thread")


def _check_same_place(step: str, to: str, place: Place) -> None:
    """A thread goes on where it began. Whose channel a field names, and whether two roles are one person, is seen only
    when it happens.
    """
    began = place.compiler.said[step]
    people = began.kind != "slack" or not began.channels
    own = any(not one.startswith("#") for one in began.channels)
    if to in began.channels or (own if to.startswith("#") else bool(began.channels) if is_channel(to) else people):
        return
    where = f"is told in {' and '.join(sorted(began.channels))}" if began.channels else "is told to a person"
    message = f"'{step}' {where}, and this goes to {to}, so it will be a message of its own"
    fix = "Send it to the same, or take 'thread' away."
    place.fault("thread", message=message, fix=fix, code="thread-elsewhere", severity="warning")


def enter(spec: SlackSpec, ctx: Context) -> Move:
    found = ctx.address(spec.to)
    if found is None and spec.missing == "skip":
        ctx.log("skipped", reason="missing")
        return Done("skipped")
    body = ctx.words(spec.text) if spec.text is not None else ctx.template(spec.template or "").body
    if found is None:
        return Park(f"nobody to send it to: {spec.to} is not known", awaits=ctx.lacked(spec.to))
    recipient, address = found
    below: dict[str, JsonValue] = {THREAD: spec.thread} if spec.thread is not None else {}
    ctx.want("slack", "slack", recipient, address, {"body": body, "template": spec.template, **below})
    return Rest(memo={"to": spec.to, "person": None if recipient == spec.to else recipient})


def resume(spec: SlackSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Settled(state="sent"):
            ctx.log("posted", to=open_.memo["to"], person=open_.memo["person"], thread=spec.thread)
            return Done("posted")
        case Settled(state="skipped"):
            ctx.log("skipped", reason=given.reason)
            return Done("skipped")
        case Settled():
            return Park(f"Slack refused the message: {given.reason}")
        case _:
            return keep(open_)
