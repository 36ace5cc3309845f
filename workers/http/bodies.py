"""What callers send: bounded, JSON with exact numbers, and told precisely when it is not that."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import islice
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from engine.problems import suggest
from engine.values import in_json
from workers.http.faults import Fault, invalid

MOST_BYTES = 5_000_000
DEEPEST = 20
LONGEST_NUMBER = 400  # characters; more digits than that are an attack, and some sums on them take for ever
SHOWN = 40
AT_ONCE = 5  # of the same fault in one answer


class Said(BaseModel):
    """The base of what a body may say: nothing else, and the reader is told so."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


M = TypeVar("M", bound=BaseModel)


def storable(text: str) -> str:
    """Raises ValueError for what no database keeps."""
    if "\0" in text:
        raise ValueError("holds the character NUL")
    if not text.strip():
        raise ValueError("is empty")
    return text


def in_utc(at: datetime) -> datetime:
    """Raises ValueError for an instant that the calendar of UTC has not."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the calendar") from None


Instant = Annotated[AwareDatetime, AfterValidator(in_utc)]
Name = Annotated[str, Field(max_length=200), AfterValidator(storable)]
Words = Annotated[str, Field(max_length=10_000), AfterValidator(storable)]


@dataclass(frozen=True, slots=True, repr=False)
class NoNumber:
    """NaN, Infinity, or digits beyond all measure: nothing takes it, and whoever refuses it can show it."""

    text: str

    def __repr__(self) -> str:
        return self.text if len(self.text) <= SHOWN else f"{self.text[:SHOWN]}…"


class Doubled(dict[str, object]):
    """An object in which a key stands more than once: readers of JSON differ on which of its values counts."""

    key = ""


async def raw_body(request: Request) -> bytes:
    """The whole body. Raises Fault when it is too large or compressed."""
    if (encoding := request.headers.get("content-encoding", "identity").lower()) != "identity":
        fix = "Send it as plain JSON"
        raise Fault(
            415, "unsupported", f"a body with Content-Encoding {encoding} is not taken", fix, "Content-Encoding"
        )
    said = request.headers.get("content-length", "")
    if said.isdecimal() and (len(said) > 15 or int(said) > MOST_BYTES):
        raise _too_large()
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> Fault:
    return Fault(413, "too-large", f"the body has more than {MOST_BYTES:,} bytes", "Send it in several parts", "body")


Raw = Annotated[bytes, Depends(raw_body)]


def read(model: type[M], raw: bytes) -> M:
    """An empty body says nothing, which may be all that there is to say. Raises Fault with everything that is wrong."""
    given = parsed(raw) if raw.strip() else {}
    if not isinstance(given, Mapping):
        raise not_json(f"{in_json(given)} is not an object", "Send {…}")
    try:
        return model.model_validate(given)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
        raise invalid([_with_hint(one, model) for one in errors], "body") from None


def _with_hint(error: Any, model: type[BaseModel]) -> dict[str, Any]:
    if error["type"] != "extra_forbidden":
        return dict(error)
    hint = suggest(str(error["loc"][-1]), list(model.model_fields))
    return {**error, "type": "hinted", "msg": f"is not known here. {hint}".strip()}


def read_mapping(raw: bytes) -> dict[str, object]:
    if not raw.strip():
        raise not_json("the body is empty", "Send {…}")
    given = parsed(raw)
    if not isinstance(given, dict):
        raise not_json(f"{in_json(given)} is not an object", "Send {…}")
    return given


def parsed(raw: bytes) -> object:
    """Raises Fault for what is no JSON, with the place."""
    doubled: list[Doubled] = []
    try:
        text = raw.decode("utf-8-sig")
        given: object = json.loads(
            text,
            parse_float=_exact,
            parse_int=_whole,
            parse_constant=NoNumber,
            object_pairs_hook=partial(_object, doubled),
        )
    except UnicodeDecodeError as error:
        raise not_json(f"it is not UTF-8: {error.reason}", "Send it in UTF-8", f"byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise not_json(error.msg, "Send JSON", f"line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _too_deep() from None
    if _depth(given) > DEEPEST:
        raise _too_deep()
    if doubled:
        raise _twice(given)
    return given


def not_json(detail: str, fix: str, where: str = "body") -> Fault:
    return Fault(400, "not-json", detail, fix, where)


def _too_deep() -> Fault:
    return not_json(f"it is nested more than {DEEPEST} deep", "Send what the schema in /openapi.json asks for")


def _twice(given: object) -> Fault:
    found = list(islice(_doubled(given), AT_ONCE))
    said = "; ".join(f"{where}: the key {in_json(key)} stands more than once" for where, key in found)
    return not_json(said, "Keep one of them", found[0][0])


def _object(doubled: list[Doubled], pairs: list[tuple[str, object]]) -> dict[str, object]:
    given = dict(pairs)
    if len(given) == len(pairs):
        return given
    odd = Doubled(given)
    odd.key = Counter(name for name, _ in pairs).most_common(1)[0][0]
    doubled.append(odd)
    return odd


def _doubled(given: object, *path: str) -> Iterator[tuple[str, str]]:
    """Where in the body, in words, and which key."""
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
