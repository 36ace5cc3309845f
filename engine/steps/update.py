"""`update`: sets fields of the account, as facts that the run itself says."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import JsonValue

from engine.declared.fields import value_fault
from engine.filled import Text, is_filled
from engine.logic import Expression, compile_answering
from engine.meant import ROOMS, is_meant
from engine.problems import suggest, suggest_or_list
from engine.run import Open
from engine.steps.base import SAID, Done, Given, Move, Rest, Spec, StepModel, Unready
from engine.stored import to_json
from engine.types import Type
from engine.values import UNKNOWN, from_json

# What nobody would write who means the value of a field that is no text: a name, a function, a sign.
_RECKONED: Final = re.compile(rf"\b({'|'.join(ROOMS)})\.|[a-z_]\(|[*/%<>=\"']| [-+] ")
_FREE: Final = frozenset({"text", "url", "email"})

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


class Model(StepModel):
    noun: ClassVar[str] = "an update"

    update: str
    set: dict[str, Any]


class UpdateSpec(Spec):
    kind: Literal["update"] = "update"
    values: dict[str, Expression | Text | JsonValue]

    def expressions(self) -> tuple[Expression, ...]:
        return tuple(one for one in self.values.values() if isinstance(one, Expression))


def outcomes(_: Model) -> tuple[str, ...]:
    return ()


def compile_step(model: Model, place: Place) -> UpdateSpec | None:
    if not model.set:
        fix = "Write 'set: {FIELD: VALUE}'."
        place.fault("set", message="an update needs at least one field", fix=fix, code="nothing-to-set")
    return UpdateSpec(values={name: _field_value(place, name, value) for name, value in model.set.items()})


def _field_value(place: Place, field: str, source: Any) -> Expression | Text | JsonValue:
    """What a field is to be set to: an expression where the author's words are one, else the text itself."""
    known = place.vocabulary.fields
    if field == "id":
        place.fault("set", "id", message="an account's id never changes", fix="Take it away.", code="unknown-field")
        return None
    if field not in known:
        message = f"'{field}' is not a field of an account"
        fix = suggest_or_list(field, [one for one in known if one != "id"])
        place.fault("set", field, message=message, fix=fix, code="unknown-field")
        return None
    if source is None:
        _check_nothing(place, field)
        return None
    return _typed(place, field, known[field].type, source)


def _check_nothing(place: Place, field: str) -> None:
    """A field that is set to null is unknown again, which one that every account has can never be."""
    if place.vocabulary.fields[field].required:
        message = f"every account has its {field}, so it cannot become unknown"
        place.fault("set", field, message=message, fix="Set it to something.", code="required-field")


def _typed(place: Place, field: str, want: Type, source: Any) -> Expression | Text | JsonValue:
    """What neither parses and types nor is meant as such is text, or whatever its words are a value of."""
    written = _as_text(source)
    if isinstance(written, str) and is_filled(written):
        return _filled(place, field, want, written)
    found = compile_answering(written, place.names, want)
    if isinstance(found, Expression):
        return found
    fault = _unfit(written, want) if isinstance(written, str) else ""
    if isinstance(written, str) and want.kind not in _FREE and not fault:
        return written  # Asia/Tokyo is that zone, and no quotient
    if not isinstance(written, str) or _is_reckoned(written, want):
        place.faults(found, "set", field, code="condition")
    elif fault:
        place.fault("set", field, message=fault, fix=suggest(written, want.choices), code="wrong-value")
    else:
        return written
    return None


def _filled(place: Place, field: str, want: Type, source: str) -> Text | None:
    if want.kind not in _FREE:
        message = f"'{{{{ … }}}}' fills in a text, and {field} is {want.name}"
        place.fault("set", field, message=message, fix="Write the calculation alone.", code="wrong-value")
        return None
    place.text(source, "set", field)
    return Text(source=source)


def _is_reckoned(written: str, want: Type) -> bool:
    return is_meant(written) if want.kind in _FREE else _RECKONED.search(written) is not None


def _as_text(source: Any) -> Any:
    match source:
        case bool():
            return "true" if source else "false"
        case int() | Decimal():
            return format(source, "f") if isinstance(source, Decimal) else str(source)
        case _:
            return source


def _unfit(said: str, want: Type) -> str:
    """Why the words are no value of the field's type; "" when they are."""
    if want.family != "text" and want.kind not in {"date", "instant"}:
        return f"'{said}' is not {want.name}"
    try:
        return value_fault(from_json(said, want), want)
    except ValueError as error:
        return str(error)


def enter(spec: UpdateSpec, ctx: Context) -> Move:
    fields = {name: _value(name, value, ctx) for name, value in spec.values.items()}
    ctx.set_fields(fields)
    ctx.log("updated", set=fields)
    return Rest(timers={SAID: ctx.now})


def resume(_spec: UpdateSpec, _open: Open, _given: Given, _ctx: Context) -> Move:
    """The facts have been taken in; what they changed can be seen from here on."""
    return Done()


def _value(name: str, value: Expression | Text | JsonValue, ctx: Context) -> JsonValue:
    """Raises Unready for what no fact could say: what is not known, or does not fit the field."""
    if isinstance(value, Text):
        return _fitting(name, value.source, ctx.text(value.source), ctx)
    if not isinstance(value, Expression):
        return value
    known = value.value(ctx.scope)
    if known is UNKNOWN:
        raise Unready(f"{name} is to be set to '{value.text}', which is not known")
    return _fitting(name, value.text, to_json(known), ctx)


def _fitting(name: str, written: str, said: JsonValue, ctx: Context) -> JsonValue:
    field = ctx.world.vocabulary.fields.get(name)
    if field is None:
        raise Unready(f"{name} is no field of the vocabulary any more")
    try:
        fault = value_fault(from_json(said, field.type), field.type)
    except ValueError as error:
        fault = str(error)
    if fault:
        raise Unready(f"{name} cannot be set to '{written}': {fault}")
    return said
