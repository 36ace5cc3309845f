"""`email`: one mail to a contact, or one to each; the run goes on when all have settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field, JsonValue

from engine import messages
from engine.logic import Condition, Expression
from engine.mailing import EXPIRED, MISSING, UNREACHABLE
from engine.quantities import Duration
from engine.recipients import Recipients, chosen
from engine.run import Effect, Flipped, Open, Settled
from engine.sendtimes import SendTimes
from engine.steps import approval, mails, nobody
from engine.steps.base import Done, Given, Move, Park, Rest, Spec, TimeUp, Unready, WaitingModel, keep
from engine.steps.mails import SendModel
from engine.stored import to_json
from engine.values import read_instant

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


_LOST: Final = "lost"  # who turned out to be out of reach


class Model(WaitingModel):
    noun: ClassVar[str] = "an email"

    email: str
    to: Any
    cc: str | list[str] | None = None
    template: str | None = None
    subject: str | None = None
    text: str | None = None
    from_: str | None = Field(default=None, alias="from")
    topic: str | None = None
    send: SendModel | None = None
    expires: str | None = None
    approval: str | None = None
    missing: Literal["task", "skip", "wait"] = "task"


class EmailSpec(Spec):
    """`approval` is the role that says whether it may be sent."""

    added: ClassVar = frozenset({"send", "expires", "cc", "approval"})

    kind: Literal["email"] = "email"
    to: Recipients
    template: str | None = None
    subject: str | None = None
    text: str | None = None
    sender: str | None = None
    topic: str | None = None
    missing: Literal["task", "skip", "wait"] = "task"
    send: SendTimes | None = None
    expires: Duration | None = None
    cc: tuple[str, ...] | None = None
    approval: str | None = None

    def expressions(self) -> tuple[Expression, ...]:
        return self.awaits() + self.to.conditions


def outcomes(model: Model) -> tuple[str, ...]:
    return ("sent", "skipped", "expired", "refused", *(("timed_out",) if model.at_most else ()))


def compile_step(model: Model, place: Place) -> EmailSpec | None:
    messages.check_text(place, model.text, model.template, model.subject, mail=True)
    messages.check_topic(place, model.topic)
    approver = None if model.approval == approval.NOBODY else model.approval
    for role, key in ((model.from_, "from"), (approver, "approval")):
        if role is not None:
            place.role(role, key)
    to = messages.recipients(place, model.to, "to")
    cc, send = mails.copies(model.cc, place), mails.send_times(model.send, place)
    expires = place.duration(model.expires, "expires") if model.expires is not None else None
    conditions = _conditions(model, approver, to, place)
    limit = place.at_most(model)
    place.otherwise(model)
    nobody.check(model.missing, model.at_most or model.expires, place)
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
        send=send,
        expires=expires,
        cc=cc,
        approval=approver,
        conditions=conditions,
        at_most=limit,
    )


def _conditions(model: Model, approver: str | None, to: Recipients | None, place: Place) -> dict[str, Condition]:
    asked = place.holder(approver) if approver else None
    several = nobody.conditions(model.missing, to, place) | {approval.HOLDER: asked}
    return {name: one for name, one in several.items() if one}


def enter(spec: EmailSpec, ctx: Context) -> Move:
    """Tried again after a refusal, only what was refused is wanted anew."""
    settled, lost = _ids(ctx.memo, "settled"), _ids(ctx.memo, _LOST)
    recipients = chosen(spec.to, ctx, lost)
    expires = mails.expiry(spec, ctx.memo.get(mails.EXPIRES), ctx)
    if not recipients and not settled:
        return nobody.there(spec, "skipped", expires, ctx)
    left = [contact for contact in recipients if str(contact["id"]) not in settled]
    # All are written before the first is wanted: a text that cannot be made keeps every one of them back.
    kept = _kept(ctx.memo) | ({mails.EXPIRES: to_json(expires)} if expires else {})
    try:
        contents: dict[str, JsonValue] = {str(one["id"]): mails.content(spec, one, ctx, expires) for one in left}
    except Unready as lacking:
        return Park(str(lacking), {**ctx.memo, **kept}, lacking.awaits, timers=mails.until(expires))
    if spec.approval is not None and not settled and not ctx.memo.get("approved"):
        asking = replace(ctx, memo={"contents": contents, **kept})
        return approval.ask(spec.approval, _shown(contents), expires, asking)
    return _want(spec, contents, replace(ctx, memo={**ctx.memo, **kept}))


def anew(spec: EmailSpec, effect: Effect, ctx: Context) -> dict[str, JsonValue] | None:
    """What one that was put off says now; None where it stays as somebody approved it, or there is nobody."""
    contact = next((one for one in ctx.contacts() if str(one["id"]) == effect.to), None)
    return mails.content(spec, contact, ctx, None) if contact and not ctx.memo.get("approved") else None


def _want(spec: EmailSpec, contents: Mapping[str, JsonValue], ctx: Context) -> Move:
    """Each goes to whoever can still be written to."""
    able = {str(one["id"]): str(one["email"]) for one in ctx.contacts() if one.get("email")}
    wanted = {to: said for to, said in contents.items() if to in able and isinstance(said, dict)}
    for to, said in wanted.items():
        ctx.want("email", "email", to, able[to], said)
    lost = [to for to in contents if to not in wanted]
    for to in lost:
        ctx.log("skipped", contact=to, template=spec.template, reason=MISSING)
    settled: list[JsonValue] = [*_ids(ctx.memo, "settled"), *lost]
    memo = _memo(ctx.memo, wanted, failed={}, settled=settled, lost=[*_ids(ctx.memo, _LOST), *lost])
    return Rest(memo=memo) if wanted else _through(spec, memo, ctx)


def _shown(contents: Mapping[str, JsonValue]) -> str:
    """What would be sent, for whoever decides on it."""
    said = [one for one in contents.values() if isinstance(one, dict)]
    to = ", ".join(str(one["name"]) for one in said)
    first = said[0] if said else {}
    if len({(str(one.get("subject")), str(one.get("body"))) for one in said}) > 1:
        to = f"{to}, each in their own words. To {first['name']}"
    return f"To {to}\n\n{first.get('subject', '')}\n\n{first.get('body', '')}"


def mails_of(open_: Open) -> dict[str, JsonValue]:
    """What would be sent when it is approved, by contact."""
    contents = open_.memo.get("contents")
    return contents if isinstance(contents, dict) else {}


def resume(spec: EmailSpec, open_: Open, given: Given, ctx: Context) -> Move:
    if "contents" in open_.memo and "task" in open_.memo:
        return _approved(spec, approval.decided(open_, given, ctx), open_, given, ctx)
    if "task" in open_.memo:
        return nobody.resume(open_, given, ctx)
    match given:
        case TimeUp(name=mails.EXPIRES):
            return _expired(spec, open_, ctx)
        case Flipped(name=nobody.FOUND):
            return enter(spec, ctx)
        case Settled():
            return _settled(spec, open_, given, ctx)
        case _:
            return keep(open_)


def _expired(spec: EmailSpec, open_: Open, ctx: Context) -> Move:
    """What lacked something, or was refused, is not worth sending any more."""
    settled = _ids(open_.memo, "settled")
    lacking = [str(one["id"]) for one in chosen(spec.to, ctx) if str(one["id"]) not in settled]
    known = [*_reasons(open_.memo)] or lacking
    for to in known or (None,):
        ctx.log("skipped", contact=to, template=spec.template, reason=EXPIRED)
    return Done("sent" if _count(open_.memo, "sent") else EXPIRED)


def _approved(spec: EmailSpec, word: str | Move, open_: Open, given: Given, ctx: Context) -> Move:
    if not isinstance(word, str):
        return word
    if word == approval.APPROVED:
        contents = approval.edited(mails_of(open_), given, ctx)
        return _want(spec, contents, replace(ctx, memo={"approved": True, **_kept(open_.memo)}))
    ctx.log("skipped", reason=word)
    return Done(word)


def _settled(spec: EmailSpec, open_: Open, given: Settled, ctx: Context) -> Move:
    """A mail that was refused parks the step when the others have gone; tried again, only that one is wanted anew."""
    memo = open_.memo
    waiting = [one for one in _ids(memo, "waiting") if one != given.to]
    if given.state == "failed":
        return _on(spec, _memo(memo, waiting, failed={**_reasons(memo), given.to: given.reason}), ctx)
    went = given.state == "sent"
    reason = None if went else given.reason
    ctx.log("sent" if went else "skipped", contact=given.to, template=spec.template, reason=reason)
    counts: dict[str, JsonValue] = {name: _count(memo, name) + (given.state == name) for name in ("sent", "expired")}
    counts[_LOST] = [*_ids(memo, _LOST), *([given.to] if reason in UNREACHABLE else [])]
    return _on(spec, _memo(memo, waiting, settled=[*_ids(memo, "settled"), given.to], **counts), ctx)


def _on(spec: EmailSpec, memo: dict[str, JsonValue], ctx: Context) -> Move:
    if memo["waiting"]:
        return Rest(memo=memo)
    if failed := _reasons(memo):
        told = "; ".join(f"the mail to {to} was refused: {reason}" for to, reason in failed.items())
        return Park(told, memo, timers=mails.until(_expiry(memo)))
    return _through(spec, memo, ctx)


def _expiry(memo: Mapping[str, JsonValue]) -> datetime | None:
    said = memo.get(mails.EXPIRES)
    return read_instant(said) if isinstance(said, str) else None


def _through(spec: EmailSpec, memo: Mapping[str, JsonValue], ctx: Context) -> Move:
    """When none of those whom it was for could be reached, it is as if they had not been there: the next one gets it,
    where there is one.
    """
    lost = _ids(memo, _LOST)
    if lost and {*_ids(memo, "settled")} <= {*lost}:
        waits = spec.missing == "wait" and not chosen(spec.to, ctx)
        if waits or (spec.to.each is None and chosen(spec.to, ctx, lost)):
            return enter(spec, replace(ctx, memo=_kept(memo)))
        if spec.missing != "skip":
            nobody.ask_instead(spec, ctx)
    return Done(next((name for name in ("sent", "expired") if _count(memo, name)), "skipped"))


def _memo(former: Mapping[str, JsonValue], waiting: Iterable[str], **changes: JsonValue) -> dict[str, JsonValue]:
    """Whose mails have not settled, whose have, and how many of them were sent and how many came too late."""
    nothing: dict[str, JsonValue] = {"settled": [], _LOST: [], "failed": {}, "sent": 0, "expired": 0}
    kept = {name: former[name] for name in (*nothing, "approved", mails.EXPIRES) if name in former}
    return {**nothing, **kept, **changes, "waiting": [*waiting]}


def _kept(memo: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What holds for whoever gets it in the end."""
    return {name: value for name, value in memo.items() if name in {mails.EXPIRES, _LOST}}


def _ids(memo: Mapping[str, JsonValue], key: str) -> list[str]:
    ids = memo.get(key)
    return [str(one) for one in ids] if isinstance(ids, list) else []


def _reasons(memo: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    failed = memo.get("failed")
    return failed if isinstance(failed, dict) else {}


def _count(memo: Mapping[str, JsonValue], key: str) -> int:
    count = memo.get(key)
    return count if isinstance(count, int) else 0
