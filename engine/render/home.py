"""All that a person has to do, as their Home shows it: overdue, due today, coming and put off; filtered, in pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from engine.calendar import Calendar
from engine.people import Directory, Person
from engine.rights import Verb, verbs
from engine.run import Task

Group = Literal["overdue", "today", "coming", "snoozed"]

GROUPS: Final[tuple[Group, ...]] = ("overdue", "today", "coming", "snoozed")
PAGE: Final = 10
ACCOUNTS: Final = 50  # to choose from, those of the most urgent tasks first
PLAYBOOKS: Final = 30
_KEY: Final = 64
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; `account` and `playbook` are keys (`key_of`), empty for all."""

    account: str = ""
    playbook: str = ""
    overdue: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    task: Task
    account: str
    playbook: str
    group: Group
    verbs: tuple[Verb, ...]
    link: str = ""  # to the account's record


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Home:
    """`counts` are of all that there is, `fitting` of what passes the filters; `rows` are those of the page, in order.
    `page` counts from 0. `cut`: there is more than was looked at.
    """

    filters: Filters
    counts: Mapping[Group, int]
    fitting: Mapping[Group, int]
    rows: tuple[Row, ...]
    accounts: tuple[Choice, ...]
    playbooks: tuple[Choice, ...]
    page: int
    pages: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose Home it is: their calendar, what they may do, how accounts and playbooks are called, and how much a
    playbook matters.
    """

    person: Person
    directory: Directory
    now: datetime
    account: Callable[[str], str]
    playbook: Callable[[str], str]
    priority: Callable[[str], int] = lambda _: 0

    @property
    def calendar(self) -> Calendar:
        return self.directory.policy.calendar(self.person.country, self.person.time_zone)


def home(tasks: Sequence[Task], filters: Filters, viewer: Viewer, *, cut: bool = False) -> Home:
    """`tasks` are the person's open ones, in any order."""
    sorted_ = in_order(tasks, viewer.now, viewer.calendar, viewer.priority)
    fitting = [(group, task) for group, task in sorted_ if _fits(group, task, filters)]
    pages = max(1, -(-len(fitting) // PAGE))
    page = min(max(filters.page, 0), pages - 1)
    return Home(
        filters=filters,
        counts=_counted(sorted_),
        fitting=_counted(fitting),
        rows=tuple(_row(group, task, viewer) for group, task in fitting[page * PAGE :][:PAGE]),
        accounts=_choices((task.account for _, task in sorted_), viewer.account, filters.account, ACCOUNTS),
        playbooks=_choices((task.playbook for _, task in sorted_), viewer.playbook, filters.playbook, PLAYBOOKS),
        page=page,
        pages=pages,
        cut=cut,
    )


def in_order(
    tasks: Iterable[Task], now: datetime, calendar: Calendar, priority: Callable[[str], int]
) -> list[tuple[Group, Task]]:
    """The most urgent first; of those that are due at one instant, the one whose playbook matters most."""

    def urgency(one: tuple[Group, Task]) -> tuple[int, datetime, int, str]:
        group, task = one
        at = task.snoozed if group == "snoozed" else task.due
        return GROUPS.index(group), at or _NEVER, -priority(task.playbook), task.id

    return sorted(((group_of(one, now, calendar), one) for one in tasks), key=urgency)


def group_of(task: Task, now: datetime, calendar: Calendar) -> Group:
    """Today is the day on the wall of whoever has it."""
    if task.snoozed is not None and task.snoozed > now:
        return "snoozed"
    if task.due is None:
        return "coming"
    if task.due <= now:
        return "overdue"
    return "today" if calendar.date_of(task.due) == calendar.date_of(now) else "coming"


def key_of(name: str) -> str:
    """What stands for an id of any length where only a short one has room."""
    return name if len(name) <= _KEY else hashlib.blake2s(name.encode(), digest_size=16).hexdigest()


def _fits(group: Group, task: Task, filters: Filters) -> bool:
    if filters.overdue and group != "overdue":
        return False
    return filters.account in {"", key_of(task.account)} and filters.playbook in {"", key_of(task.playbook)}


def _counted(ones: Sequence[tuple[Group, Task]]) -> dict[Group, int]:
    return {group: sum(one == group for one, _ in ones) for group in GROUPS}


def _row(group: Group, task: Task, viewer: Viewer) -> Row:
    may = verbs(task, viewer.person, viewer.directory, viewer.now)
    link = viewer.directory.policy.link_to(task.account)
    return Row(task, viewer.account(task.account), viewer.playbook(task.playbook), group, may, link)


def _choices(names: Iterable[str], called: Callable[[str], str], chosen: str, most: int) -> tuple[Choice, ...]:
    """Each once; what is chosen is among them while there is any task of it."""
    found = list(dict.fromkeys(names))
    first = [one for one in found if chosen and key_of(one) == chosen]
    kept = list(dict.fromkeys((*first, *found)))[:most]
    return tuple(sorted((Choice(key_of(one), called(one)) for one in kept), key=lambda one: one.label.casefold()))
