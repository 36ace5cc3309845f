"""Channels whose provider takes nothing from us for a while. Instants are real."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from activities.store.tables import breakers
from activities.store.writing import upsert


def open_(connection: Connection, channel: str, until: datetime, reason: str) -> None:
    upsert(connection, breakers, [{"channel": channel, "until": until, "reason": reason}])


def open_until(connection: Connection, channel: str, real: datetime) -> datetime | None:
    """None when the channel may be tried."""
    query = select(breakers.c.until).where(breakers.c.channel == channel, breakers.c.until > real)
    until: datetime | None = connection.scalar(query)
    return until


def close(connection: Connection, channel: str) -> None:
    connection.execute(delete(breakers).where(breakers.c.channel == channel))
