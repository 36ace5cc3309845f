"""`slack`: a message to a person, a role or a channel; the run goes on when it is posted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from engine import messages
from engine.run import Open, Settled
from engine.steps.base import Done, Given, Move, Park, Rest, Spec, WaitingModel, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


class Model(WaitingModel):
    noun: ClassVar[str] = "a slack step"

    slack: str
    to: str
    text: str | None = None
    template: str | None = None
    missing: Literal["skip"] | None = None


class SlackSpec(Spec):
    """`to` is a role, a person's id, a `#channel`, or the path of a text field of the account; `missing` says what
    becomes of it when there is nobody and no such channel: None for a person to see to it.
    """

    added: ClassVar = frozenset({"missing"})

    kind: Literal["slack"] = "slack"
    to: str
    text: str | None = None
    template: str | None = None
    missing: Literal["skip"] | None = None


def outcomes(model: Model) -> tuple[str, ...]:
    return ("posted", "skipped", "timed_out") if model.at_most else ("posted", "skipped")


def compile_step(model: Model, place: Place) -> SlackSpec:
    messages.check_text(place, model.text, model.template)
    messages.check_colleague(place, model.to, "to")
    limit = place.at_most(model)
    place.otherwise(model)
    return SlackSpec(to=model.to, text=model.text, template=model.template, missing=model.missing, at_most=limit)


def enter(spec: SlackSpec, ctx: Context) -> Move:
    found = ctx.address(spec.to)
    if found is None and spec.missing == "skip":
        ctx.log("skipped", reason="missing")
        return Done("skipped")
    body = ctx.text(spec.text) if spec.text is not None else ctx.template(spec.template or "").body
    if found is None:
        return Park(f"nobody to send it to: {spec.to} is not known", awaits=ctx.lacked(spec.to))
    recipient, address = found
    ctx.want("slack", "slack", recipient, address, {"body": body, "template": spec.template})
    return Rest(memo={"to": spec.to, "person": None if recipient == spec.to else recipient})


def resume(_spec: SlackSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Settled(state="sent"):
            ctx.log("posted", to=open_.memo["to"], person=open_.memo["person"])
            return Done("posted")
        case Settled(state="skipped"):
            ctx.log("skipped", reason=given.reason)
            return Done("skipped")
        case Settled():
            return Park(f"Slack refused the message: {given.reason}")
        case _:
            return keep(open_)
