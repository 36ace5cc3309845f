"""JSON Schema of a playbook's file, for editors: from the very models that `check` reads with."""

from typing import Any

from engine.model import PlaybookModel
from engine.steps import KINDS
from engine.vocabulary import Vocabulary

Schema = dict[str, Any]
_STEP = {"$ref": "#/$defs/step"}


def playbook_schema(vocabulary: Vocabulary) -> Schema:
    schema = PlaybookModel.model_json_schema()
    definitions: Schema = schema.setdefault("$defs", {})
    for kind in KINDS:
        definitions |= _kind(kind)
    definitions["step"] = {"anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS]}
    for key, words in (("stage", vocabulary.stages), ("tiers", vocabulary.tiers)):
        schema["properties"][key] = _words(words, schema["properties"][key])
    whole: Schema = _with_steps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    return whole


def step_schema(kind: str) -> Schema:
    """Of one kind of step, by itself."""
    found: Schema = _with_steps({"$defs": {**_kind(kind), "step": {"type": "object"}}, "$ref": f"#/$defs/{kind}"})
    return found


def _kind(kind: str) -> Schema:
    """The kind's schema and those it is made of, under names that no other kind has."""
    schema = KINDS[kind].Model.model_json_schema(ref_template=f"#/$defs/{kind}.{{model}}")
    inner = schema.pop("$defs", {})
    return {kind: {**schema, "title": kind}} | {f"{kind}.{name}": one for name, one in inner.items()}


def _words(known: tuple[str, ...], otherwise: Schema) -> Schema:
    if not known:
        return otherwise
    word = {"enum": [*known, "any"]}
    return {"anyOf": [word, {"type": "array", "items": word}], "default": "any"}


def _with_steps(schema: Any) -> Any:
    """A list of anything is, in a playbook, a list of steps."""
    match schema:
        case {"type": "array", "items": {**items}} if not items:
            return {**schema, "items": _STEP}
        case dict():
            return {key: _with_steps(value) for key, value in schema.items()}
        case list():
            return [_with_steps(value) for value in schema]
    return schema
