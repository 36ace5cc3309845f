"""Channels whose provider takes nothing from us for a while, and then is tried by one effect at a time. Instants are
real.

That one effect is not taken may be its own fault. It is only suspected, and keeps nothing from being tried, until
another is not taken either and nothing has gone in between.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, select, update

from activities.store.tables import breakers
from activities.store.writing import upsert

Mode = Literal["suspected", "itself", "handed"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """`until`: nothing is tried before. `probing`: until then somebody tries whether the provider is back. `since`:
    when it began. `effect`: which was not taken last; `mode`: whether it tries again `itself` or the next one to try is
    `handed` the turn. (None: a release before this one opened it.)
    """

    until: datetime
    probing: datetime | None
    since: datetime | None
    effect: str | None = None
    mode: Mode | None = None

    def holds(self, real: datetime) -> datetime | None:
        """Until when nobody may try; None when somebody may."""
        last = self.until if self.probing is None else max(self.until, self.probing)
        return last if last > real else None


_COLUMNS = [breakers.c[name] for name in Breaker.__dataclass_fields__]
_OF = select(*_COLUMNS).where(breakers.c.channel == bindparam("name"))
_LOCK = _OF.with_for_update()
_PROBE = update(breakers).where(breakers.c.channel == bindparam("name")).values(probing=bindparam("last"))
_CLOSE = delete(breakers).where(breakers.c.channel == bindparam("name"))
_SUSPECTED = select(breakers.c.effect, breakers.c.reason).where(
    breakers.c.channel == bindparam("name"),
    breakers.c.mode == "suspected",
    breakers.c.effect.is_not(None),
    breakers.c.until >= bindparam("after", type_=breakers.c.until.type),
)
_OPEN = breakers.c.mode.is_distinct_from("suspected")


def suspect(connection: Connection, channel: str, effect: str, real: datetime, reason: str) -> bool:
    """Whether the effect is the only one that was not taken since anything went; then that is kept."""
    there = _find(connection, channel)
    if there is not None and (there.mode != "suspected" or there.effect != effect):
        return False
    _put(connection, channel, Breaker(real, None, None, effect, "suspected"), reason)
    return True


@dataclass(frozen=True, slots=True)
class Suspicion:
    effect: str
    reason: str


def suspected(connection: Connection, channel: str, since: datetime) -> Suspicion | None:
    """What was not taken last, where that is since then and nothing has gone after it."""
    row = connection.execute(_SUSPECTED, {"name": channel, "after": since}).one_or_none()
    return Suspicion(*row) if row else None


def open_(
    connection: Connection,
    channel: str,
    real: datetime,
    until: datetime,
    reason: str,
    *,
    effect: str | None = None,
    itself: bool = True,
) -> None:
    """`itself`: the effect tries again then; otherwise another is handed the turn."""
    there = find(connection, channel)
    since = there.since if there is not None and there.since is not None else real
    _put(connection, channel, Breaker(until, None, since, effect, "itself" if itself else "handed"), reason)


def find(connection: Connection, channel: str) -> Breaker | None:
    """None when the channel is as it should be, or no more than suspected."""
    found = _find(connection, channel)
    return None if found is None or found.mode == "suspected" else found


def probe(connection: Connection, channel: str, real: datetime, until: datetime) -> datetime | None:
    """Whoever asks first when the time has come tries for all, until that instant: None. Everybody else is told until
    when to stay away.
    """
    found = next((Breaker(*row) for row in connection.execute(_LOCK, {"name": channel})), None)
    if found is None or (held := found.holds(real)) is None:
        connection.execute(_PROBE, {"name": channel, "last": until})
        return None
    return held


def try_now(connection: Connection, channel: str, real: datetime) -> None:
    """Somebody may try at once; how long it has been down is kept."""
    mine = (breakers.c.channel == channel) & _OPEN
    connection.execute(update(breakers).where(mine).values(until=real, probing=None, mode="handed"))


def close(connection: Connection, channel: str) -> None:
    """It takes what it is given."""
    if _find(connection, channel) is not None:
        connection.execute(_CLOSE, {"name": channel})


def _find(connection: Connection, channel: str) -> Breaker | None:
    return next((Breaker(*row) for row in connection.execute(_OF, {"name": channel})), None)


def _put(connection: Connection, channel: str, breaker: Breaker, reason: str) -> None:
    row = {name: getattr(breaker, name) for name in Breaker.__dataclass_fields__}
    upsert(connection, breakers, [{"channel": channel, "reason": reason, **row}])
