"""Jinja, held to this: no code, no surprises, no name but the vocabulary's. Imported only when a text is met."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Final, Literal, assert_never

from engine.filters import Amount, Reckoned, all_filters
from engine.links import FILTER, Encoded, encoded, with_encoded_values
from engine.markdown import in_markdown
from engine.mrkdwn import in_mrkdwn
from engine.values import UNKNOWN

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

Into = Literal["plain", "markdown", "mrkdwn"]
"""What the text is that the author wrote: words, Markdown (mails), or Slack's own."""

PERCENT: Final = "percent"
_TAG: Final = re.compile(r"\{%.*?%\}")
ROOTS: Final = ("account", "contact", "team", "metrics", "outcome", "event", "item", "run", "now", "sender")


class NotKnown(Exception):
    """Raised for anything done with a name that is not known now but `or("…")` and `is defined`."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} is not known")


class Group:
    """The names below a path, as a template reads them."""

    __slots__ = ("_below", "_path", "_units")

    def __init__(self, path: str, below: Mapping[str, object], units: Mapping[str, str]) -> None:
        self._path, self._below, self._units = path, below, units

    def __getitem__(self, name: str) -> object:
        return wrapped(f"{self._path}.{name}", self._below.get(name, UNKNOWN), self._units)


def wrapped(path: str, value: object, units: Mapping[str, str]) -> object:
    if value is UNKNOWN or value is None:
        return missing(path)
    if isinstance(value, Mapping):
        return Group(path, value, units)
    if path in units and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Amount(Decimal(value), units[path])
    return value


def missing(path: str, unit: str | None = None) -> object:
    """`unit` is what its number would count, where its path does not tell."""
    from jinja2 import StrictUndefined

    return StrictUndefined(hint=unit, name=path, exc=lambda _: NotKnown(path))  # type: ignore[arg-type]


def shown(value: object) -> object:
    """How a value looks that goes through no filter."""
    match value:
        case bool():
            return "true" if value else "false"
        case Amount(unit="percent"):
            return f"{format((value * 100).quantize(Decimal('0.1')).normalize(), 'f')}%"
        case Reckoned():
            return format(value.rounded(), "f")
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        case date():
            return value.isoformat()
        case Group():
            raise TypeError("a group of names is no text; name one of them")
        case _:
            return value


def _in_address(value: object, whole: bool) -> str:  # noqa: FBT001 - as a text calls it
    return encoded(str(shown(value)), whole=whole)


def shown_into(into: Into, value: object) -> object:
    found = shown(value)
    if not isinstance(found, str) or isinstance(found, Encoded):
        return found
    match into:
        case "plain":
            return found
        case "markdown":
            return in_markdown(found)
        case "mrkdwn":
            return in_mrkdwn(found)
    assert_never(into)


@cache
def environment(into: Into = "plain") -> ImmutableSandboxedEnvironment:
    """A value shows its letters, whatever they are; the marks are those that the author wrote."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=partial(shown_into, into),
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.clear()
    made.filters.update(all_filters())
    made.filters[FILTER] = _in_address
    return made


@lru_cache(maxsize=2048)
def compiled(source: str, into: Into = "plain") -> Template:
    source = with_encoded_values(source) if into == "markdown" else source
    return environment(into).from_string("\n".join(map(_kept, source.split("\n"))))


def _kept(line: str) -> str:
    """Jinja takes the line break behind a tag away, which is meant for tags alone in their line: behind words that end
    in one the next line, perhaps an item of a list, would be a part of this one.
    """
    return line + "{{ '' }}" if line.endswith("%}") and _TAG.sub("", line).strip() else line


def made(
    source: str,
    names: Mapping[str, object],
    units: Mapping[str, str],
    language: str | None,
    *,
    into: Into = "plain",
    given: Mapping[str, object] | None = None,
) -> str:
    """`given` are further names with their values. Raises NotKnown, also for what cannot be done with the values at
    hand (its text then says why).
    """
    from jinja2 import TemplateError

    at_hand = {root: wrapped(root, names.get(root, UNKNOWN), units) for root in (*ROOTS, *names)}
    at_hand |= {**(given or {}), "_language": language or "en", "_zone": zone_of(names), "_units": units}
    try:
        return compiled(source, into).render(at_hand)
    except NotKnown:
        raise
    except ZeroDivisionError as error:
        raise NotKnown("a value that fits (nothing can be divided by 0)") from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise NotKnown(f"a value that fits ({error})") from error


def zone_of(names: Mapping[str, object]) -> str:
    """The contact's time zone, else the account's."""
    for root in ("contact", "account"):
        group = names.get(root)
        zone = group.get("time_zone") if isinstance(group, Mapping) else None
        if isinstance(zone, str):
            return zone
    return "UTC"
