"""`webhook`: a signed POST to an address that policy.yaml names; the run goes on when it is taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, JsonValue

from engine.filled import Text, is_filled
from engine.logic import Expression, compile_expression
from engine.meant import is_meant
from engine.problems import suggest_or_list
from engine.run import Frozen, Open, Settled
from engine.steps.base import Done, Given, Move, Park, Rest, Spec, Unready, WaitingModel, keep
from engine.stored import to_json
from engine.validation import shown
from engine.values import UNKNOWN

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


class Model(WaitingModel):
    noun: ClassVar[str] = "a webhook"

    webhook: str
    url: str
    body: dict[str, Any] = Field(default_factory=dict)


class Nested(Frozen):
    kind: Literal["nested"] = "nested"
    parts: dict[str, Part]


class Several(Frozen):
    kind: Literal["several"] = "several"
    parts: tuple[Part, ...]


Part: TypeAlias = Expression | Text | Nested | Several | JsonValue


class WebhookSpec(Spec):
    """`url` is a name of policy's webhooks. What is sent is JSON: calculations, filled texts and values as they are."""

    kind: Literal["webhook"] = "webhook"
    url: str
    body: dict[str, Part]

    def expressions(self) -> tuple[Expression, ...]:
        return (*self.awaits(), *(read for one in self.body.values() for read in _read(one)))


def _read(part: Part) -> Iterator[Expression]:
    match part:
        case Expression():
            yield part
        case Nested(parts=parts):
            yield from (read for one in parts.values() for read in _read(one))
        case Several(parts=several):
            yield from (read for one in several for read in _read(one))


def outcomes(model: Model) -> tuple[str, ...]:
    return ("posted", "skipped", "timed_out") if model.at_most else ("posted", "skipped")


def compile_step(model: Model, place: Place) -> WebhookSpec:
    known = place.policy.webhooks
    if model.url not in known:
        message = f"'{model.url}' is not a webhook of policy.yaml"
        fix = suggest_or_list(model.url, known) or "Write 'webhooks: {NAME: {url: …, secret_env: …}}' there."
        place.fault("url", message=message, fix=fix, code="unknown-webhook")
    body = {name: _part(place, value, name) for name, value in model.body.items()}
    limit = place.at_most(model)
    place.otherwise(model)
    return WebhookSpec(url=model.url, body=body, at_most=limit)


def _part(place: Place, source: Any, *keys: str | int) -> Part:
    """A calculation where the author's words are one, a text with names in it, or the value itself; a mapping or a list
    of such.
    """
    match source:
        case Decimal():
            return to_json(source)
        case str() if is_filled(source):
            place.text(source, "body", *keys)
            return Text(source=source)
        case str():
            return _reckoned(place, source, *keys)
        case dict():
            return Nested(parts={str(name): _part(place, one, *keys, name) for name, one in source.items()})
        case list():
            return Several(parts=tuple(_part(place, one, *keys, index) for index, one in enumerate(source)))
        case bool() | int() | None:
            return source
    message = f"a value, a calculation or a text is due here, not {shown(source)}"
    place.fault("body", *keys, message=message, fix="Write a text or a number.", code="wrong-type")
    return None


def _reckoned(place: Place, source: str, *keys: str | int) -> Part:
    found = compile_expression(source, place.names)
    if isinstance(found, Expression):
        return found
    if is_meant(source):
        place.faults(found, "body", *keys, code="condition")
    return source


def enter(spec: WebhookSpec, ctx: Context) -> Move:
    hook = ctx.world.policy.webhooks.get(spec.url)
    if hook is None:
        raise Unready(f"policy.yaml names no webhook '{spec.url}' any more")
    told = {name: _value(name, part, ctx) for name, part in spec.body.items()}
    content: dict[str, JsonValue] = {"body": json.dumps(told, ensure_ascii=False), "secret_env": hook.secret_env}
    ctx.want("webhook", "webhook", spec.url, hook.url, content)
    return Rest()


def resume(spec: WebhookSpec, open_: Open, given: Given, ctx: Context) -> Move:
    match given:
        case Settled(state="sent"):
            ctx.log("posted", to=spec.url)
            return Done("posted")
        case Settled(state="failed"):
            return Park(f"{spec.url} refused it: {given.reason}")
        case Settled():
            ctx.log("skipped", reason=given.reason)
            return Done("skipped")
        case _:
            return keep(open_)


def _value(name: str, part: Part, ctx: Context) -> JsonValue:
    """Raises Unready for what is not known: nothing half-made leaves."""
    match part:
        case Text(source=source):
            return ctx.text(source)
        case Nested(parts=parts):
            return {key: _value(f"{name} > {key}", one, ctx) for key, one in parts.items()}
        case Several(parts=several):
            return [_value(f"{name} {number}", one, ctx) for number, one in enumerate(several, 1)]
        case Expression():
            return _calculated(name, part, ctx)
        case _:
            return part


def _calculated(name: str, part: Expression, ctx: Context) -> JsonValue:
    value = part.value(ctx.scope)
    if value is UNKNOWN:
        awaits = next((path for path in sorted(part.reads) if ctx.lacked(path)), None)
        raise Unready(f"{name} is '{part.text}', which is not known", awaits)
    return to_json(value)
