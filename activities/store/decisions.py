"""What is known of each account's start conditions: one row per account, playbook, wording of the start, and subject.

Only what must be remembered has a row: an account without one has never fulfilled the condition, and time alone will
not change that.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from activities.store.tables import decisions
from activities.store.writing import Among, upsert
from engine.trigger import Decision

_COLUMNS = [decisions.c[name] for name in Decision.__dataclass_fields__]
_OF_ACCOUNTS = Among(select(decisions.c.account, *_COLUMNS), decisions.c.account)
_OF_SOME = Among(
    select(decisions.c.account, *_COLUMNS).where(decisions.c.playbook.in_(bindparam("names", expanding=True))),
    decisions.c.account,
)
_MANY = 200  # playbooks; beyond that all are read


def of_accounts(
    connection: Connection, accounts: Collection[str], playbooks: Collection[str] | None = None
) -> dict[str, list[Decision]]:
    """Of some playbooks, or of all."""
    found: dict[str, list[Decision]] = {account: [] for account in accounts}
    for account, *row in _rows(connection, accounts, playbooks):
        found[account].append(_read(row))
    return found


def _rows(connection: Connection, accounts: Collection[str], playbooks: Collection[str] | None) -> Iterable[Any]:
    if not accounts or (playbooks is not None and not playbooks):
        return ()
    if playbooks is None or len(playbooks) > _MANY:
        return _OF_ACCOUNTS.rows(connection, accounts)
    return _OF_SOME.rows(connection, accounts, names=sorted(playbooks))


def faulty(connection: Connection, limit: int = 1_000) -> list[tuple[str, Decision]]:
    """Accounts with the decisions that our own code could not make."""
    query = select(decisions.c.account, *_COLUMNS).where(decisions.c.fault.is_not(None))
    rows = connection.execute(query.order_by(decisions.c.account, decisions.c.playbook).limit(limit))
    return [(account, _read(row)) for account, *row in rows]


def forget(connection: Connection, account: str, subject: str) -> None:
    """What was decided of one subject."""
    connection.execute(delete(decisions).where(decisions.c.account == account, decisions.c.subject == subject))


def save(connection: Connection, ones: Sequence[tuple[str, Decision]]) -> None:
    """`ones` are accounts with their decisions."""
    upsert(connection, decisions, [_written(account, one) for account, one in ones])


def _read(row: Sequence[Any]) -> Decision:
    playbook, start_hash, truth, since, next_at, barred, fault, why, subject = row
    tree = json.loads(why) if why else None
    return Decision(playbook, start_hash, truth, since, next_at, barred, fault, tree, subject)


def _written(account: str, one: Decision) -> Mapping[str, object]:
    why = json.dumps(one.why, ensure_ascii=False, separators=(",", ":")) if one.why else None
    return {
        "account": account,
        "playbook": one.playbook,
        "start_hash": one.start_hash,
        "subject": one.subject,
        "truth": one.truth,
        "since": one.since,
        "next_at": one.next_at,
        "barred": one.barred,
        "fault": one.fault,
        "why": why,
    }
