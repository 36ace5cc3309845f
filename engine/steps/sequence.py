"""`sequence`: mails in turn, to each recipient at their own pace, until they answer or something stops all of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, JsonValue

from engine import messages
from engine.logic import Condition, Expression
from engine.mailing import EXPIRED, MISSING, UNREACHABLE
from engine.quantities import Duration
from engine.recipients import Recipients, chosen
from engine.run import Answered, Effect, Flipped, Frozen, Open, Settled
from engine.sendtimes import SendTimes
from engine.steps import mails, nobody, stopping
from engine.steps.base import (
    Awaited,
    Done,
    Given,
    Move,
    Park,
    Rest,
    Spec,
    StepModel,
    TimeUp,
    Unready,
    WaitingModel,
    keep,
)
from engine.steps.mails import SendModel
from engine.stored import to_json
from engine.values import Value, read_instant

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

OUTCOMES: Final = ("replied", "unsubscribed", "bounced", "stopped", "finished", "nobody")
_ENDS: Final = {"reply": "replied", "unsubscribe": "unsubscribed", "bounce": "bounced"}
# Of several recipients whose ways differ: what matters most to the playbook.
_RANK: Final = ("replied", "finished", "unsubscribed", "bounced", "nobody")
_DUE: Final = "mail/"
_APPROVED: Final = "Write each mail as an '- email: …' with 'approval', and '- wait: …' between them"
_OF_EACH: Final = "It belongs to each mail: 'mails: [{template: …}]'"
_OF_ALL: Final = "It stands beside 'mails', and is the same for all of them"
_EXPIRES: Final = f"{mails.EXPIRES}/"


class MailModel(StepModel):
    noun: ClassVar[str] = "a mail"
    elsewhere: ClassVar = {"approval": _APPROVED, "to": _OF_ALL, "from": _OF_ALL, "missing": _OF_ALL}

    after: str | None = None
    template: str | None = None
    subject: str | None = None
    text: str | None = None
    topic: str | None = None
    send: SendModel | None = None
    expires: str | None = None
    cc: str | list[str] | None = None


class Model(WaitingModel):
    noun: ClassVar[str] = "a sequence"
    elsewhere: ClassVar = {"approval": _APPROVED, **dict.fromkeys(("template", "subject", "text", "after"), _OF_EACH)}

    sequence: str
    to: Any
    mails: list[MailModel]
    stop_on: list[Any] = Field(default_factory=list)
    from_: str | None = Field(default=None, alias="from")
    topic: str | None = None
    send: SendModel | None = None
    expires: str | None = None
    cc: str | list[str] | None = None
    missing: nobody.Missing = "task"


class MailSpec(Frozen):
    """One mail; `after` counts from when the one before was settled."""

    after: Duration | None = None
    template: str | None = None
    subject: str | None = None
    text: str | None = None
    sender: str | None = None
    topic: str | None = None
    send: SendTimes | None = None
    expires: Duration | None = None
    cc: tuple[str, ...] | None = None


class SequenceSpec(Spec):
    """`stops` are the answers that end it for all beside those that always end it for one; `events` are those that do,
    each with which of them are meant.
    """

    kind: Literal["sequence"] = "sequence"
    to: Recipients
    mails: tuple[MailSpec, ...]
    stops: tuple[str, ...] = ()
    events: dict[str, stopping.Event] = Field(default_factory=dict)
    missing: nobody.Missing = "task"

    def awaits(self) -> tuple[Condition, ...]:
        wheres = (one.where for one in self.events.values() if one.where)
        return (*self.conditions.values(), *wheres)

    def expressions(self) -> tuple[Expression, ...]:
        return self.awaits() + self.to.conditions

    def awaited(self, name: str) -> Awaited:
        found = self.events.get(name)
        return Awaited(found.where, found.event) if found else Awaited(self.conditions[name])

    @property
    def watches(self) -> tuple[str, ...]:
        """What ends it for all, of the account itself."""
        return (*self.events, *(name for name in self.conditions if name.startswith(stopping.PREFIX)))


class Person(Frozen):
    """How far the sequence has come with one recipient: the number of the mail that is next or on its way. `due` is
    when it is wanted, None once it is; `over` is how it ended, `failed` why the mail could not go, `awaits` which path
    being known would let it; `expires` is until when it is worth sending. `got`: a mail of it
    has gone to them; `lost`: they could not be reached in the end.
    """

    mail: int = 1
    due: str | None = None
    over: str | None = None
    failed: str | None = None
    awaits: str | None = None
    expires: str | None = None
    got: bool | None = None
    lost: bool | None = None


def outcomes(model: Model) -> tuple[str, ...]:
    return (*OUTCOMES, "timed_out") if model.at_most else OUTCOMES


def compile_step(model: Model, place: Place) -> SequenceSpec | None:
    if not model.mails:
        fix = "Write '- {template: NAME}'."
        place.fault("mails", message="the sequence has no mail", fix=fix, code="no-mails")
    if model.from_ is not None:
        place.role(model.from_, "from")
    to = messages.recipients(place, model.to, "to")
    shared = _said(model, model.from_, place)
    several = [_mail(one, shared, place.inside("mails", index)) for index, one in enumerate(model.mails)]
    _check_pauses(model.mails, place)
    stops = stopping.read(model.stop_on, place)
    conditions = nobody.conditions(model.missing, to, place)
    limit = place.at_most(model)
    place.otherwise(model)
    nobody.check(model.missing, model.at_most or model.expires, place)
    if to is None or not several:
        return None
    return SequenceSpec(
        to=to,
        mails=tuple(several),
        stops=stops.answers,
        events=stops.events,
        missing=model.missing,
        conditions={name: one for name, one in conditions.items() if one} | stops.conditions,
        at_most=limit,
    )


def _check_pauses(said: list[MailModel], place: Place) -> None:
    for index, one in enumerate(said):
        if index and one.after is None:
            message = f"mail {index + 1} goes in the same minute as the mail before it"
            fix = "Add 'after: 3 business days'."
            place.fault("mails", index, message=message, fix=fix, code="mails-at-once", severity="warning")


def _said(model: Model | MailModel, sender: str | None, place: Place) -> MailSpec:
    """What may be said of one mail, and once for all."""
    messages.check_topic(place, model.topic)
    return MailSpec(
        sender=sender,
        topic=model.topic,
        send=mails.send_times(model.send, place),
        expires=place.duration(model.expires, "expires") if model.expires is not None else None,
        cc=mails.copies(model.cc, place),
    )


def _mail(model: MailModel, shared: MailSpec, place: Place) -> MailSpec:
    """What is said of all holds where the mail does not say otherwise."""
    messages.check_text(place, model.text, model.template, model.subject, mail=True)
    own = _said(model, shared.sender, place)
    return MailSpec(
        after=place.duration(model.after, "after") if model.after is not None else None,
        template=model.template,
        subject=model.subject,
        text=model.text,
        sender=shared.sender,
        topic=shared.topic if own.topic is None else own.topic,
        send=shared.send if own.send is None else own.send,
        expires=shared.expires if own.expires is None else own.expires,
        cc=shared.cc if own.cc is None else own.cc,
    )


# --- on its way


def enter(spec: SequenceSpec, ctx: Context) -> Move:
    """Who gets the mails is fixed here. Tried again, what could not go is made anew."""
    people = _people(ctx.memo) or {str(one["id"]): Person() for one in chosen(spec.to, ctx)}
    if not people:
        return nobody.there(spec, "nobody", mails.expiry(spec.mails[0], ctx.memo.get(mails.EXPIRES), ctx), ctx)
    for name, person in people.items():
        if person.failed is not None or "people" not in ctx.memo:
            people[name] = _want(spec, name, person, ctx) if person.failed else _come_to(spec, name, person.mail, ctx)
    return _on(spec, people, ctx)


def resume(spec: SequenceSpec, open_: Open, given: Given, ctx: Context) -> Move:
    if "task" in open_.memo:
        return nobody.resume(open_, given, ctx)
    if isinstance(given, Flipped):
        return enter(spec, ctx) if given.name == nobody.FOUND else _stopped(ctx, {"why": given.why})
    people = _people(open_.memo)
    match given:
        case TimeUp(name=mails.EXPIRES):
            ctx.log("skipped", reason=EXPIRED, outcome="nobody")
            return Done("nobody")
        case TimeUp(name=name) if name.startswith(_DUE):
            to = name.removeprefix(_DUE)
            people[to] = _want(spec, to, Person(mail=people[to].mail, got=people[to].got), ctx)
        case TimeUp(name=name) if name.startswith(_EXPIRES):
            to = name.removeprefix(_EXPIRES)
            people[to] = _too_late(spec, to, people[to], ctx)
        case Settled(to=to) if to in people and people[to].due is None:
            people[to] = _settled(spec, people[to], given, ctx)
        case Answered(verb=verb) if verb in spec.stops:
            return _stopped(ctx, {"reason": verb, "contact": given.to})
        case Answered(to=to, verb=verb) if to in people and people[to].over is None and verb in _ENDS:
            ctx.withdraw_from(to, given.why or verb)
            people[to] = _ended(spec, to, people[to].mail, _ENDS[verb], ctx, given.why)
        case _ if not people:
            return keep(open_)
    return _on(spec, people, ctx)


def _settled(spec: SequenceSpec, person: Person, given: Settled, ctx: Context) -> Person:
    """A mail that was on its way when its recipient answered changes nothing, but it went."""
    if given.state == "failed":
        return (
            person
            if person.over
            else person.model_copy(update={"failed": f"the mail to {given.to} was refused: {given.reason}"})
        )
    went = given.state == "sent"
    template = spec.mails[person.mail - 1].template
    reason = None if went else given.reason
    event, below = "sent" if went else "skipped", f"{_DUE}{person.mail}"
    ctx.log(event, below=below, kind="email", contact=given.to, template=template, reason=reason)
    if person.over:
        return person
    following = _come_to(spec, given.to, person.mail + 1, ctx, got=person.got or went or None)
    return _lost(following) if following.over == "finished" and reason in UNREACHABLE else following


def _ended(spec: SequenceSpec, to: str, number: int, over: str, ctx: Context, why: str | None = None) -> Person:
    """Whoever has answered gets nothing more: the mail whose turn it was is passed over, and all behind it."""
    template = spec.mails[number - 1].template
    ctx.log("skipped", below=f"{_DUE}{number}", kind="email", contact=to, template=template, reason=why or over)
    return Person(mail=number, over=over)


def _too_late(spec: SequenceSpec, to: str, person: Person, ctx: Context) -> Person:
    """A mail that could not go is not worth sending any more."""
    template = spec.mails[person.mail - 1].template
    ctx.log("skipped", below=f"{_DUE}{person.mail}", kind="email", contact=to, template=template, reason=EXPIRED)
    return _come_to(spec, to, person.mail + 1, ctx, got=person.got)


def _come_to(spec: SequenceSpec, to: str, number: int, ctx: Context, *, got: bool | None = None) -> Person:
    """The next mail, now or when its time has come; or that was the last."""
    if number > len(spec.mails):
        return Person(mail=number - 1, over="finished", got=got)
    after = spec.mails[number - 1].after
    due = ctx.after(after) if after else ctx.now
    next_one = Person(mail=number, got=got)
    return Person(mail=number, due=str(to_json(due)), got=got) if due > ctx.now else _want(spec, to, next_one, ctx)


def _want(spec: SequenceSpec, to: str, person: Person, ctx: Context) -> Person:
    contact, number, got = _contact(to, ctx), person.mail, person.got
    if contact is None:
        ctx.log("skipped", below=f"{_DUE}{number}", kind="email", contact=to, reason=MISSING)
        return _lost(Person(mail=number, got=got))
    mail = spec.mails[number - 1]
    expires = mails.expiry(mail, person.expires, ctx)
    until = str(to_json(expires)) if expires else None
    try:
        content = mails.content(mail, contact, ctx, expires, below=f"{_DUE}{number}")
    except Unready as lacking:
        return Person(mail=number, failed=str(lacking), awaits=lacking.awaits, expires=until, got=got)
    ctx.want("email", "email", to, str(contact["email"]), content, below=f"{_DUE}{number}")
    return Person(mail=number, expires=until, got=got)


def anew(spec: SequenceSpec, effect: Effect, ctx: Context) -> dict[str, JsonValue] | None:
    """What a mail that was put off says now; None where it is not their turn any more."""
    person, contact = _people(ctx.memo).get(effect.to), _contact(effect.to, ctx)
    if person is None or person.over or contact is None:
        return None
    return mails.content(spec.mails[person.mail - 1], contact, ctx, None, below=f"{_DUE}{person.mail}")


def _lost(person: Person) -> Person:
    """Nobody can be reached who was there, at the latest with the last mail."""
    return person.model_copy(update={"over": "finished" if person.got else "nobody", "lost": True})


def _contact(to: str, ctx: Context) -> Mapping[str, Value] | None:
    return next((one for one in ctx.contacts() if str(one["id"]) == to and one.get("email")), None)


def _on(spec: SequenceSpec, people: Mapping[str, Person], ctx: Context) -> Move:
    """A mail that cannot go parks the step when nothing else is under way."""
    memo: dict[str, JsonValue] = {"people": {name: one.model_dump(exclude_none=True) for name, one in people.items()}}
    still = [one for one in people.values() if one.over is None]
    if not still:
        return _over(spec, people, ctx)
    stuck = [one for one in still if one.failed is not None]
    timers = _expiries(people)
    if len(stuck) == len(still):
        reason = "; ".join(str(one.failed) for one in stuck)
        return Park(reason, memo, awaits=stuck[0].awaits, watches=spec.watches, timers=timers)
    timers |= {f"{_DUE}{name}": read_instant(one.due) for name, one in people.items() if one.due and one.over is None}
    return Rest(timers=timers, watches=spec.watches, memo=memo)


def _expiries(people: Mapping[str, Person]) -> dict[str, datetime]:
    stuck = {name: one.expires for name, one in people.items() if one.failed and one.over is None}
    return {f"{_EXPIRES}{name}": read_instant(at) for name, at in stuck.items() if at is not None}


def _over(spec: SequenceSpec, people: Mapping[str, Person], ctx: Context) -> Done:
    ends = {one.over for one in people.values()}
    outcome = next(one for one in _RANK if one in ends)
    if spec.missing == "task" and all(one.lost for one in people.values()):
        nobody.ask_instead(spec, ctx)
    ctx.log("completed", outcome=outcome)
    return Done(outcome)


def _stopped(ctx: Context, seen: Mapping[str, JsonValue]) -> Done:
    """For all: mails that have not gone are not sent."""
    ctx.withdraw_effects("stopped")
    ctx.log("completed", "", None, outcome="stopped", **seen)
    return Done("stopped")


def _people(memo: Mapping[str, JsonValue]) -> dict[str, Person]:
    raw = memo.get("people")
    return {name: Person.model_validate(one) for name, one in raw.items()} if isinstance(raw, dict) else {}
