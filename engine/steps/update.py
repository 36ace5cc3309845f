"""`update`: sets fields of the account, as facts that the run itself says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import JsonValue

from engine.logic import Expression
from engine.run import Open
from engine.steps.base import Done, Given, Move, Rest, Spec, StepModel, Unready
from engine.stored import to_json
from engine.values import UNKNOWN

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


class Model(StepModel):
    noun: ClassVar[str] = "an update"

    update: str
    set: dict[str, Any]


class UpdateSpec(Spec):
    kind: Literal["update"] = "update"
    values: dict[str, Expression | JsonValue]

    def expressions(self) -> tuple[Expression, ...]:
        return tuple(one for one in self.values.values() if isinstance(one, Expression))


def outcomes(model: Model) -> tuple[str, ...]:
    return ()


def compile_step(model: Model, place: Place) -> UpdateSpec | None:
    if not model.set:
        place.fault(
            "set",
            message="an update needs at least one field",
            fix="Write 'set: {FIELD: VALUE}'.",
            code="nothing-to-set",
        )
    values = {name: place.field_value(name, value, "set", name) for name, value in model.set.items()}
    return UpdateSpec(values=values)


def enter(spec: UpdateSpec, ctx: Context) -> Move:
    fields = {name: _value(name, value, ctx) for name, value in spec.values.items()}
    ctx.set_fields(fields)
    ctx.log("updated", set=fields)
    return Rest(timers={"set": ctx.now})


def resume(spec: UpdateSpec, open_: Open, given: Given, ctx: Context) -> Move:
    """The facts have been taken in; what they changed can be seen from here on."""
    return Done()


def _value(name: str, value: Expression | JsonValue, ctx: Context) -> JsonValue:
    if not isinstance(value, Expression):
        return value
    known = value.value(ctx.scope)
    if known is UNKNOWN:
        raise Unready(f"{name} is to be set to '{value.text}', which is not known")
    return to_json(known)
