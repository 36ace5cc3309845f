"""The people of the demo, played by a seeded script: most do their work in time, some late, some never.

Pure: the same item and seed give the same answer, so a demo can be told again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from workers.demo.dice import happens, number

# Out of a hundred: how many act before it is due; after that, late; the rest never.
PUNCTUAL = {"task": 70, "escalate": 60}
LATE = {"task": 20, "escalate": 20}

# The office of the play, UTC: morning to late afternoon in New York, where most of the colleagues are.
OPENS, CLOSES = time(13, 0), time(21, 0)


@dataclass(frozen=True, slots=True)
class Item:
    """A task or an escalation that was just opened; `due` is the end of an escalation's first rung."""

    id: str
    kind: Literal["task", "escalate"]
    opened: datetime
    due: datetime
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person does with it: complete with an outcome, or acknowledge (no outcome)."""

    at: datetime
    outcome: str | None


def played(item: Item, seed: str) -> Deed | None:
    """What somebody will do with the item and when; none if nobody ever does."""
    about = (seed, item.kind, item.id)
    luck = number(100, *about)
    given = max(item.due - item.opened, timedelta(hours=1))
    if luck < PUNCTUAL[item.kind]:
        at = item.opened + given * (10 + number(81, *about, "when")) / 100
        return Deed(_in_the_office(at, after=item.opened, latest=item.due), _outcome(item, about))
    if luck < PUNCTUAL[item.kind] + LATE[item.kind]:
        at = item.due + given * (10 + number(91, *about, "when")) / 100
        return Deed(_in_the_office(at, after=item.due), _outcome(item, about))
    return None


def _outcome(item: Item, about: tuple[str, ...]) -> str | None:
    """The first outcome, which authors write for what usually happens, three times in five; else one of the others."""
    if not item.outcomes:
        return None
    others = item.outcomes[1:]
    if not others or happens(60, *about, "outcome"):
        return item.outcomes[0]
    return others[number(len(others), *about, "other")]


def _in_the_office(at: datetime, after: datetime, latest: datetime | None = None) -> datetime:
    """Moved to the nearest hour of work after `after` and up to `latest`; left as it is where there is none."""
    fitting = [moment for moment in _office_hours(at) if moment > after and (latest is None or moment <= latest)]
    return min(fitting, key=lambda moment: abs(moment - at), default=at)


def _office_hours(at: datetime) -> Iterator[datetime]:
    """For each working day near `at`: `at` itself when it falls into the hours, else a moment moved into them."""
    for days in range(-4, 5):
        day = (at + timedelta(days=days)).date()
        if day.weekday() < 5:
            opens, closes = (datetime.combine(day, edge, at.tzinfo) for edge in (OPENS, CLOSES))
            yield min(max(at, opens + timedelta(minutes=at.minute)), closes - timedelta(minutes=60 - at.minute))
