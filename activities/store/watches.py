"""The conditions that an account's runs wait for."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, select

from activities.store.tables import watches
from activities.store.writing import Among, upsert
from engine.run import Watch

_OF_ACCOUNTS = Among(
    select(watches.c.account, watches.c.body).order_by(watches.c.run, watches.c.path, watches.c.visit, watches.c.name),
    watches.c.account,
)
_OF_RUN = delete(watches).where(watches.c.run == bindparam("of"))


def of_accounts(connection: Connection, accounts: Collection[str]) -> dict[str, list[Watch]]:
    found: dict[str, list[Watch]] = {account: [] for account in accounts}
    for row in _OF_ACCOUNTS.rows(connection, accounts):
        found[row.account].append(Watch.model_validate_json(row.body))
    return found


def replace(connection: Connection, sets: Mapping[str, tuple[str, Sequence[Watch]]]) -> None:
    """For each run, its account and all that it now waits for, in the place of what it waited for."""
    if not sets:
        return
    connection.execute(_OF_RUN, [{"of": run} for run in sorted(sets)])
    save(connection, [(account, one) for account, watched in sets.values() for one in watched])


def save(connection: Connection, ones: Sequence[tuple[str, Watch]]) -> None:
    """Single watches, with their account, whose truth or next time changed."""
    rows = [
        {
            "run": w.run,
            "path": w.path,
            "visit": w.visit,
            "name": w.name,
            "account": account,
            "body": w.model_dump_json(),
        }
        for account, w in ones
    ]
    upsert(connection, watches, rows)
