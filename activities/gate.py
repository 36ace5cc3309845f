"""What the database says to a start: whether starts of the playbook are paused, and whether its limit leaves room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from activities.store import counters, holds
from activities.store.counters import Counted
from engine.calendar import Calendar
from engine.limits import began
from engine.plan import Plan


@dataclass
class StoredGate:
    """One transaction's. `plans` are those that are applied; `calendar` is the policy's."""

    connection: Connection
    plans: Mapping[str, Plan]
    calendar: Calendar
    counts: dict[Counted, int] = field(default_factory=dict)
    touched: set[Counted] = field(default_factory=set)

    @cached_property
    def _paused(self) -> frozenset[str]:
        return holds.paused(self.connection)

    def paused(self, playbook: str, /) -> bool:
        return playbook in self._paused

    def full(self, plan: Plan, now: datetime, /) -> bool:
        counted = self._counted(plan, now)
        if plan.limit is None or counted is None:
            return False
        if counted not in self.counts:
            self._lock(counted, now)
        if self.counts[counted] >= plan.limit.count:
            return True
        self.counts[counted] += 1
        self.touched.add(counted)
        return False

    def save(self) -> None:
        counters.save(self.connection, {one: self.counts[one] for one in self.touched})

    def _lock(self, wanted: Counted, now: datetime) -> None:
        """All limits that may be asked for, in one order: two transactions never wait for each other."""
        several = [counted for plan in self.plans.values() if (counted := self._counted(plan, now))]
        first = wanted in several and not self.counts
        self.counts |= counters.lock(self.connection, several if first else [wanted])

    def _counted(self, plan: Plan, now: datetime) -> Counted | None:
        if plan.limit is None:
            return None
        return Counted(plan.playbook, plan.limit.period, began(plan.limit.period, self.calendar, now))
