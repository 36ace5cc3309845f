"""What callers were told, by the key that they gave what they asked: asked again, they are told the same."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from activities.store.tables import answers
from activities.store.writing import insert_into

KEPT = timedelta(days=7)  # real; nobody tries again after that


@dataclass(frozen=True, slots=True)
class Asked:
    """`digest` says what was asked, so that a key that is used for two things is noticed."""

    caller: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Told:
    digest: str
    status: int
    body: str


def claim(connection: Connection, asked: Asked, real: datetime) -> Told | None:
    """The answer that was given already. None: it is this transaction's to give; others with the key wait for it."""
    connection.execute(delete(answers).where(answers.c.at < real - KEPT))
    row = {"caller": asked.caller, "key": asked.key, "digest": asked.digest, "at": real}
    statement = insert_into(connection, answers).values(row).on_conflict_do_nothing()
    if connection.execute(statement.returning(answers.c.key)).one_or_none():
        return None
    columns = (answers.c.digest, answers.c.status, answers.c.body)
    query = select(*columns).where(answers.c.caller == asked.caller, answers.c.key == asked.key)
    return Told(*connection.execute(query).one())


def keep(connection: Connection, asked: Asked, status: int, body: str) -> None:
    mine = (answers.c.caller == asked.caller) & (answers.c.key == asked.key)
    connection.execute(update(answers).where(mine).values(status=status, body=body))
