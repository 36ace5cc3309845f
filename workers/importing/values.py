"""The text of a cell as the value that the vocabulary's type has in a fact."""

import re
from decimal import Decimal

from engine.types import NUMERIC, Type
from engine.values import JSON
from workers.importing.tables import RowFault

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_FLAGS = {"true": True, "false": False}


def typed(text: str, type_: Type) -> JSON:
    """Numbers exactly as written (4.0 is 4), flags in any case; other types are written as text in a fact too.

    Raises RowFault.
    """
    if type_.kind == "boolean":
        if (flag := _FLAGS.get(text.lower())) is None:
            raise RowFault(f"'{text}' is neither true nor false")
        return flag
    if type_.kind in NUMERIC and not text.endswith("%"):
        return _number(text)
    return text


def _number(text: str) -> JSON:
    if not _NUMBER.fullmatch(text):
        raise RowFault(f"'{text}' is not a number")
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number
