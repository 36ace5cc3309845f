"""The account at one instant: what conditions read, and when time alone makes a reading another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from engine.known import Account
from engine.logic import Scope
from engine.makeup import Makeup, makeup
from engine.ticks import instant, ticks
from engine.view import View
from engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    from engine.policy import Policy


class Picture:
    """Reckons a reading when it is first asked for, and keeps it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.turns = Turns(view)

    @cached_property
    def scope(self) -> Scope:
        return self._view.scope

    def makeup(self, metric: str) -> Makeup | None:
        """What a score or a formula is made of now; None for any other metric, and for one that is not declared."""
        found = self._view.vocabulary.metrics.get(metric)
        return makeup(self._view, found) if found else None

    @property
    def next_change(self) -> datetime | None:
        """The next instant at which time alone changes any reading."""
        return min(self.turns.values(), default=None)


class Turns(Mapping[str, datetime]):
    """By metric: when time alone next changes its reading. One that only facts change is not in it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._kept: dict[str, datetime | None] = {}

    def __getitem__(self, name: str) -> datetime:
        if name not in self._kept:
            self._kept[name] = _turn(self._view, name)
        turn = self._kept[name]
        if turn is None:
            raise KeyError(name)
        return turn

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._view.vocabulary.metrics if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def picture(account: Account, vocabulary: Vocabulary, policy: Policy | None, now: datetime) -> Picture:
    """`policy` None: calendars are in UTC where the account has no zone of its own."""
    return Picture(View(account, vocabulary, policy, ticks(now)))


def _turn(view: View, name: str) -> datetime | None:
    until = view.until(f"metrics.{name}.{part}" for part in ("value", "previous", "target", "attainment", "zone"))
    found = instant(until)
    # What lies beyond the last year of the calendar never comes.
    return found if ticks(found) == until else None
