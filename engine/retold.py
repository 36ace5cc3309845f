"""A fact told again under the id of a stored one: the same, or another that has come by the id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.facts import Fact

_WHOLE: Final = ("account", "metric", "value", "event", "record")
_PARTS: Final = ("fields", "data", "contact", "team")


def conflict(new: Fact, old: Fact, *, dated: bool) -> str:
    """Why `new` is not the stored fact `old`, for whoever posted it; "" when it is. `dated`: both said their `at`."""
    differing = [*_differing(new, old), *(["at"] if dated and new.at != old.at else [])]
    if not differing:
        return ""
    verb = "differs" if len(differing) == 1 else "differ"
    fix = "Give a new fact an id of its own; a stored one is never changed"
    return f"it conflicts with what is stored under its id: {', '.join(differing)} {verb}. {fix}"


def _differing(new: Fact, old: Fact) -> Iterator[str]:
    yield from (name for name in _WHOLE if getattr(new, name) != getattr(old, name))
    for name in _PARTS:
        mine, theirs = (getattr(one, name) or {} for one in (new, old))
        yield from (f"{name}.{key}" for key in sorted({*mine, *theirs}) if _apart(mine, theirs, key))


def _apart(mine: dict[str, object], theirs: dict[str, object], key: str) -> bool:
    """A key that is null says that the value is gone; one that is not there says nothing."""
    return (key in mine) != (key in theirs) or mine[key] != theirs[key]
