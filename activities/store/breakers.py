"""Channels whose provider takes nothing from us for a while, and then is tried by one effect at a time. Instants are
real.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from activities.store.tables import breakers
from activities.store.writing import upsert


@dataclass(frozen=True, slots=True)
class Breaker:
    """`until`: nothing is tried before. `probing`: until then somebody tries whether the provider is back. `since`:
    when it began (None: a release before this one opened it).
    """

    until: datetime
    probing: datetime | None
    since: datetime | None

    def holds(self, real: datetime) -> datetime | None:
        """Until when nobody may try; None when somebody may."""
        last = self.until if self.probing is None else max(self.until, self.probing)
        return last if last > real else None


_OF = select(breakers.c.until, breakers.c.probing, breakers.c.since).where(breakers.c.channel == bindparam("name"))
_LOCK = _OF.with_for_update()
_PROBE = update(breakers).where(breakers.c.channel == bindparam("name")).values(probing=bindparam("last"))
_CLOSE = delete(breakers).where(breakers.c.channel == bindparam("name"))


def open_(connection: Connection, channel: str, real: datetime, until: datetime, reason: str) -> None:
    there = find(connection, channel)
    since = there.since if there is not None and there.since is not None else real
    row = {"channel": channel, "until": until, "reason": reason, "probing": None, "since": since}
    upsert(connection, breakers, [row])


def find(connection: Connection, channel: str) -> Breaker | None:
    """None when the channel is as it should be."""
    return next((Breaker(*row) for row in connection.execute(_OF, {"name": channel})), None)


def listed(connection: Connection) -> list[tuple[str, str]]:
    """Channels whose provider is in trouble, and why."""
    query = select(breakers.c.channel, breakers.c.reason).order_by(breakers.c.channel)
    return [(row.channel, row.reason) for row in connection.execute(query)]


def probe(connection: Connection, channel: str, real: datetime, until: datetime) -> datetime | None:
    """Whoever asks first when the time has come tries for all, until that instant: None. Everybody else is told until
    when to stay away.
    """
    found = next((Breaker(*row) for row in connection.execute(_LOCK, {"name": channel})), None)
    if found is None or (held := found.holds(real)) is None:
        connection.execute(_PROBE, {"name": channel, "last": until})
        return None
    return held


def close(connection: Connection, channel: str) -> None:
    connection.execute(_CLOSE, {"name": channel})
