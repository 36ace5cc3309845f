"""When the app database was put back from a backup: what was done between the two is known to nobody here."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from activities.store.tables import restores


def add(connection: Connection, since: datetime, until: datetime) -> int:
    """The new epoch."""
    epoch = (connection.scalar(select(func.max(restores.c.epoch))) or 0) + 1
    connection.execute(insert(restores).values(epoch=epoch, since=since, until=until))
    return epoch


def covers(connection: Connection, at: datetime) -> bool:
    """Whether an effect of that instant may have been done already by what was lost."""
    query = select(restores.c.epoch).where(restores.c.since <= at, restores.c.until >= at).limit(1)
    return connection.scalar(query) is not None
