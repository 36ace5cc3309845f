"""The ledger's rows. What the states mean and how they follow each other is told in activities/ledger.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, select, update

from activities.store.database import chunks
from activities.store.tables import effects
from activities.store.writing import insert_new
from engine.run import Effect

State = Literal["wanted", "claimed", "sent", "failed", "skipped", "deferred", "uncertain"]
FINAL: tuple[State, ...] = ("sent", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class EffectRow:
    """`until`: of a deferred effect, when it is wanted again; of an uncertain one, when the provider is asked next
    (None: a person must say, unless `asking`). `tried_at`, `claimed_at` and `lease_until` are real.
    """

    id: str
    run: str
    account: str
    playbook: str
    channel: str
    at: datetime
    body: str
    state: State
    reason: str | None
    attempt: int
    until: datetime | None
    asking: bool
    looks: int
    tried_at: datetime | None
    claimed_at: datetime | None
    lease_until: datetime | None
    settled_at: datetime | None
    receipt: str | None

    @property
    def effect(self) -> Effect:
        return Effect.model_validate_json(self.body)


_COLUMNS = [effects.c[name] for name in EffectRow.__dataclass_fields__]


def _rows(connection: Connection, where: ColumnElement[bool], limit: int | None = None) -> list[EffectRow]:
    order = (effects.c.priority.desc(), effects.c.at, effects.c.key)
    found = connection.execute(select(*_COLUMNS).where(where).order_by(*order).limit(limit))
    return [EffectRow(*row) for row in found]


def find(connection: Connection, effect: str) -> EffectRow | None:
    rows = _rows(connection, effects.c.id == effect)
    return rows[0] if rows else None


def account_of(connection: Connection, effect: str) -> str | None:
    return connection.scalar(select(effects.c.account).where(effects.c.id == effect))


def states(connection: Connection, ids: Collection[str]) -> dict[str, EffectRow]:
    found: dict[str, EffectRow] = {}
    for part in chunks(sorted(ids)):
        found |= {row.id: row for row in _rows(connection, effects.c.id.in_(part))}
    return found


def unsettled(connection: Connection, runs: Collection[str]) -> dict[str, list[EffectRow]]:
    """By run, what is neither sent nor failed nor skipped; in the order in which it is to be done."""
    found: dict[str, list[EffectRow]] = {run: [] for run in runs}
    for part in chunks(sorted(runs)):
        for row in _rows(connection, effects.c.run.in_(part) & effects.c.state.not_in(FINAL)):
            found[row.run].append(row)
    return found


def add(
    connection: Connection, new: Sequence[tuple[str, str, Effect]], real: datetime, doubtful: Collection[str] = ()
) -> None:
    """`new` are account, playbook and effect; those of `doubtful` ids begin as uncertain and are due for a look."""
    rows = [
        {
            "id": one.id,
            "key": one.key,
            "run": one.run,
            "account": account,
            "playbook": playbook,
            "path": one.path,
            "visit": one.visit,
            "channel": one.channel,
            "purpose": one.purpose,
            "address": one.address,
            "priority": one.priority,
            "at": one.at,
            "body": one.model_dump_json(),
            "state": "uncertain" if one.id in doubtful else "wanted",
            "asking": one.id in doubtful,
            "ready_since": one.at,
            "checked_at": real,
        }
        for account, playbook, one in new
    ]
    insert_new(connection, effects, rows)


def change(connection: Connection, effect: str, **changes: Any) -> None:
    connection.execute(update(effects).where(effects.c.id == effect).values(changes))


def release(connection: Connection, run: str, now: datetime) -> bool:
    """What was put off until now is wanted again, what was uncertain is asked for; whether there was any."""
    mine = (effects.c.run == run) & (effects.c.until <= now)
    wanted = {"state": "wanted", "until": None, "reason": None, "tried_at": None, "ready_since": effects.c.until}
    again = connection.execute(update(effects).where(mine, effects.c.state == "deferred").values(wanted))
    asked = connection.execute(
        update(effects).where(mine, effects.c.state == "uncertain").values(asking=True, until=None)
    )
    return again.rowcount + asked.rowcount > 0


def skip(connection: Connection, run: str, reason: str, visit: tuple[str, int] | None = None) -> None:
    """Effects not yet claimed, of one visit (path and number) or of the whole run, are not to be done any more."""
    mine = (effects.c.run == run) & effects.c.state.in_(("wanted", "deferred"))
    if visit is not None:
        mine &= (effects.c.path == visit[0]) & (effects.c.visit == visit[1])
    connection.execute(update(effects).where(mine).values(state="skipped", reason=reason, until=None))


def listed(
    connection: Connection,
    *,
    account: str | None = None,
    run: str | None = None,
    channel: str | None = None,
    states_in: Collection[State] = (),
    after: str = "",
    limit: int = 100,
) -> list[EffectRow]:
    """By id, from the one after `after`."""
    where: ColumnElement[bool] = effects.c.id > after
    given: Mapping[str, str | None] = {"account": account, "run": run, "channel": channel}
    for name, value in given.items():
        where = where & (effects.c[name] == value) if value is not None else where
    where = where & effects.c.state.in_(sorted(states_in)) if states_in else where
    found = connection.execute(select(*_COLUMNS).where(where).order_by(effects.c.id).limit(limit))
    return [EffectRow(*row) for row in found]


def counted(connection: Connection) -> dict[tuple[str, str, str], int]:
    """How many effects there are by channel, purpose and state."""
    by = (effects.c.channel, effects.c.purpose, effects.c.state)
    rows = connection.execute(select(*by, func.count()).group_by(*by))
    return {(row[0], row[1], row[2]): row[3] for row in rows}
