"""What is known of each account's start conditions: one row per account, playbook and wording of the start."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from activities.store.tables import decisions
from activities.store.writing import Among, upsert
from engine.trigger import Decision

_OF_ACCOUNTS = Among(select(decisions.c.account, decisions.c.body), decisions.c.account)


def of_accounts(connection: Connection, accounts: Collection[str]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {account: [] for account in accounts}
    for row in _OF_ACCOUNTS.rows(connection, accounts):
        found[row.account].append(Decision.model_validate_json(row.body))
    return found


def faulty(connection: Connection, limit: int = 1_000) -> list[tuple[str, Decision]]:
    """Accounts with the decisions that our own code could not make."""
    query = select(decisions.c.account, decisions.c.body).where(decisions.c.body.contains('"fault":"'))
    rows = connection.execute(query.order_by(decisions.c.account, decisions.c.playbook).limit(limit))
    return [(row.account, Decision.model_validate_json(row.body)) for row in rows]


def save(connection: Connection, ones: Sequence[tuple[str, Decision]]) -> None:
    """`ones` are accounts with their decisions."""
    rows = [
        {"account": account, "playbook": one.playbook, "start_hash": one.start_hash, "body": one.model_dump_json()}
        for account, one in ones
    ]
    upsert(connection, decisions, rows)
