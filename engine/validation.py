"""What an author wrote, as a model, or what is wrong with it: pydantic's errors in their words, each at its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, TypeAdapter, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from engine.document import Document, Path, Tree
from engine.problems import Position, Problems, Refusal, nearest, suggest, suggest_or_list
from engine.shapes import Shape

ModelT = TypeVar("ModelT", bound=BaseModel)
_NOTHING = object()
APPLIED: Final = "applied"  # the context in which what `checked` refuses stays as it is written


def checked(look: Callable[[str], str]) -> AfterValidator:
    """For texts that could be used as they are, and are refused because they cannot be meant."""

    def seen(written: str, info: ValidationInfo) -> str:
        return written if info.context == APPLIED else look(written)

    return AfterValidator(seen)


def validated(
    document: Document, model: type[ModelT], path: Path = (), where: str = "", data: Tree | None = None
) -> ModelT | Problems:
    """The model of what stands at `path`; `data` may stand in for it (a part of the mapping). `where` begins messages.

    >>> validated(document, TaskStep, ("steps", 3), "step 'review'")
    """
    context = APPLIED if document.applied else None
    try:
        return model.model_validate(document.value(path) if data is None else data, context=context)
    except ValidationError as error:
        return faults(error, document, model, path, where, data)


def faults(
    error: ValidationError, document: Document, model: Any, path: Path = (), where: str = "", data: Tree | None = None
) -> Problems:
    problems = Problems()
    said = document.value(path) if data is None else data
    for details in _without_echoes(error.errors()):
        _Fault(details, said, document, model, path, where).report(problems)
    return problems


def fits(document: Document, form: Any, path: Path, where: str = "") -> Any | Problems:
    """As `validated`, for a type that is not a model (`dict[str, Field]`)."""
    try:
        return TypeAdapter(form).validate_python(document.value(path))
    except ValidationError as error:
        return faults(error, document, form, path, where)


def _without_echoes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """A union reports once per member: of several faults at one value the first is enough."""
    kept: dict[tuple[Any, ...], ErrorDetails] = {}
    for details in errors:
        kept.setdefault(
            (id(details["input"]), details["loc"][:1], details["type"] == "missing", details["loc"][-1:]), details
        )
    return list(kept.values())


class _Fault:
    def __init__(
        self, details: ErrorDetails, said: Tree, document: Document, model: Any, path: Path, where: str
    ) -> None:
        self._details = details
        self._document = document
        self._kind = details["type"]
        self._of_key = details["loc"][-1:] == ("[key]",)
        self._inner = located(said, details)
        self._path = (*path, *self._inner)
        self._model = model
        self._where = where

    def report(self, problems: Problems) -> None:
        at, where, message, fix, code = self._said()
        problems.add(self._document.file, at, where, message, fix, code=code)

    def _said(self) -> tuple[Position, str, str, str, str]:
        name = str(self._inner[-1]) if self._inner else ""
        around = worded(self._where, self._inner[:-1])
        match self._kind:
            case "extra_forbidden":
                known, noun = _known_keys(self._model, self._inner[:-1])
                message = f"'{name}' is not a key {f'of {noun}' if noun else 'that is known here'}"
                fix = self._parted(name) or _elsewhere(self._model, self._inner) or suggest_or_list(name, known)
                return self._document.key_at(self._path), around, message, fix, "unknown-key"
            case "missing":
                return (
                    self._document.at(self._path[:-1]),
                    around,
                    f"'{name}' is missing",
                    f"Add `{name}: …`{self._as_in(self._inner[:-1])}",
                    "missing-key",
                )
        message, fix, code = _type_fault(self._details)
        fix = self._behind_hash() or fix or (self._instead() if code == "wrong-type" else "")
        if self._of_key:
            return self._document.key_at(self._path), around, message, fix, code
        return self._document.at(self._path), worded(self._where, self._inner), message, fix, code

    def _behind_hash(self) -> str:
        """Where nothing stands because what was written begins with # and is a comment."""
        if self._details["input"] is not None:
            return ""
        key = self._document.key_at(self._path)
        line = self._document.text.splitlines()[key.line - 1]
        found = re.match(r"[^\s:]+:\s+(#\S+)", line[key.column - 1 :])
        return f'Put quotes around text that begins with #, which begins a comment: "{found[1]}".' if found else ""

    def _parted(self, name: str) -> str:
        """Of words without a value, in braces: what stands behind a comma in a text without quotes."""
        if self._details["input"] is not None:
            return ""
        key = self._document.key_at(self._path)
        behind = self._document.text.splitlines()[key.line - 1][key.column - 1 :].removeprefix(name).lstrip()
        alone = " " in name or (behind[:1] in {",", "}"} and not meant_key(self._model, self._inner))
        return f'Put quotes around text that has a comma in it: "…, {name}".' if alone else ""

    def _instead(self) -> str:
        said = self._as_in(self._inner)
        return f"Write it{said.removeprefix(',')}" if said else ""

    def _as_in(self, inner: Path) -> str:
        """What is due there, or in the list there, as it is written."""
        forms = _members(self._model)
        models = [*_models_at(forms, inner), *_models_at(forms, (*inner, 0))]
        found = (one.example for one in models if issubclass(one, Shape) and one.example)
        return next((f", as in {one}" for one in found), "")


