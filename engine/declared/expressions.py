"""Conditions, expressions, durations and percentages where they stand in a file: faults land on the very character."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from engine.document import Document, Path
from engine.logic import (
    Condition,
    Expression,
    Fault,
    Names,
    compile_answering,
    compile_asking,
    compile_condition,
    compile_expression,
)
from engine.problems import Problems
from engine.quantities import Duration, Refused, parse_duration
from engine.types import Type
from engine.validation import shown

_PERCENT: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*%")


def read_condition(document: Document, path: Path, names: Names, problems: Problems, where: str) -> Condition | None:
    source = document.value(path)
    if not isinstance(source, str | dict | bool):
        problems.add(
            document.file, document.at(path), where, f"a condition is due here, not {shown(source)}", code="condition"
        )
        return None
    compiled = compile_asking(source, names)
    if document.applied and isinstance(compiled, list):
        compiled = compile_condition(source, names)
    if isinstance(compiled, Condition):
        return compiled
    _report(compiled, document, path, problems, where)
    return None


def read_expression(
    document: Document, path: Path, names: Names, problems: Problems, where: str, want: Type | None = None
) -> Expression | None:
    source = document.value(path)
    if isinstance(source, int | Decimal) and not isinstance(source, bool):
        source = format(source, "f")
    if not isinstance(source, str | dict):
        problems.add(
            document.file, document.at(path), where, f"an expression is due here, not {shown(source)}", code="condition"
        )
        return None
    compiled = compile_answering(source, names, want)
    if document.applied and isinstance(compiled, list):
        compiled = compile_expression(source, names, want)
    if isinstance(compiled, Expression):
        return compiled
    _report(compiled, document, path, problems, where)
    return None


def read_duration(document: Document, path: Path, problems: Problems, where: str) -> Duration | None:
    source = document.value(path)
    read = (
        parse_duration(str(source))
        if isinstance(source, str | int | Decimal)
        else Refused(f"{shown(source)} is not a duration", "Say a number and a unit, as in '3 business days'")
    )
    if isinstance(read, Duration):
        return read
    problems.add(document.file, document.at(path), where, read.message, read.fix, code="duration")
    return None


def read_percentage(document: Document, path: Path, problems: Problems, where: str) -> Decimal | None:
    """`85%` or 0.85; never below 0."""
    source = document.value(path)
    message, fix = f"a percentage is due here, not {shown(source)}", "Write it as 85% or 0.85"
    share = as_percentage(source)
    if share is None and isinstance(source, int | Decimal) and not isinstance(source, bool):
        message, fix = f"{shown(source)} is more than 100 %", f"Did you mean {shown(source)}%?"
    elif share is not None and share >= 0:
        return share
    problems.add(document.file, document.at(path), where, message, fix, code="percentage")
    return None


def as_percentage(written: object) -> Decimal | None:
    """The share that the author means; None for what is none, and for a bare number over 1."""
    match written:
        case bool():
            return None
        case int() | Decimal() as number:
            share = Decimal(number)
            return share if abs(share) <= 1 else None
        case str() if found := _PERCENT.fullmatch(written):
            return Decimal(found[1]).scaleb(-2)
        case _:
            return None


def _report(faults: list[Fault], document: Document, path: Path, problems: Problems, where: str) -> None:
    for fault in faults:
        at = document.fault_at(path, fault.offset, fault.pointer)
        problems.add(document.file, at, where, fault.message, fault.fix, code="condition")
