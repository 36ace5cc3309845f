"""Starts that are held for a person, and the playbooks whose starts a person has stopped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from activities.store.tables import holds, pauses
from activities.store.writing import Among, upsert
from engine.held import Held


@dataclass(frozen=True, slots=True)
class Holding:
    """One held start."""

    account: str
    held: Held


_OF_PLAYBOOK = Among(
    select(holds.c.account, holds.c.body).where(holds.c.playbook == bindparam("of")).order_by(holds.c.account),
    holds.c.account,
)
_FORGET = delete(holds).where(
    holds.c.account == bindparam("whose"), holds.c.subject == "", holds.c.playbook == bindparam("of")
)


def save(connection: Connection, ones: Sequence[tuple[str, Held]]) -> None:
    """`ones` are accounts with what is held of them; a newer start takes the place of the one before."""
    rows = [
        {
            "account": account,
            "subject": "",
            "playbook": one.playbook,
            "reason": one.reason,
            "at": one.at,
            "body": one.model_dump_json(),
        }
        for account, one in ones
    ]
    upsert(connection, holds, rows)


def forget(connection: Connection, ones: Collection[tuple[str, str]]) -> None:
    """Accounts with playbooks of which they hold nothing any more: they have entered, or a person has let it be."""
    if ones:
        connection.execute(_FORGET, [{"whose": account, "of": playbook} for account, playbook in sorted(ones)])


def of_playbook(connection: Connection, playbook: str, accounts: Collection[str]) -> dict[str, Held]:
    rows = _OF_PLAYBOOK.rows(connection, accounts, of=playbook)
    return {row.account: Held.model_validate_json(row.body) for row in rows}


def accounts_of(connection: Connection, playbook: str) -> list[str]:
    """Who is held, by id."""
    query = select(holds.c.account).where(holds.c.playbook == playbook).order_by(holds.c.account)
    return list(connection.scalars(query))


def listed(
    connection: Connection,
    *,
    playbook: str | None = None,
    account: str | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int = 100,
) -> list[Holding]:
    """By playbook and account, from those after `after`."""
    later = (holds.c.playbook > after[0]) | ((holds.c.playbook == after[0]) & (holds.c.account > after[1]))
    query = select(holds.c.account, holds.c.body).where(later)
    query = query.where(holds.c.playbook == playbook) if playbook is not None else query
    query = query.where(holds.c.account == account) if account is not None else query
    rows = connection.execute(query.order_by(holds.c.playbook, holds.c.account).limit(limit))
    return [Holding(row.account, Held.model_validate_json(row.body)) for row in rows]


def counted(connection: Connection) -> dict[tuple[str, str], int]:
    """How many there are by playbook and reason."""
    by = (holds.c.playbook, holds.c.reason)
    return {(row[0], row[1]): row[2] for row in connection.execute(select(*by, func.count()).group_by(*by))}


# --- starts that a person has stopped ----------------------------------------------------------------------


def paused(connection: Connection) -> frozenset[str]:
    """The playbooks that start nothing for now."""
    return frozenset(connection.scalars(select(pauses.c.playbook)))


def pause(connection: Connection, playbook: str, at: datetime, by: str | None) -> None:
    upsert(connection, pauses, [{"playbook": playbook, "at": at, "by": by}])


def resume(connection: Connection, playbook: str) -> bool:
    """Whether it was paused."""
    return connection.execute(delete(pauses).where(pauses.c.playbook == playbook)).rowcount > 0
