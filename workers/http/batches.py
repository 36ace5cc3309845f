"""Many facts in one body: a list of JSON, or one object a line (NDJSON), where an odd line keeps no other out."""

from dataclasses import dataclass
from typing import Literal

from engine.values import in_json
from workers.http.exact_json import Doubled, fault_in, loosely, not_json, parsed
from workers.http.faults import Fault

Word = Literal["item", "line"]
MOST = 1_000
NDJSON = "application/x-ndjson"
SEVERAL = 'Send a list of facts, or {"facts": [...]}'

_LINES = frozenset({NDJSON, "application/ndjson", "application/jsonl"})
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Item:
    """What stands at a place, counted from 1; `fault` says why it is no object, and is empty where it is one."""

    word: Word
    place: int
    given: dict[str, object]
    fault: str = ""


def items_of(raw: bytes, content_type: str = "") -> list[Item]:
    """From 1 to 1,000 of them. Raises Fault when there is no such list in it."""
    if content_type.partition(";")[0].strip().lower() in _LINES:
        return _lines(raw)
    if not raw.strip():
        raise not_json("the body is empty", SEVERAL)
    given, sound = loosely(raw)
    if isinstance(given, dict) and given.keys() == {"facts"} and not isinstance(given, Doubled):
        given = given["facts"]
    if not isinstance(given, list):
        raise fault_in(given) or not_json(f"{in_json(given)} is not a list of facts", SEVERAL)
    _check_number(len(given), SEVERAL)
    look = _item if sound else _odd_item
    return [look("item", place, one) for place, one in enumerate(given, start=1)]


def _lines(raw: bytes) -> list[Item]:
    """Empty lines are passed over, and counted."""
    lines = list(enumerate(raw.removeprefix(_BOM).split(b"\n"), start=1))
    said = [(place, line) for place, line in lines if line.strip()]
    _check_number(len(said), "Send one fact a line")
    return [_line(place, line) for place, line in said]


def _check_number(number: int, fix: str) -> None:
    if not number:
        raise Fault(422, "invalid", "there is no fact in it", fix, "body")
    if number > MOST:
        raise Fault(413, "too-large", f"{number:,} facts are more than {MOST:,}", "Send them in parts", "body")


def _odd_item(word: Word, place: int, given: object) -> Item:
    """One of a body in which something is nested too deep or has a key twice: perhaps this one."""
    if (fault := fault_in(given)) is None:
        return _item(word, place, given)
    return Item(word, place, {}, f"{fault.detail.removeprefix('body: ')}. {fault.fix}")


def _line(place: int, line: bytes) -> Item:
    try:
        return _item("line", place, parsed(line))
    except Fault as fault:
        where = fault.where.removeprefix("line 1, ")
        return Item("line", place, {}, f"{where}: {fault.detail}. {fault.fix}")


def _item(word: Word, place: int, given: object) -> Item:
    if isinstance(given, dict):
        return Item(word, place, given)
    return Item(word, place, {}, f"{in_json(given)} is not an object. Send {{…}} for each fact")
