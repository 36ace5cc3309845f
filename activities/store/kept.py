"""All that is kept of one account, table by table: counted, taken away, or each of its texts written anew.

A table that holds anything of an account stands in HELD; those of APART hold nothing of any. A test holds both to the
schema.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, delete, func, select, tuple_, update

from activities.store.tables import (
    accounts,
    answers,
    cards,
    decisions,
    effects,
    facts,
    holds,
    inputs,
    mail_events,
    outbox,
    runs,
    task_history,
    tasks,
    trace,
    wakes,
    watches,
)

Whose = Callable[[str], ColumnElement[bool]]
Change = Callable[[str], str]


def _by_account(table: Table) -> Whose:
    return lambda account: table.c.account == account


def _through(column: ColumnElement[Any], table: Table) -> Whose:
    """By the account of the row of another table that the column names."""
    return lambda account: column.in_(select(table.c.id).where(table.c.account == account))


HELD: Final[Mapping[Table, Whose]] = {
    outbox: _through(outbox.c.id, effects),
    cards: _by_account(cards),
    task_history: _through(task_history.c.task, tasks),
    inputs: _through(inputs.c.run, runs),
    wakes: _through(wakes.c.run, runs),
    **{
        table: _by_account(table)
        for table in (trace, tasks, watches, decisions, holds, mail_events, facts, effects, runs)
    },
    accounts: lambda account: accounts.c.id == account,
}
APART: Final = frozenset(
    {
        "contents",
        "applies",
        "plans",
        "versions",
        "active",
        "suppressions",
        "optouts",
        "breakers",
        "paces",
        "digests",
        "removals",
        "clock",
        "restores",
        "counters",
        "pauses",
    }
)
# Words of ours and ids: nothing of them was ever said by a customer.
_OURS: Final = {
    "playbook", "plan", "start_hash", "channel", "purpose", "event", "verb", "path", "account", "run", "key",
}  # fmt: skip


def count(connection: Connection, table: Table, account: str, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(table).where(HELD[table](account), *conditions)
    return connection.scalar(query) or 0


def remove(connection: Connection, table: Table, account: str) -> int:
    return connection.execute(delete(table).where(HELD[table](account))).rowcount


def rewrite(connection: Connection, table: Table, account: str, change: Change) -> int:
    """Every text of the account's rows as `change` gives it; how many rows are another now."""
    return _rewrite(connection, table, change, HELD[table](account))


def rewrite_answers(connection: Connection, change: Change) -> int:
    """What callers were told within the last days belongs to no account; all of it is gone through."""
    return _rewrite(connection, answers, change, answers.c.body.is_not(None))


def _rewrite(connection: Connection, table: Table, change: Change, whose: ColumnElement[bool]) -> int:
    key, texts = list(table.primary_key), _texts(table)
    rows = connection.execute(select(*key, *texts).where(whose)).all()
    changed = [(row, new) for row in rows if (new := _changed(row[len(key) :], texts, change))]
    for row, new in changed:
        connection.execute(update(table).where(tuple_(*key) == tuple_(*row[: len(key)])).values(new))
    return len(changed)


def _texts(table: Table) -> list[Column[Any]]:
    return [one for one in table.c if isinstance(one.type, Text) and one.name not in _OURS and not one.primary_key]


def _changed(row: Sequence[str | None], texts: Sequence[Column[Any]], change: Change) -> dict[str, str]:
    """The columns that read otherwise now."""
    both = ((column.name, old, change(old)) for column, old in zip(texts, row, strict=True) if old)
    return {name: new for name, old, new in both if new != old}
