"""What is applied, as this process holds it: read once, and again after the next apply."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from activities.store import versions
from engine.plan import Plan
from engine.setting import Setting
from engine.trigger import Rules

Reader = Callable[[Mapping[str, str], tuple[str, ...]], Setting]


@dataclass(frozen=True, slots=True)
class Current:
    """`number` is the apply's."""

    number: int
    setting: Setting
    rules: Rules


class NothingApplied(Exception):
    """No playbooks have been applied to this database yet."""


class Applied:
    """`read` makes the setting of the stored texts (by kind) and the ids of the playbooks. Safe between threads."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._current: Current | None = None
        self._plans: dict[str, Plan] = {}

    def current(self, connection: Connection) -> Current:
        number = versions.current(connection)
        if number == 0:
            raise NothingApplied
        with self._lock:
            if self._current is None or self._current.number != number:
                self._current = self._load(connection, number)
            return self._current

    def plan(self, connection: Connection, plan_hash: str) -> Plan:
        """A plan is kept for good: what runs is pinned to it."""
        found = self._plans.get(plan_hash)
        if found is None:
            found = self._plans[plan_hash] = versions.plan(connection, plan_hash)
        return found

    def _load(self, connection: Connection, number: int) -> Current:
        plans = [self.plan(connection, one) for one in versions.active_plans(connection)]
        setting = self._read(versions.texts(connection, number), tuple(sorted(plan.playbook for plan in plans)))
        return Current(number, setting, Rules.of(plans))
