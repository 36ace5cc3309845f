"""What should have happened by now, found by index and with a limit. `before` and `real` are real instants."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, update

from activities.store.database import chunks
from activities.store.tables import accounts, effects, inputs, runs, wakes

Waiting = tuple[int, datetime | None]  # how many, and since when the first; (0, None)


def unfed(connection: Connection, before: datetime, limit: int) -> list[str]:
    """Runs with an input that was latched before then and not consumed."""
    query = select(inputs.c.run).join(runs, runs.c.id == inputs.c.run).where(inputs.c.consumed.is_(None))
    query = query.where(inputs.c.latched_at <= before, ~runs.c.paused, _unchecked(before), runs.c.fault.is_(None))
    return list(connection.scalars(query.order_by(inputs.c.latched_at).limit(limit)))


def unlooked(connection: Connection, logical: datetime, before: datetime, limit: int) -> list[str]:
    """Runs whose look was due at that logical instant."""
    query = select(runs.c.id).where(runs.c.look_at <= logical, _unchecked(before), runs.c.fault.is_(None))
    waiting = select(effects.c.run).join(runs, runs.c.id == effects.c.run)
    waiting = waiting.where(effects.c.until <= logical, _unchecked(before), ~runs.c.paused, runs.c.fault.is_(None))
    found = [*connection.scalars(query.order_by(runs.c.look_at).limit(limit))]
    return [*found, *connection.scalars(waiting.order_by(effects.c.until).limit(limit))]


def unclaimed(connection: Connection, before: datetime, limit: int) -> list[str]:
    """Runs with an effect that has been wanted since then without an attempt, or is to be asked for."""
    todo = (effects.c.state == "wanted") | ((effects.c.state == "uncertain") & effects.c.asking)
    query = select(effects.c.run).join(runs, runs.c.id == effects.c.run).where(todo, effects.c.checked_at <= before)
    query = query.where(_unchecked(before), ~runs.c.paused, runs.c.fault.is_(None))
    return list(dict.fromkeys(connection.scalars(query.order_by(effects.c.checked_at).limit(limit))))


def abandoned(connection: Connection, before: datetime, limit: int) -> list[str]:
    """Effects whose claim's lease ended before then."""
    query = select(effects.c.id).where(effects.c.state == "claimed", effects.c.lease_until <= before)
    return list(connection.scalars(query.order_by(effects.c.lease_until).limit(limit)))


def checked(connection: Connection, ids: Sequence[str], real: datetime) -> None:
    """These runs have been found late and are left alone for a while."""
    for part in chunks(list(ids)):
        connection.execute(update(runs).where(runs.c.id.in_(part)).values(checked_at=real))


def _unchecked(before: datetime) -> ColumnElement[bool]:
    return runs.c.checked_at.is_(None) | (runs.c.checked_at <= before)


def unfinished_effects(connection: Connection) -> list[str]:
    """Runs, over or not, of which something is still to be done."""
    query = select(effects.c.run).distinct().where(effects.c.state.in_(("wanted", "claimed", "deferred", "uncertain")))
    return list(connection.scalars(query.order_by(effects.c.run)))


def accounts_of_live(connection: Connection) -> list[str]:
    query = select(runs.c.account).distinct().where(~runs.c.over).order_by(runs.c.account)
    return list(connection.scalars(query))


def doubt_mail(connection: Connection) -> None:
    """Mails that were wanted when the backup was made may have gone out since."""
    doubt = {"state": "uncertain", "asking": True, "until": None, "looks": 0, "reason": "restored from a backup"}
    doubt |= {"held": None}
    unsent = effects.c.state.in_(("wanted", "claimed", "deferred"))
    connection.execute(update(effects).where(unsent, effects.c.channel.in_(("email", "notice"))).values(doubt))


def oldest(connection: Connection, now: datetime) -> Collection[datetime]:
    """The logical instants at which what is due by now was due first: accounts, looks, effects put off."""
    asked = (
        select(func.min(accounts.c.due_at)).where(accounts.c.due_at <= now),
        select(func.min(runs.c.look_at)).where(runs.c.look_at <= now, runs.c.fault.is_(None)),
        select(func.min(effects.c.until)).where(effects.c.until <= now, effects.c.state == "deferred"),
    )
    return [at for query in asked if (at := connection.scalar(query)) is not None]


def unbegun(connection: Connection) -> datetime | None:
    """Since when, in real time, the first effect is wanted that nobody has tried."""
    query = select(effects.c.checked_at).join(runs, runs.c.id == effects.c.run)
    query = query.where(effects.c.state == "wanted", effects.c.reason.is_(None), ~runs.c.paused, runs.c.fault.is_(None))
    return connection.scalar(query.order_by(effects.c.checked_at).limit(1))


def undelivered(connection: Connection, before: datetime) -> Waiting:
    """Wakes that were due before then. Since a real instant."""
    return _waiting(connection, select(func.count(), func.min(wakes.c.due_at)).where(wakes.c.due_at <= before))


def unjudged(connection: Connection, logical: datetime) -> Waiting:
    """Accounts whose time had come at that logical instant. Since a logical one."""
    query = select(func.count(), func.min(accounts.c.due_at)).where(accounts.c.due_at <= logical)
    return _waiting(connection, query)


def unmoved(connection: Connection, before: datetime) -> Waiting:
    """Runs with an input that was latched before then. Since a real instant."""
    query = select(func.count(inputs.c.run.distinct()), func.min(inputs.c.latched_at))
    query = query.join(runs, runs.c.id == inputs.c.run).where(
        inputs.c.consumed.is_(None), inputs.c.latched_at <= before
    )
    return _waiting(connection, query.where(~runs.c.paused, runs.c.fault.is_(None)))


def _waiting(connection: Connection, query: Select[int, Any]) -> Waiting:
    number, since = connection.execute(query).one()
    return number, since
