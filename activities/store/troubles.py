"""Ways out that take nothing, or that cannot be asked what became of something, and how much waits for each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, literal_column, or_, select, update

from activities.store.tables import breakers, effects

Sort = Literal["down", "not taken", "not asked"]

UNASKED: Final = "could not be looked for: "
NOT_TAKEN: Final = "not taken: "
SOON: Final = timedelta(seconds=30)  # real: a provider that has no room for a moment is no trouble


@dataclass(frozen=True, slots=True)
class Trouble:
    """`since` is real, and so is `tried_at`, when somebody tries whether it is back; `until` is logical, when the first
    of what waits by itself is tried again. Neither: within seconds.
    """

    channel: str
    sort: Sort
    reason: str
    since: datetime | None
    waiting: int
    tried_at: datetime | None = None
    until: datetime | None = None


class _Count(NamedTuple):
    """The first instants of so many effects, and why one of them waits."""

    channel: str
    number: int
    tried_at: datetime | None
    claimed_at: datetime | None
    until: datetime | None
    reason: str


# Some wait for a provider, the others each for themselves; a mailbox that is full is its owner's trouble.
_HELD = effects.c.held == literal_column("'provider'")
_ALONE = and_(
    effects.c.until.is_not(None),
    effects.c.state == "deferred",
    effects.c.held.is_(None),
    or_(effects.c.channel == "webhook", effects.c.reason.startswith(NOT_TAKEN)),
)
_UNASKED = and_(
    effects.c.state == "uncertain",
    or_(effects.c.until.is_not(None), effects.c.asking),
    effects.c.reason.startswith(UNASKED),
)
_TRIED = and_(
    effects.c.state == "wanted",
    effects.c.reason.is_not(None),
    effects.c.tried_at <= bindparam("before", type_=effects.c.tried_at.type),
)
_FIRST = (func.min(effects.c.tried_at), func.min(effects.c.claimed_at), func.min(effects.c.until))
# Each finds its rows by an index.
_COUNTS = {
    sort: select(effects.c.channel, func.count(), *_FIRST, func.max(effects.c.reason))
    .where(which)
    .group_by(effects.c.channel)
    for sort, which in (("held", _HELD), ("alone", _ALONE), ("tried", _TRIED), ("not asked", _UNASKED))
}


def found(connection: Connection, real: datetime) -> list[Trouble]:
    """One for each channel that is in trouble."""
    open_ = down(connection)
    counts = {
        sort: {
            row[0]: _Count(*row)
            for row in connection.execute(query, {"before": real - SOON} if sort == "tried" else {})
        }
        for sort, query in _COUNTS.items()
    }
    names = {*open_, *(name for sort, rows in counts.items() if sort != "held" for name in rows)}
    return [
        _trouble(name, open_.get(name), {sort: rows[name] for sort, rows in counts.items() if name in rows})
        for name in sorted(names)
    ]


def down(connection: Connection) -> dict[str, Trouble]:
    """By channel, those whose provider takes nothing; what waits for it is not counted."""
    query = select(breakers).where(breakers.c.mode.is_distinct_from("suspected"))
    return {
        row.channel: Trouble(
            row.channel, "down", row.reason, row.since, 0, tried_at=max(row.until, row.probing or row.until)
        )
        for row in connection.execute(query)
    }


def alone(connection: Connection, after: str, most: int, *, channel: str) -> list[tuple[str, str, str]]:
    """Effect, account and run of what waits for itself, or to be looked for; by id, from the one after `after`."""
    query = select(effects.c.id, effects.c.account, effects.c.run).where(or_(_ALONE, _UNASKED))
    query = query.where(effects.c.channel == channel, effects.c.id > after).order_by(effects.c.id).limit(most)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def try_at(connection: Connection, ids: Collection[str], logical: datetime) -> None:
    """Those that still wait do so until then. Their accounts are locked."""
    mine = effects.c.id.in_(sorted(ids)) & or_(_ALONE, _UNASKED) & ~effects.c.asking
    connection.execute(update(effects).where(mine).values(until=logical))


def _trouble(channel: str, held: Trouble | None, rows: Mapping[str, _Count]) -> Trouble:
    """What holds all of a channel is told before what holds some."""
    number = sum(one.number for one in rows.values())
    if held is not None:
        return replace(held, waiting=number)
    sort = next(one for one in ("alone", "tried", "not asked") if one in rows)
    first, said = rows[sort], rows[sort].reason
    if sort == "not asked":
        reason = said.removeprefix(UNASKED)
        return Trouble(channel, "not asked", reason, first.claimed_at, number, until=first.until)
    return Trouble(channel, "not taken", said.removeprefix(NOT_TAKEN), first.tried_at, number, until=first.until)
