"""What has been decided of one account's start conditions, as far as it has been asked for.

An account has thousands of rules that do not care about a fact; theirs stay in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from engine.subjects import slot
from engine.trigger import Decision

__all__ = ["Decided", "Fetch"]

Fetch = Callable[[Collection[str] | None], Iterable[Decision]]
"""Finds the decisions that are kept of these playbooks; of all, for None."""


@dataclass(slots=True)
class Decided:
    """`asked` are the playbooks that have been looked for, whether or not something was found; `bound` is an instant
    before which none of the others is due. Without `fetch` there are no others.
    """

    known: dict[str, Decision] = field(default_factory=dict)
    fetch: Fetch | None = None
    asked: set[str] = field(default_factory=set)
    bound: datetime | None = None

    def want(self, names: Iterable[str]) -> None:
        """What is about to be asked for, in one go."""
        if self.fetch and (missing := set(names) - self.asked):
            self.asked |= missing
            self.known |= {one.key: one for one in self.fetch(missing)}

    def get(self, playbook: str, subject: str = "") -> Decision | None:
        self.want([playbook])
        return self.known.get(slot(playbook, subject))

    def subjects(self, playbook: str) -> set[str]:
        """Those of which something is kept."""
        self.want([playbook])
        return {one.subject for one in self.known.values() if one.playbook == playbook and one.subject}

    def keep(self, decision: Decision) -> bool:
        """Whether it is news, and must be written."""
        former = self.get(decision.playbook, decision.subject)
        if former == decision or (former is None and decision.says_nothing):
            return False
        self.known[decision.key] = decision
        return True

    def due(self, by: datetime) -> Iterator[Decision]:
        """Those that are due by then, by the names of their playbooks."""
        self._all_if_due(by)
        return (one for _, one in sorted(self.known.items()) if one.next_at is not None and one.next_at <= by)

    @property
    def next_at(self) -> datetime | None:
        """The earliest instant at which one may be due; what has not been asked for counts by its bound."""
        instants = [one.next_at for one in self.known.values() if one.next_at is not None]
        return min([*instants, self.bound] if self.fetch and self.bound else instants, default=None)

    def _all_if_due(self, by: datetime) -> None:
        if self.fetch and self.bound is not None and self.bound <= by:
            fetched = {one.key: one for one in self.fetch(None) if one.playbook not in self.asked}
            self.known |= fetched
            self.fetch = None
