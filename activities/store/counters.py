"""How many accounts have started in a period of a playbook's limit: one row each, which is also its lock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from activities.store.tables import counters
from activities.store.writing import insert_new, upsert


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """The period of one playbook that began at `since`."""

    playbook: str
    period: str
    since: datetime


_LOCK = (
    select(counters.c.count)
    .where(counters.c.playbook == bindparam("of"))
    .where(counters.c.period == bindparam("length"))
    .where(counters.c.since == bindparam("began"))
    .with_for_update()
)


def lock(connection: Connection, ones: Collection[Counted]) -> dict[Counted, int]:
    """How many have started, held until the transaction ends; always in the same order, and after accounts and runs."""
    ordered = sorted(ones)
    insert_new(connection, counters, [_row(one, 0) for one in ordered])
    found: dict[Counted, int] = {}
    for one in ordered:
        key = {"of": one.playbook, "length": one.period, "began": one.since}
        found[one] = connection.scalars(_LOCK, key).one()
    return found


def save(connection: Connection, counts: Mapping[Counted, int]) -> None:
    """With them the periods before go that nobody counts in any more."""
    upsert(connection, counters, [_row(one, counts[one]) for one in sorted(counts)])
    for one in sorted(counts):
        former = delete(counters).where(counters.c.playbook == one.playbook, counters.c.since < one.since)
        connection.execute(former)


def _row(one: Counted, count: int) -> dict[str, object]:
    return {"playbook": one.playbook, "period": one.period, "since": one.since, "count": count}
