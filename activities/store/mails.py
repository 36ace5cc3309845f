"""An account's mails, as caps see them, and everything that waits for a provider."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, literal_column, select, update

from activities.store.effects import EffectRow
from activities.store.tables import effects, runs

_COLUMNS = [effects.c[name] for name in EffectRow.__dataclass_fields__]
_MINE = (effects.c.account == bindparam("of")) & (effects.c.channel == "email")
_OPEN = (effects.c.held == "window") & (effects.c.until <= bindparam("now", type_=effects.c.until.type))
_READY = (
    select(*_COLUMNS)
    .join(runs, runs.c.id == effects.c.run)
    .where(_MINE, (effects.c.state == "wanted") | (effects.c.held == "cap") | _OPEN)
    .where(~runs.c.paused, runs.c.fault.is_(None))
    .order_by(effects.c.id)
)
_SETTLED = effects.c.settled_at.is_(None) | (effects.c.settled_at > bindparam("after", type_=effects.c.settled_at.type))
_GONE = select(effects.c.recipient, effects.c.settled_at, effects.c.claimed_at).where(
    _MINE, effects.c.state.in_(("claimed", "uncertain", "sent")), _SETTLED
)
# Written out, not bound: the index is of these rows alone.
_BY_PROVIDER = effects.c.held == literal_column("'provider'")
_BY_POLICY = effects.c.until.is_not(None) & effects.c.held.in_(("window", "cap"))
_PUT_OFF = (
    select(effects.c.id, effects.c.account, effects.c.run)
    .where(_BY_PROVIDER, effects.c.channel == bindparam("name"))
    .order_by(effects.c.priority.desc(), effects.c.ready_since)
    .limit(bindparam("most"))
)
_FAILED = effects.alias("failed")
_UNCLAIMED = select(func.count()).select_from(
    select(effects.c.id)
    .where(effects.c.state == "wanted", effects.c.checked_at > bindparam("after", type_=effects.c.checked_at.type))
    .where(effects.c.channel == bindparam("name"), effects.c.go_at.is_(None))
    .limit(bindparam("most"))
    .subquery()
)


def ready(connection: Connection, account: str, now: datetime) -> list[EffectRow]:
    """What could go now if its hours and the caps let it: wanted, held by a cap, or for an hour that has come by now,
    of runs that may go on.
    """
    return [EffectRow(*row) for row in connection.execute(_READY, {"of": account, "now": now})]


def gone(
    connection: Connection, account: str, since: datetime
) -> Sequence[tuple[str, datetime | None, datetime | None]]:
    """Recipient, logical instant of sending (None: it is on its way) and real instant of the claim of what counts."""
    return [(row[0], row[1], row[2]) for row in connection.execute(_GONE, {"of": account, "after": since})]


def put_off(connection: Connection, channel: str, limit: int) -> list[tuple[str, str, str]]:
    """Effect, account and run of what waits for the provider, the most important first."""
    return [(row[0], row[1], row[2]) for row in connection.execute(_PUT_OFF, {"name": channel, "most": limit})]


def next_to_try(connection: Connection, channel: str, failed: str | None) -> list[tuple[str, str, str]]:
    """One of them, likewise: where there is such, one that has not been tried, and of another playbook than what has
    `failed`, if that is named.
    """
    same = exists().where(_FAILED.c.id == failed, _FAILED.c.playbook == effects.c.playbook)
    query = select(effects.c.id, effects.c.account, effects.c.run)
    query = query.where(_BY_PROVIDER, effects.c.channel == channel)
    order = (effects.c.tried_at.isnot(None), same, effects.c.tried_at, effects.c.priority.desc(), effects.c.ready_since)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(*order).limit(1))]


def put_off_to(connection: Connection, channel: str, recipients: Collection[str], limit: int) -> list[tuple[str, str]]:
    """Effect and account of what waits for the provider, is for one of these, and cannot have arrived; likewise."""
    mine = _BY_PROVIDER & (effects.c.channel == channel) & (effects.c.looks == 0)
    query = select(effects.c.id, effects.c.account).where(mine, effects.c.recipient.in_(sorted(recipients)))
    query = query.order_by(effects.c.priority.desc(), effects.c.ready_since).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(query)]


def instead(connection: Connection, why: str, since: datetime, limit: int) -> list[tuple[str, int]]:
    """To whom mails went for that reason in the place of messages, and how many since that logical instant."""
    mine = (effects.c.channel == literal_column("'notice'")) & (effects.c.reason == why)
    query = select(effects.c.recipient, func.count()).where(mine, effects.c.settled_at > since)
    query = query.group_by(effects.c.recipient).order_by(effects.c.recipient).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(query)]


def held_by_policy(connection: Connection, after: str, limit: int) -> list[tuple[str, str, str]]:
    """Effect, account and run of what hours or a cap hold; by id, from the one after `after`."""
    query = select(effects.c.id, effects.c.account, effects.c.run).where(_BY_POLICY, effects.c.id > after)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(effects.c.id).limit(limit))]


def look_at(connection: Connection, ids: Collection[str], logical: datetime) -> None:
    """Of these, what hours or a cap hold is held until then at most. Their accounts are locked."""
    mine = effects.c.id.in_(sorted(ids)) & _BY_POLICY & (effects.c.until > logical)
    connection.execute(update(effects).where(mine).values(until=logical))


def take_up(connection: Connection, ids: Collection[str], real: datetime) -> list[str]:
    """Those that still wait for the provider are wanted again; their runs. Their accounts are locked."""
    mine = effects.c.id.in_(sorted(ids)) & (effects.c.held == "provider")
    fresh = {"reason": None, "tried_at": None, "held": None, "until": None, "go_at": None, "checked_at": real}
    again = update(effects).where(mine).values(state="wanted", **fresh)
    return list(connection.scalars(again.returning(effects.c.run)))


def unclaimed(connection: Connection, channel: str, since: datetime, most: int) -> int:
    """How many were wanted since that real instant and have no turn yet; counted up to `most`."""
    values = {"name": channel, "after": since, "most": most}
    return connection.scalar(_UNCLAIMED, values) or 0
