"""JSON as callers send it: numbers exact, bounded in depth, no key twice; the place is told where it is not that."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import islice
from typing import Final

from engine.values import in_json
from workers.http.faults import Fault

DEEPEST: Final = 20
LONGEST_NUMBER: Final = 400  # characters; more digits than that are an attack, and some sums on them take for ever
SHOWN: Final = 40
AT_ONCE: Final = 5  # of the same fault in one answer

_FLOOR: Final = DEEPEST + 5  # where a text is cut that is too deep to be parsed: what is left is too deep all the same
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True, repr=False)
class NoNumber:
    """NaN, Infinity, or digits beyond all measure: nothing takes it, and whoever refuses it can show it."""

    text: str

    def __repr__(self) -> str:
        return self.text if len(self.text) <= SHOWN else f"{self.text[:SHOWN]}…"


class Doubled(dict[str, object]):
    """An object in which a key stands more than once: readers of JSON differ on which of its values counts."""

    key = ""


def parsed(raw: bytes) -> object:
    """Raises Fault for what is no JSON, with the place."""
    given, sound = loosely(raw)
    if not sound and (fault := fault_in(given)):
        raise fault
    return given


def loosely(raw: bytes) -> tuple[object, bool]:
    """What it says, and whether all of it is sound; where it is not, `fault_in` tells of each part whether it is. What
    is nested much too deep is there down to a depth that is still too deep. Raises Fault for what is no JSON.
    """
    doubled: list[Doubled] = []
    try:
        text = raw.decode("utf-8-sig")
        try:
            given = _loaded(text, doubled)
        except RecursionError:
            given = _loaded(_shallow(text), doubled)
    except UnicodeDecodeError as error:
        raise not_json(f"it is not UTF-8: {error.reason}", "Send it in UTF-8", f"byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise not_json(error.msg, "Send JSON", f"line {error.lineno}, column {error.colno}") from None
    return given, not doubled and _depth(given) <= DEEPEST


def fault_in(given: object) -> Fault | None:
    """Of one part of what was read."""
    if _depth(given) > DEEPEST:
        return not_json(f"it is nested more than {DEEPEST} deep", "Send what the schema in /openapi.json asks for")
    if not (found := list(islice(_doubled(given), AT_ONCE))):
        return None
    said = "; ".join(f"{where}: the key {in_json(key)} stands more than once" for where, key in found)
    return not_json(said, "Keep one of them", found[0][0])


def not_json(detail: str, fix: str, where: str = "body") -> Fault:
    return Fault(400, "not-json", detail, fix, where)


def _loaded(text: str, doubled: list[Doubled]) -> object:
    given: object = json.loads(
        text,
        parse_float=_exact,
        parse_int=_whole,
        parse_constant=NoNumber,
        object_pairs_hook=partial(_object, doubled),
    )
    return given


def _shallow(text: str) -> str:
    """With blanks for all that lies below the floor, so that places in it stay what they are."""
    kept: list[str] = []
    depth = since = 0
    for token in _TOKEN.finditer(text):
        match text[token.start()]:
            case "[" | "{":
                depth += 1
                if depth == _FLOOR:
                    kept.append(text[since : token.end()])
                    since = token.end()
            case "]" | "}":
                if depth == _FLOOR:
                    kept.append(_blank(text[since : token.start()]))
                    since = token.start()
                depth -= 1
    return "".join([*kept, text[since:] if depth < _FLOOR else _blank(text[since:])])


def _blank(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _object(doubled: list[Doubled], pairs: list[tuple[str, object]]) -> dict[str, object]:
    given = dict(pairs)
    if len(given) == len(pairs):
        return given
    odd = Doubled(given)
    odd.key = Counter(name for name, _ in pairs).most_common(1)[0][0]
    doubled.append(odd)
    return odd


def _doubled(given: object, *path: str) -> Iterator[tuple[str, str]]:
    """Where in it, in words, and which key."""
    if isinstance(given, Doubled):
        yield " > ".join(path) or "body", given.key
    if isinstance(given, dict):
        for name, one in given.items():
            yield from _doubled(one, *path, in_json(name)[1:-1])
    elif isinstance(given, list):
        for place, one in enumerate(given, start=1):
            yield from _doubled(one, *path, f"item {place}")


def _whole(digits: str) -> int | NoNumber:
    return int(digits) if len(digits) <= LONGEST_NUMBER else NoNumber(digits)


def _exact(digits: str) -> Decimal | NoNumber:
    try:
        number = Decimal(digits) if len(digits) <= LONGEST_NUMBER else None
    except InvalidOperation:  # an exponent that no Decimal has room for
        number = None
    return NoNumber(digits) if number is None or abs(number.adjusted()) > LONGEST_NUMBER else number


def _depth(given: object) -> int:
    level, deep = [given], 0
    while level := [child for one in level for child in _inside(one)]:
        deep += 1
    return deep


def _inside(one: object) -> list[object]:
    if isinstance(one, dict):
        return list(one.values())
    return one if isinstance(one, list) else []
