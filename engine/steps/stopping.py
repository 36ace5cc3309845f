"""What ends a sequence for all its recipients: an answer, an event, or a condition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from engine.logic import Condition
from engine.problems import suggest_or_list
from engine.run import Frozen

if TYPE_CHECKING:
    from engine.place import Place

PREFIX: Final = "stop/"
ANSWERS: Final = ("click", "open")
ALWAYS: Final = ("reply", "unsubscribe", "bounce")


class Event(Frozen):
    """An event, and which of them are meant."""

    event: str
    where: Condition | None = None


@dataclass(slots=True)
class Stops:
    """`events` and `conditions` are by the names under which they are watched."""

    answers: tuple[str, ...] = ()
    events: dict[str, Event] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)


def read(said: list[Any], place: Place) -> Stops:
    found = Stops()
    for index, one in enumerate(said):
        name = f"{PREFIX}{index + 1}"
        match one:
            case str() if one in ANSWERS:
                found.answers = (*found.answers, one)
            case str() if one in ALWAYS:
                message = f"'{one}' always ends the sequence for whoever it is from"
                place.fault("stop_on", index, message=message, fix="Take it away.", code="says-nothing")
            case str():
                _event(one, None, index, place, found, name)
            case {"event": str(event), **rest} if not set(rest) - {"where"}:
                _event(event, rest.get("where"), index, place, found, name)
            case {"when": when, **rest} if not rest:
                condition = place.condition(when, "stop_on", index, "when")
                found.conditions |= {name: condition} if condition else {}
            case _:
                _odd(index, place)
    return found


def _event(said: str, where: Any, index: int, place: Place, found: Stops, name: str) -> None:
    known = place.vocabulary.events
    if said not in known:
        message = f"'{said}' is neither an answer to a mail nor an event of the vocabulary"
        fix = suggest_or_list(said, (*ANSWERS, *known))
        place.fault("stop_on", index, message=message, fix=fix, code="unknown-event")
        return
    condition = place.event_condition(where, said, "stop_on", index, "where") if where is not None else None
    if where is None or condition is not None:
        found.events[name] = Event(event=said, where=condition)


def _odd(index: int, place: Place) -> None:
    message = "this does not say what ends the sequence"
    fix = "Write click, open, the name of an event, '{event: NAME, where: CONDITION}' or '{when: CONDITION}'."
    place.fault("stop_on", index, message=message, fix=fix, code="stop-on")
