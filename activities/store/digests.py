"""Digests: one row for each colleague, with the last day that was dealt with and when to look again (logical)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from activities.store.tables import digests
from activities.store.writing import insert_new

LEASE = timedelta(seconds=90)  # longer than looking for a digest and sending it may take


@dataclass(frozen=True, slots=True)
class DigestRow:
    """`attempts` are those before this one at what is due; whoever died over one has made one too. `certain` of them
    delivered nothing for sure. `since` (real): when the first was made. Once `by_mail`, they count anew.
    """

    person: str
    day: str | None
    attempts: int
    reason: str | None
    since: datetime | None
    certain: int
    by_mail: bool

    @property
    def may_have_arrived(self) -> bool:
        return self.certain < self.attempts


_COLUMNS = [digests.c[name] for name in DigestRow.__dataclass_fields__]
_FREE = digests.c.lease_until.is_(None) | (digests.c.lease_until <= bindparam("real", type_=digests.c.lease_until.type))
_DUE = (digests.c.next_at <= bindparam("now", type_=digests.c.next_at.type)) & _FREE
_ANY = select(digests.c.person).where(_DUE).limit(1)
_FIRST = (
    select(*_COLUMNS)
    .where(_DUE)
    .order_by(digests.c.next_at, digests.c.person)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def meet(connection: Connection, first: Mapping[str, datetime]) -> None:
    """There is a row for each of these people and for nobody else; new ones are looked at at that instant."""
    known = set(connection.scalars(select(digests.c.person)))
    gone = sorted(known - first.keys())
    if gone:
        connection.execute(delete(digests).where(digests.c.person.in_(gone)))
    insert_new(connection, digests, [{"person": one, "next_at": first[one]} for one in sorted(first.keys() - known)])


def look_at(connection: Connection, people: Collection[str], now: datetime) -> None:
    """Their calendars may be others than before."""
    connection.execute(update(digests).where(digests.c.person.in_(sorted(people))).values(next_at=now))


def any_due(connection: Connection, now: datetime, real: datetime) -> bool:
    """Asked before leasing: it takes no lock."""
    return connection.scalar(_ANY, {"now": now, "real": real}) is not None


def lease(connection: Connection, now: datetime, real: datetime, limit: int) -> list[DigestRow]:
    """Those that are due and that nobody else deals with, for LEASE from now."""
    found = [DigestRow(*row) for row in connection.execute(_FIRST, {"now": now, "real": real, "most": limit})]
    for one in found:
        since = one.since or real
        _change(connection, one.person, lease_until=real + LEASE, attempts=one.attempts + 1, since=since)
    return found


def done(connection: Connection, row: DigestRow, day: date | None, next_at: datetime, reason: str | None) -> None:
    """The day is dealt with, or there was none to be (None): it is not looked at before `next_at`."""
    dealt = {} if day is None else {"day": day.isoformat()}
    anew = {"attempts": 0, "certain": 0, "since": None, "by_mail": False}
    _change(connection, row.person, next_at=next_at, lease_until=None, reason=reason, **anew, **dealt)


def failed(connection: Connection, row: DigestRow, reason: str, until: datetime, *, certain: bool) -> None:
    """Not before that instant (real) is it tried again. `certain`: nothing can have arrived by this attempt."""
    _change(connection, row.person, lease_until=until, reason=reason, certain=row.certain + certain)


def go_by_mail(connection: Connection, row: DigestRow) -> DigestRow:
    """From now on, beginning with this attempt."""
    _change(connection, row.person, by_mail=True, attempts=1, certain=0)
    return replace(row, by_mail=True, attempts=0, certain=0)


def troubled(connection: Connection, limit: int) -> list[DigestRow]:
    query = select(*_COLUMNS).where(digests.c.reason.is_not(None)).order_by(digests.c.person)
    return [DigestRow(*row) for row in connection.execute(query.limit(limit))]


def _change(connection: Connection, person: str, **changes: object) -> None:
    connection.execute(update(digests).where(digests.c.person == person).values(**changes))
