"""Messages that are to be deleted in Slack, by what finds them there and no more. Instants are real."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select, update

from activities.store.tables import removals
from activities.store.writing import insert_new

LASTING = 5  # tries: so many take minutes
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Removal:
    """`attempts` are those that came before."""

    receipt: str
    attempts: int


_REAL = bindparam("real", type_=removals.c.next_at.type)
_DUE = select(removals.c.receipt, removals.c.attempts).where(removals.c.next_at <= _REAL)
_ANY = _DUE.limit(1)
_FIRST = (
    _DUE.order_by(removals.c.next_at, removals.c.receipt).limit(bindparam("most")).with_for_update(skip_locked=True)
)


def add(connection: Connection, receipts: Collection[str], real: datetime) -> int:
    return insert_new(connection, removals, [{"receipt": one, "next_at": real} for one in sorted(set(receipts))])


def any_due(connection: Connection, real: datetime) -> bool:
    """Asked before leasing: it takes no lock."""
    return connection.execute(_ANY, {"real": real}).first() is not None


def lease(connection: Connection, real: datetime, limit: int) -> list[Removal]:
    chosen = [Removal(*row) for row in connection.execute(_FIRST, {"real": real, "most": limit})]
    mine = removals.c.receipt.in_([one.receipt for one in chosen])
    if chosen:
        again = {"next_at": real + LEASE, "attempts": removals.c.attempts + 1}
        connection.execute(update(removals).where(mine).values(again))
    return chosen


def done(connection: Connection, receipt: str) -> None:
    connection.execute(delete(removals).where(removals.c.receipt == receipt))


def failed(connection: Connection, receipt: str, until: datetime, reason: str, *, lasting: bool) -> None:
    """Not before that instant is it tried again; what is `lasting` shows at once."""
    said: dict[str, object] = {"next_at": until, "reason": reason} | ({"attempts": LASTING} if lasting else {})
    connection.execute(update(removals).where(removals.c.receipt == receipt).values(said))


def troubled(connection: Connection) -> list[tuple[str, int]]:
    """Why some are still there, and how many."""
    query = select(removals.c.reason, func.count()).where(
        removals.c.reason.is_not(None), removals.c.attempts >= LASTING
    )
    return [
        (row[0], row[1]) for row in connection.execute(query.group_by(removals.c.reason).order_by(removals.c.reason))
    ]
