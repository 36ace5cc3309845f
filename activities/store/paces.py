"""When a provider, or one channel of it, takes the next message: one row each, which is also its lock."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from activities.store.tables import paces
from activities.store.writing import insert_new

FORGOTTEN: Final = timedelta(hours=1)  # real: after so long nothing is left of a pace
_OF = select(paces.c.free_at).where(paces.c.name == bindparam("one"))
_LOCK = _OF.with_for_update()
_PUT = update(paces).where(paces.c.name == bindparam("one")).values(free_at=bindparam("then"))
_OLD = select(paces.c.name).where(paces.c.free_at < bindparam("before", type_=paces.c.free_at.type))


def free_at(connection: Connection, name: str) -> datetime | None:
    """From when on it takes a message; None where it was not asked lately."""
    return connection.scalar(_OF, {"one": name})


def lock(connection: Connection, name: str, real: datetime) -> datetime:
    """The same, never in the past, held until the transaction ends: after every other lock."""
    found: datetime | None = connection.scalar(_LOCK, {"one": name})
    if found is None:
        _forget(connection, real - FORGOTTEN)
        insert_new(connection, paces, [{"name": name, "free_at": real}])
        found = connection.scalar(_LOCK, {"one": name})
    return max(found or real, real)


def put(connection: Connection, name: str, then: datetime) -> None:
    """Locked before."""
    connection.execute(_PUT, {"one": name, "then": then})


def _forget(connection: Connection, before: datetime) -> None:
    """What somebody else holds is left for another time."""
    old = connection.scalars(_OLD.with_for_update(skip_locked=True), {"before": before}).all()
    if old:
        connection.execute(delete(paces).where(paces.c.name.in_(old)))
