"""Before the curtain: a database with the accounts' history in it, and the playbooks applied on top."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities import facts
from activities.applied import Applied, texts_of
from activities.clock import Clock
from activities.host import Host
from activities.store import versions
from activities.store.database import Database
from engine.plan import Plan
from workers.checking import Checked
from workers.demo.portfolio import Happening, NoDemo, Portfolio

AT_ONCE = 250  # facts in one transaction
BY = "playbook demo"

Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """A clock that stands still."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


def import_history(database: Database, portfolio: Portfolio, checked: Checked, tell: Tell) -> None:
    """With no playbook applied, so that what is true already starts nothing; then all of them are applied, and each
    account is judged once. `tell` hears how many facts are in. Raises NoDemo when one of them is refused.
    """
    host = _host(database, portfolio.since)
    _apply(host, (), checked)
    for first in range(0, len(portfolio.history), AT_ONCE):
        _post(host, portfolio.history[first : first + AT_ONCE])
        tell(min(first + AT_ONCE, len(portfolio.history)))
    _apply(host, list(checked.plans.values()), checked)
    while facts.fill(host):
        pass


def _host(database: Database, since: datetime) -> Host:
    clock = Clock(1, since, since, real=Standing(since))
    return Host(database=database, clock=clock, applied=Applied(), channels={})


def _apply(host: Host, plans: Sequence[Plan], checked: Checked) -> None:
    texts = texts_of(checked.workspace.folder)
    host.database.write(lambda connection: versions.apply(connection, plans, texts, at=host.clock.now(), by=BY))


def _post(host: Host, happened: Sequence[Happening]) -> None:
    answers = facts.post(host, [one.raw for one in happened])
    refused = [one for one in answers if one.status == "rejected"]
    if refused:
        reasons = "; ".join(f"{one.id}: {' '.join(one.reasons)}" for one in refused[:3])
        raise NoDemo(f"{len(refused)} facts of the history were refused, such as {reasons}")
