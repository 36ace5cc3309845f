"""What can still be read of a mapping that is wrong in places, so that one fault does not hide the others."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.document import Document, Path, Tree
from engine.problems import Problems
from engine.validation import faults, located, meant_key

ModelT = TypeVar("ModelT", bound=BaseModel)
_ROUNDS: Final = 20
# What stands in for a value that is missing: the first that is of the right type.
_STAND_INS: Final[tuple[Tree, ...]] = ("", [], {}, 0, False)


def as_far_as_it_goes(
    document: Document, model: type[ModelT], path: Path, where: str, data: Tree
) -> tuple[ModelT | None, Problems, set[Path]]:
    """The model of `data`, which stands at `path`; all that is wrong with it; and the places whose values were made up
    for what is missing or wrong, of which nothing more should be said. None when nothing can be made of it.
    """
    found = Problems()
    made_up: set[Path] = set()
    mended = deepcopy(data)
    for turn in range(_ROUNDS):
        try:
            return model.model_validate(mended), found, made_up
        except ValidationError as error:
            if turn == 0:
                found = faults(error, document, model, path, where, data)
            if not _mend(mended, error, model, path, made_up):
                break
    return None, found, made_up


def _mend(data: Tree, error: ValidationError, model: type[BaseModel], path: Path, made_up: set[Path]) -> bool:
    """Takes wrong values out and puts stand-ins where something is due; whether anything could be done."""
    before = deepcopy(data)
    for details in error.errors():
        inner = located(data, details)
        around = _value(data, inner[:-1]) if inner else None
        key = inner[-1] if inner else None
        match around, key:
            case dict(), str() if details["type"] == "missing":
                _stand_in(data, inner, model)
                made_up.add((*path, *inner))
            case dict(), str():
                made_up.add((*path, *inner))
                value = around.pop(key, None)
                meant = meant_key(model, inner) if details["type"] == "extra_forbidden" else None
                if meant is not None and meant not in around:
                    around[meant] = value
                    made_up.add((*path, *inner[:-1], meant))
            case list(), int():
                _stand_in(data, inner, model)
                made_up.add((*path, *inner))
    return data != before


def _stand_in(data: Tree, inner: Path, model: type[BaseModel]) -> None:
    around: Any = _value(data, inner[:-1])
    for value in _STAND_INS:
        around[inner[-1]] = deepcopy(value)
        if not any(located(data, details) == inner for details in _errors(data, model)):
            return


def _errors(data: Tree, model: type[BaseModel]) -> list[ErrorDetails]:
    try:
        model.model_validate(data)
    except ValidationError as error:
        return error.errors()
    return []


def _value(data: Any, path: Path) -> Any:
    found = data
    for part in path:
        found = found[part]
    return found
