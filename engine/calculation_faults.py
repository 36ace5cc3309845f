"""What is wrong with the calculations of a text, found by `check` as in a condition: names, types, and filters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from engine.calculations import given
from engine.filters import FITS
from engine.logic import Fault, compile_typed, reads_of
from engine.placeholders import Calculation
from engine.readable import Calculable, example
from engine.templates import counted
from engine.types import Type

_NO_TEXT: Final = frozenset({"item", "list", "duration"})


def reckoned(
    calculations: Iterable[Calculation], names: Calculable, free: frozenset[str]
) -> tuple[list[Fault], dict[str, object]]:
    """The faults, and an example of each answer. What reads below a `free` root may read anything there."""
    faults, found = list[Fault](), dict[str, object]()
    for one in calculations:
        found[one.name] = given(1, None)
        if any(path.partition(".")[0] in free for path in reads_of(one.text)):
            continue
        compiled = compile_typed(one.text, names)
        if isinstance(compiled, list):
            faults += [replace(fault, offset=fault.offset + one.offset) for fault in compiled]
            continue
        type_ = compiled[1]
        found[one.name] = given(example(type_), counted(type_))
        faults += _unfit(one, type_)
    return faults, found


def _unfit(one: Calculation, type_: Type) -> Iterator[Fault]:
    kinds = FITS.get(one.filter or "")
    if type_.kind in _NO_TEXT:
        yield Fault(
            f"{one.text} is {type_.name}, which a text cannot show", "Count it, or ask something of it.", one.offset
        )
    elif kinds and type_.kind not in kinds:
        yield Fault(f"{one.text} is {type_.name}, which `{one.filter}` does not take", "", one.offset)
