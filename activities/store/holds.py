"""Starts that are held for a person, and the playbooks whose starts a person has stopped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, literal, select, tuple_

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
    holds.c.account == bindparam("whose"),
    holds.c.subject == bindparam("which"),
    holds.c.playbook == bindparam("of"),
)


def save(connection: Connection, ones: Sequence[tuple[str, Held]]) -> None:
    """`ones` are accounts with what is held of them; a newer start takes the place of the one before."""
    rows = [
        {
            "account": account,
            "subject": one.subject,
            "playbook": one.playbook,
            "reason": one.reason,
            "at": one.at,
            "body": one.model_dump_json(),
        }
        for account, one in ones
    ]
    upsert(connection, holds, rows)


def forget(connection: Connection, ones: Collection[tuple[str, str, str]]) -> None:
    """Accounts with playbooks and subjects of which they hold nothing any more: they have entered, or a person has let
    it be.
    """
    if ones:
        rows = [{"whose": account, "of": playbook, "which": subject} for account, playbook, subject in sorted(ones)]
        connection.execute(_FORGET, rows)


def forget_subject(connection: Connection, account: str, subject: str) -> None:
    connection.execute(delete(holds).where(holds.c.account == account, holds.c.subject == subject))


def of_playbook(connection: Connection, playbook: str, accounts: Collection[str]) -> list[Holding]:
    rows = _OF_PLAYBOOK.rows(connection, accounts, of=playbook)
    return [Holding(row.account, Held.model_validate_json(row.body)) for row in rows]


def whom(connection: Connection, playbook: str) -> list[tuple[str, str]]:
    """Who is held: accounts, each with its subject."""
    order = (holds.c.account, holds.c.subject)
    rows = connection.execute(select(*order).where(holds.c.playbook == playbook).order_by(*order))
    return [(row.account, row.subject) for row in rows]


def listed(
    connection: Connection,
    *,
    playbook: str | None = None,
    account: str | None = None,
    after: tuple[str, str, str] = ("", "", ""),
    limit: int = 100,
) -> list[Holding]:
    """By playbook, account and subject, from those after `after`."""
    order = (holds.c.playbook, holds.c.account, holds.c.subject)
    query = select(holds.c.account, holds.c.body).where(tuple_(*order) > tuple_(*map(literal, after)))
    query = query.where(holds.c.playbook == playbook) if playbook is not None else query
    query = query.where(holds.c.account == account) if account is not None else query
    rows = connection.execute(query.order_by(*order).limit(limit))
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
