"""Open work after the workspace's people have changed: who has left, is away or has come.

Each run that may be concerned is told, in the transaction of the apply; it finds out itself who is asked now.
"""

from collections.abc import Iterable, Iterator, Mapping

from activities.applied import read_setting
from activities.desks import Bench
from activities.store import accounts, inputs, tasks, wakes
from engine.assignment import HOLDER
from engine.people import People
from engine.problems import InvalidWorkspace
from engine.run import Flipped, Input, Task
from engine.setting import Setting

PAGE = 1_000
_READ = ("people", "policy")


def people_changed(at: Bench, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """`before` and `after` are the workspace's texts by kind."""
    if all(before[kind] == after[kind] for kind in _READ):
        return
    concerned = _concerned(before, after)
    moving = [task for task in _all_open(at) if concerned.by(task)]
    locked = accounts.lock(at.connection, {task.account for task in moving})
    told: list[tuple[str, Input]] = [
        (task.run, Flipped(at=at.now(row), path=task.rests_at, visit=task.visit, name=HOLDER))
        for task in moving
        if (row := locked.get(task.account)) is not None
    ]
    for row in locked.values():
        accounts.stamp(at.connection, [row.id], at.now(row))
    inputs.latch(at.connection, told, at.real)
    wakes.write(at.connection, [run for run, _ in told], at.real)


def _concerned(before: Mapping[str, str], after: Mapping[str, str]) -> "_Concerned":
    try:
        former = read_setting(before, ())
    except InvalidWorkspace:  # an older release's, which nobody can read any more: this apply mends it
        return _Concerned(None, frozenset())
    return _Concerned.of(former, read_setting(after, ()))


def _all_open(at: Bench) -> Iterator[Task]:
    after = ""
    while page := tasks.listed(at.connection, state="open", after=after, limit=PAGE):
        yield from page
        after = page[-1].id


class _Concerned:
    """Which tasks somebody else may have now: rather too many than too few. None: all."""

    def __init__(self, people: set[str] | None, roles: frozenset[str]) -> None:
        self.people = people
        self.roles = roles

    @classmethod
    def of(cls, before: Setting, after: Setting) -> "_Concerned":
        if before.policy != after.policy:
            return cls(None, frozenset())
        touched: set[str] = set()
        roles: set[str] = set()
        for name in {*before.people.ids, *after.people.ids}:
            if before.people.get(name) != after.people.get(name):
                for people in (before.people, after.people):
                    touched |= {name, *_above(people, name)}
                    roles.update(_roles(people, [name, *_above(people, name)]))
        return cls(touched, frozenset(roles))

    def by(self, task: Task) -> bool:
        if self.people is None or task.person is None:
            return True
        return task.person in self.people or task.taken in self.people or task.role in self.roles


def _above(people: People, name: str) -> list[str]:
    return [one.id for one in people.chain(name)]


def _roles(people: People, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        person = people.get(name)
        yield from person.roles if person else ()
