"""What was applied, understood by a release that finds something wrong with it: all that can be goes on as it was."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeVar

from pydantic import ValidationError

from engine.document import Document, Path, Tree
from engine.problems import Problems
from engine.shapes import Shape
from engine.validation import APPLIED, located, validated

ShapeT = TypeVar("ShapeT", bound=Shape)


def whole(document: Document, model: type[ShapeT], where: str = "") -> ShapeT | Problems:
    """The model of the document. Of what was applied, what nobody can read is left away, but for what is `binding`."""
    data = document.data if document.data is not None else {}
    found = validated(document, model, where=where, data=data)
    if not document.applied or not isinstance(found, Problems):
        return found
    left = deepcopy(data)
    while (wrong := _first_wrong(left, model)) is not None:
        if not wrong or wrong[0] in model.binding:
            return found
        del _value(left, wrong[:-1])[wrong[-1]]
    return model.model_validate(left, context=APPLIED)


def _first_wrong(data: Tree, model: type[ShapeT]) -> Path | None:
    """Where something lacks what it needs, it is wrong as a whole."""
    try:
        model.model_validate(data, context=APPLIED)
    except ValidationError as error:
        details = error.errors()[0]
        inner = located(data, details)
        return inner[:-1] if details["type"] == "missing" else inner
    return None


def _value(data: Any, path: Path) -> Any:
    found = data
    for part in path:
        found = found[part]
    return found
