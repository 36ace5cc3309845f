"""What may be read where a condition or text stands, and why something that exists can never be known there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.document import Document, Path
from engine.logic import Names
from engine.subjects import is_of_item
from engine.types import Type
from engine.vocabulary import Fields

READ_ELSEWHERE: Final = ": read it where only one of them is at hand, or keep it in a field by an update"
WITHOUT_OUTCOME = frozenset({"branch", "update", "end", "watch"})


@dataclass(frozen=True, slots=True)
class StepSaid:
    """A step as the file says it, wherever it stands: enough to speak of it before it is compiled. `threaded`: its
    message is below another one's; `channels` are those that it tells, `#cs` or `account.channel`.
    """

    kind: str
    line: int
    threaded: bool = False
    channels: frozenset[str] = frozenset()


def is_channel(to: str) -> bool:
    """And no person."""
    return to.startswith(("#", "account."))


def steps_said(
    document: Document, data: object, kinds: Collection[str], at: Path = ()
) -> Iterator[tuple[str, StepSaid]]:
    """Every step of the file, wherever it stands, by its id."""
    if isinstance(data, dict):
        kind, name = next(iter(data.items()), ("", None))
        if kind in kinds and isinstance(name, str):
            told = {str(data[key]) for key in ("to", "channel") if key in data}
            channels = frozenset(one for one in told if is_channel(one))
            yield name, StepSaid(kind, document.at(at).line, "thread" in data, channels)
        for key, value in data.items():
            yield from steps_said(document, value, kinds, (*at, key))
    if isinstance(data, list):
        for index, value in enumerate(data):
            yield from steps_said(document, value, kinds, (*at, index))


@dataclass(frozen=True, slots=True)
class Here:
    """The vocabulary's names inside a run (or, for a start condition, before one). `steps` are all that the file has;
    those of `names` are the ones that can have happened.
    """

    names: Names
    steps: Mapping[str, StepSaid]
    in_run: bool

    def type_of(self, path: str) -> Type | None:
        return self.names.type_of(path)

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        return self.names.item_types(path)

    def paths(self) -> Iterable[str]:
        return self.names.paths()

    def why_not(self, path: str) -> str | None:
        room, _, rest = path.partition(".")
        if room == "at_start" and not self.in_run:
            return "at_start(…) is for a run that has started; here none has"
        if room == "outcome" and self.names.type_of(path) is None and (said := self._not_yet(rest)):
            return said
        return self.names.why_not(path)

    def _not_yet(self, name: str) -> str | None:
        step = self.steps.get(name)
        if step is None:
            return None
        if step.kind in WITHOUT_OUTCOME:
            return f"'{name}' is {_an(step.kind)}, which has no outcome"
        if not self.in_run:
            return "no step has happened yet where this stands, so no outcome can be known"
        return f"the step '{name}' (line {step.line}) cannot have happened where this stands, so it has no outcome yet"


@dataclass(frozen=True, slots=True)
class Wider:
    """Names with a few more: `contact.*` of a mail's recipients, `awaited` of a wait for a date."""

    names: Names
    more: Mapping[str, Type]

    def type_of(self, path: str) -> Type | None:
        return self.more.get(path) or self.names.type_of(path)

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        return self.names.item_types(path)

    def paths(self) -> Iterable[str]:
        return (*self.more, *self.names.paths())

    def why_not(self, path: str) -> str | None:
        room = (path.removeprefix("at_start.") if is_of_item(path) else path).partition(".")[0]
        at_hand = any(more.partition(".")[0] == room for more in self.more)
        return None if at_hand else self.names.why_not(path)


@dataclass(frozen=True, slots=True)
class Heard(Wider):
    """`more` is what all `events` have of which one is at hand. Of the rest is told which of them lacks it, if it is
    one of the `fields` that an event may have.
    """

    events: Mapping[str, Mapping[str, Type]]
    fields: Collection[str]

    def why_not(self, path: str) -> str | None:
        room, _, rest = path.partition(".")
        if room != "event" or path in self.more or rest not in self.fields:
            return Wider.why_not(self, path)
        here = " or ".join(f"'{event}'" for event in self.events)
        lacking = [f"'{event}'" for event, fields in self.events.items() if rest not in fields]
        if len(self.events) == 1:
            return f"the event here is {here}, which has no {rest}"
        why = f"{' and '.join(lacking)} has no {rest}" if lacking else f"their {rest} is not of one type"
        return f"the event here is {here}, whichever came last, and {why}{READ_ELSEWHERE}"


def heard(names: Names, events: Iterable[str], known: Mapping[str, Fields]) -> Names:
    """And what can be read of an event that is one of these: what they all have."""
    each = {event: {name: one.type for name, one in known[event].items()} for event in events}
    first, *others = each.values()
    shared = {name: type_ for name, type_ in first.items() if all(one.get(name) == type_ for one in others)}
    fields = {name for event in known.values() for name in event}
    return Heard(names, {f"event.{name}": type_ for name, type_ in shared.items()}, each, fields)


def _an(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