def _type_fault(details: ErrorDetails) -> tuple[str, str, str]:
    value, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "value_error" if isinstance(refusal := context.get("error"), Refusal):
            return refusal.message, refusal.fix, refusal.code
        case "value_error":
            return str(context.get("error", details["msg"])), "", "invalid-value"
        case "literal_error" | "enum":
            return _not_among(value, str(context["expected"]))
        case "string_pattern_mismatch":
            return (
                f"{shown(value)} is not a name as it is due here",
                f"Names match {context['pattern']}",
                "invalid-name",
            )
        case "less_than_equal" | "greater_than_equal":
            limit = context.get("le", context.get("ge"))
            bound = "at most" if "le" in context else "at least"
            return f"{bound} {limit} is due here, not {shown(value)}", "", "out-of-range"
    due = _DUE.get(details["type"])
    if due is None:
        return f"{shown(value)} does not do: {details['msg'].lower()}", "", "invalid-value"
    return f"{due} is due here, not {shown(value)}", _way_out(value, due), "wrong-type"


def _not_among(value: Any, expected: str) -> tuple[str, str, str]:
    choices = [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]
    choices = [{"True": "true", "False": "false"}.get(choice, choice) for choice in choices]
    near = suggest(value, choices) if isinstance(value, str) else ""
    fix = near or (f"Write one of {', '.join(choices)}" if len(choices) > 1 else f"Only '{choices[0]}' may stand here")
    return f"{shown(value)} is not a word that may stand here", fix, "unknown-word"


def _way_out(value: Any, due: str) -> str:
    quoted_number = isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit()
    if quoted_number and "number" in due:
        return "Take the quotes away"
    if (
        quoted_number is False
        and isinstance(value, str)
        and value.lower() in {"yes", "no", "on", "off"}
        and "true" in due
    ):
        return "Only true and false are flags"
    if isinstance(value, bool) and due == "text":
        return "Put quotes around it"
    return "Write something, or take the key away" if value is None else ""


_DUE = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "number_type": "a number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping of keys and values",
    "mapping_type": "a mapping of keys and values",
    "model_type": "a mapping of keys and values",
    "model_attributes_type": "a mapping of keys and values",
    "dataclass_type": "a mapping of keys and values",
}


def shown(value: Any) -> str:
    """A value as the author would know it again, short."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}…'"
        case Decimal():
            return format(value, "f")
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return str(value)


def worded(where: str, inner: Path) -> str:
    """ "test 'x' > then 3 > after" """
    parts = [where] if where else []
    for part in inner:
        if isinstance(part, int) and parts:
            parts[-1] += f" {part + 1}"
        else:
            parts.append(str(part))
    return " > ".join(parts)


def located(data: Tree, details: ErrorDetails) -> Path:
    """Where in plain data an error of pydantic's is, as deep as the data goes; without the names of union members that
    it mixes in.
    """
    loc, present = details["loc"], details["type"] != "missing"
    ways = (_descend(data, loc[:length], present=present) for length in range(len(loc), 0, -1))
    return next((found for found in ways if found is not None), ())


def _descend(data: Tree | object, loc: tuple[int | str, ...], *, present: bool) -> Path | None:
    if not loc:
        return ()
    if len(loc) == 1 and not present:
        return (loc[0],)
    step, rest = loc[0], loc[1:]
    if (inner := _child(data, step)) is not _NOTHING:
        found = _descend(inner, rest, present=present)
        if found is not None:
            return (step, *found)
    return _descend(data, rest, present=present) if isinstance(step, str) else None


def _child(data: Tree | object, step: str | int) -> Tree | object:
    match data, step:
        case dict(), str() if step in data:
            return data[step]
        case list(), int() if step < len(data):
            return data[step]
    return _NOTHING


def meant_key(form: Any, inner: Path) -> str | None:
    """The key that was probably meant by an unknown one."""
    return nearest(str(inner[-1]), _known_keys(form, inner[:-1])[0])


def _elsewhere(form: Any, inner: Path) -> str:
    """Where to say what the key says, if that is known."""
    models = _models_at(_members(form), inner[:-1])
    said = (model.elsewhere.get(str(inner[-1])) for model in models if issubclass(model, Shape))
    return next(filter(None, said), "")


def _known_keys(form: Any, inner: Path) -> tuple[tuple[str, ...], str]:
    models = _models_at(_members(form), inner)
    names = [field.alias or name for model in models for name, field in model.model_fields.items()]
    nouns = {getattr(model, "noun", "") for model in models}
    return tuple(dict.fromkeys(names)), nouns.pop() if len(nouns) == 1 else ""


def _models_at(forms: list[Any], inner: Path) -> list[type[BaseModel]]:
    for part in inner:
        forms = [member for form in forms for step in _steps(form, part) for member in _members(step)]
    return [form for form in forms if isinstance(form, type) and issubclass(form, BaseModel)]


def _steps(form: Any, part: str | int) -> list[Any]:
    if isinstance(form, type) and issubclass(form, BaseModel):
        fields = form.model_fields
        return [field.annotation for name, field in fields.items() if part in {name, field.alias}]
    inner = [one for one in get_args(form) if one is not Ellipsis]
    if get_origin(form) is Literal or not inner:
        return []
    return inner if isinstance(part, int) else inner[-1:]


def _members(form: Any) -> list[Any]:
    """The members of a union, without wrapping."""
    if get_origin(form) is Annotated:
        return _members(get_args(form)[0])
    if get_origin(form) in {Union, UnionType}:
        return [member for one in get_args(form) for member in _members(one)]
    return [form]
