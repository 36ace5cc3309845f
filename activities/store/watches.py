"""The conditions that an account's runs wait for."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, delete, select

from activities.store.database import chunks
from activities.store.tables import watches
from activities.store.writing import upsert
from engine.run import Watch


def of_accounts(connection: Connection, accounts: Collection[str]) -> dict[str, list[Watch]]:
    found: dict[str, list[Watch]] = {account: [] for account in accounts}
    for part in chunks(sorted(accounts)):
        query = select(watches.c.account, watches.c.body).where(watches.c.account.in_(part))
        for row in connection.execute(query.order_by(watches.c.run, watches.c.path, watches.c.visit, watches.c.name)):
            found[row.account].append(Watch.model_validate_json(row.body))
    return found


def replace(connection: Connection, account: str, sets: Mapping[str, Sequence[Watch]]) -> None:
    """For each run, all that it now waits for in the place of what it waited for."""
    if not sets:
        return
    connection.execute(delete(watches).where(watches.c.run.in_(sorted(sets))))
    save(connection, [(account, one) for run in sorted(sets) for one in sets[run]])


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
