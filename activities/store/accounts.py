"""The account's row: its lock, its state, the last instant stamped on it, when time alone may change it."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, delete, func, select

from activities.store.database import chunks
from activities.store.tables import accounts
from activities.store.together import Collided
from activities.store.writing import Among, change_all, insert_new
from engine.known import Account


@dataclass(frozen=True)
class AccountRow:
    """`state` is None for an account of which no fact is in yet."""

    id: str
    state: str | None
    last_instant: datetime | None
    due_at: datetime | None
    filled: int

    @cached_property
    def known(self) -> Account:
        """What its state says, read once; nothing, where no fact of it is in."""
        return Account.from_json(json.loads(self.state)) if self.state else Account(self.id)


_COLUMNS = [accounts.c[name] for name in AccountRow.__dataclass_fields__]
_LOCK = Among(
    select(*_COLUMNS).order_by(accounts.c.id).with_for_update(key_share=True),  # FOR NO KEY UPDATE on PostgreSQL
    accounts.c.id,
)
_THERE = Among(select(accounts.c.id), accounts.c.id)


def lock(connection: Connection, ids: Collection[str]) -> dict[str, AccountRow]:
    """The accounts that exist, held until the transaction ends; always in the order of their ids."""
    return {row.id: AccountRow(*row) for row in _LOCK.rows(connection, ids)}


def lock_or_make(connection: Connection, ids: Collection[str]) -> dict[str, AccountRow]:
    """As `lock`; those that are not there are made, without a state. Raises Collided when one was erased meanwhile."""
    rows = [{"id": one} for one in sorted(set(ids) - _there(connection, ids))]
    insert_new(connection, accounts, rows)
    locked = lock(connection, ids)
    if len(locked) < len(set(ids)):
        raise Collided
    return locked


def _there(connection: Connection, ids: Collection[str]) -> set[str]:
    return {row.id for row in _THERE.rows(connection, ids)}


def find(connection: Connection, account: str) -> AccountRow | None:
    """As it stands, without holding it."""
    row = connection.execute(select(*_COLUMNS).where(accounts.c.id == account)).one_or_none()
    return AccountRow(*row) if row else None


def save(connection: Connection, rows: Sequence[AccountRow]) -> None:
    change_all(connection, accounts, [{"state": row.state, **_times(row)} for row in rows])


def save_times(connection: Connection, rows: Sequence[AccountRow]) -> None:
    """As `save`, of accounts whose state is as it was."""
    change_all(connection, accounts, [_times(row) for row in rows])


def _times(row: AccountRow) -> dict[str, object]:
    return {"which": row.id, "last_instant": row.last_instant, "due_at": row.due_at, "filled": row.filled}


def stamp(connection: Connection, ids: Sequence[str], instant: datetime) -> None:
    """Remembers the last instant of accounts that nothing else is written of."""
    change_all(connection, accounts, [{"which": one, "last_instant": instant} for one in ids])


def forget_empty(connection: Connection, ids: Sequence[str]) -> None:
    """Takes away those that were made for facts which were then refused."""
    for part in chunks(list(ids)):
        connection.execute(delete(accounts).where(accounts.c.id.in_(part), accounts.c.state.is_(None)))


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Accounts that time alone may have changed by `now` (logical), the longest due first."""
    query = select(accounts.c.id).where(accounts.c.due_at <= now).order_by(accounts.c.due_at).limit(limit)
    return list(connection.scalars(query))


def next_due(connection: Connection) -> datetime | None:
    found: datetime | None = connection.scalar(select(func.min(accounts.c.due_at)))
    return found


def unfilled(connection: Connection, number: int, limit: int) -> list[str]:
    """Accounts that have not been judged by the rules of apply `number` yet."""
    query = select(accounts.c.id).where(accounts.c.filled < number, accounts.c.state.is_not(None))
    return list(connection.scalars(query.order_by(accounts.c.filled, accounts.c.id).limit(limit)))


def state_of(connection: Connection, account: str) -> str | None:
    return connection.scalar(select(accounts.c.state).where(accounts.c.id == account))


def called(connection: Connection, words: str, limit: int) -> list[tuple[str, str]]:
    """Ids and names of accounts that have these words in either, whatever the capitals; by id, those that have an id or
    a name of just these words first.
    """
    within = json.dumps(words, ensure_ascii=False)[1:-1]
    said = accounts.c.id.icontains(words, autoescape=True) | accounts.c.state.icontains(within, autoescape=True)
    query = select(*_COLUMNS).where(accounts.c.state.is_not(None), said).order_by(accounts.c.id != words, accounts.c.id)
    wanted, found, alike = words.casefold(), list[tuple[str, str]](), list[tuple[str, str]]()
    for row in connection.execute(query):
        one = (row.id, AccountRow(*row).known.name)
        if wanted in (one[0].casefold(), one[1].casefold()):
            found.append(one)
        elif len(alike) < limit and (wanted in one[0].casefold() or wanted in one[1].casefold()):
            alike.append(one)
        if len(found) >= limit:
            break
    return [*found, *alike][:limit]


def beginning(connection: Connection, letters: str, limit: int) -> list[str]:
    """Ids that begin so, by id."""
    query = select(accounts.c.id).where(accounts.c.id.startswith(letters, autoescape=True))
    return list(connection.scalars(query.where(accounts.c.state.is_not(None)).order_by(accounts.c.id).limit(limit)))


def listed(connection: Connection, after: str = "", limit: int = 100) -> list[tuple[str, str]]:
    """Ids and states, by id, from the one after `after`."""
    query = select(accounts.c.id, accounts.c.state).where(accounts.c.id > after, accounts.c.state.is_not(None))
    return [(row.id, row.state) for row in connection.execute(query.order_by(accounts.c.id).limit(limit))]
