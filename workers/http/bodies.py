"""What callers send: bounded, of a shape that is known, and told precisely when it is not that."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from engine.problems import suggest
from engine.values import in_json
from workers.http.exact_json import not_json, parsed
from workers.http.faults import Fault, invalid

MOST_BYTES = 5_000_000


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


async def raw_body(request: Request) -> bytes:
    """The whole body. Raises Fault when it is too large or compressed."""
    return await body_up_to(MOST_BYTES, request)


async def body_up_to(most: int, request: Request) -> bytes:
    if (encoding := request.headers.get("content-encoding", "identity").lower()) != "identity":
        fix = "Send it as plain JSON"
        raise Fault(
            415, "unsupported", f"a body with Content-Encoding {encoding} is not taken", fix, "Content-Encoding"
        )
    said = request.headers.get("content-length", "")
    if said.isdecimal() and (len(said) > 15 or int(said) > most):
        raise _too_large(most)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> Fault:
    return Fault(413, "too-large", f"the body has more than {most:,} bytes", "Send it in several parts", "body")


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
