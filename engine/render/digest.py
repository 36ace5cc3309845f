"""The digest of somebody's morning: what is overdue, due today, coming, and new since the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from engine.calendar import Calendar
from engine.render.home import Group, in_order
from engine.run import Task

Part = Literal["overdue", "today", "coming", "new"]

PARTS: Final[tuple[Part, ...]] = ("overdue", "today", "coming", "new")
LINES: Final = 8  # of each part; the rest is counted
SOON: Final = 5  # working days


@dataclass(frozen=True, slots=True)
class Line:
    """`account` is its name."""

    task: Task
    account: str


@dataclass(frozen=True, slots=True)
class Digest:
    """Parts that have anything, each with the first of its lines and with how many there are."""

    parts: tuple[tuple[Part, tuple[Line, ...], int], ...]


def digest(
    tasks: Sequence[Task],
    now: datetime,
    calendar: Calendar,
    since: datetime,
    called: Callable[[str], str],
    priority: Callable[[str], int] = lambda _: 0,
) -> Digest | None:
    """Of a person's open tasks; None when there is nothing to say. `since`: when they had the last one; `called` names
    an account, `priority` says how much a playbook matters.
    """
    soon = calendar.closes(calendar.add_business_days(calendar.date_of(now), SOON))
    sorted_ = [(_part(group, one, soon, since), one) for group, one in in_order(tasks, now, calendar, priority)]
    parts = [(part, [one for of, one in sorted_ if of == part]) for part in PARTS]
    told = tuple((part, tuple(_lines(ones, called)), len(ones)) for part, ones in parts if ones)
    return Digest(told) if told else None


def _part(group: Group, task: Task, soon: datetime, since: datetime) -> Part | None:
    if group == "snoozed":
        return None
    if group != "coming":
        return group
    if task.due is not None and task.due <= soon:
        return "coming"
    return "new" if task.opened >= since else None


def _lines(tasks: Sequence[Task], called: Callable[[str], str]) -> Iterator[Line]:
    return (Line(one, called(one.account)) for one in tasks[:LINES])
