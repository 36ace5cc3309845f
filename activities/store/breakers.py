"""Channels whose provider takes nothing from us for a while. Instants are real."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from activities.store.tables import breakers
from activities.store.writing import upsert

_OPEN = select(breakers.c.until).where(breakers.c.channel == bindparam("name"), breakers.c.until > bindparam("real"))


def open_(connection: Connection, channel: str, until: datetime, reason: str) -> None:
    upsert(connection, breakers, [{"channel": channel, "until": until, "reason": reason}])


def open_until(connection: Connection, channel: str, real: datetime) -> datetime | None:
    """None when the channel may be tried."""
    until: datetime | None = connection.scalar(_OPEN, {"name": channel, "real": real})
    return until


def close(connection: Connection, channel: str) -> None:
    connection.execute(delete(breakers).where(breakers.c.channel == channel))
