"""An account erased: its runs end, what is wanted is withdrawn, and what is kept of it goes.

Runs and effects stay without content under an id that nobody knows: what was sent is never sent again, and what is on
its way at that moment is settled as ever. A fact that comes later makes a new account; the ids of the erased facts are
forgotten too, so a sender who still has them must not send them again.
"""

import json
import secrets
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from activities.desks import Bench, bench
from activities.host import Host
from activities.slack import removing
from activities.starts import NoSuchAccount
from activities.store import accounts, emptied, facts, kept, suppressions, tables, wakes
from activities.store.accounts import AccountRow

_ALL_OF = (
    tables.trace,
    tables.cards,
    tables.task_history,
    tables.tasks,
    tables.watches,
    tables.decisions,
    tables.holds,
    tables.inputs,
    tables.mail_events,
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """`runs` are live ones that end, `tasks` open ones and `messages` not yet sent that are withdrawn; `facts` and
    `records` (lines of traces, tasks, messages kept here) are taken away.
    """

    runs: int
    tasks: int
    messages: int
    facts: int
    records: int


def preview(host: Host, account: str) -> Erasure:
    """What erasing the account would take. Raises NoSuchAccount."""
    return host.database.read(
        lambda connection: _counted(connection, _known(accounts.find(connection, account), account))
    )


def erase(host: Host, account: str) -> Erasure:
    """Raises NoSuchAccount, also for one that is erased already."""
    erased = host.database.write(partial(_erased, host=host, account=account))
    host.stir()
    return erased


def _known(row: AccountRow | None, account: str) -> AccountRow:
    if row is None or row.state is None:
        raise NoSuchAccount(account)
    return row


def _counted(connection: Connection, row: AccountRow) -> Erasure:
    account, effects = row.id, tables.effects.c
    waiting = effects.state.in_(("wanted", "deferred", "uncertain"))
    return Erasure(
        runs=kept.count(connection, tables.runs, account, tables.runs.c.outcome.is_(None)),
        tasks=kept.count(connection, tables.tasks, account, tables.tasks.c.state == "open"),
        messages=kept.count(connection, tables.effects, account, waiting),
        facts=kept.count(connection, tables.facts, account),
        records=sum(kept.count(connection, table, account) for table in (tables.trace, tables.tasks, tables.outbox)),
    )


def _erased(connection: Connection, host: Host, account: str) -> Erasure:
    at = bench(host, connection)
    row = _known(accounts.lock(connection, [account]).get(account), account)
    told, moment = _counted(connection, row), at.now(row)
    suppressions.hide(connection, _addresses(at, row))
    removing.want(at, emptied.receipts(connection, account))
    for table in (tables.outbox, *_ALL_OF, tables.facts):
        kept.remove(connection, table, account)
    open_ = emptied.empty_runs(connection, account, moment)
    for effect in emptied.effects_of(connection, account):
        key = {} if effect.state == "claimed" else {"key": effect.id}  # a claimed one may yet be looked for by its own
        emptied.empty_effect(connection, effect, moment, to="", **key)
    kept.rewrite_answers(connection, partial(_unless_of, account))
    emptied.move(connection, account, f"erased-{secrets.token_hex(8)}")
    wakes.write(connection, open_, at.real)
    return told


def _addresses(at: Bench, row: AccountRow) -> set[str]:
    """Every address that a contact ever had."""
    said = [fact.contact or {} for fact in facts.of_account(at.connection, row.id, limit=None) if fact.contact]
    known = row.known.contacts.values()
    said += [{"email": item["email"][0]} for item in known if "email" in item]  # type: ignore[dict-item]
    return {str(one["email"]) for one in said if isinstance(one.get("email"), str)}


def _unless_of(account: str, answer: str) -> str:
    """A stored answer that speaks of the account says nothing any more to whoever asks again."""
    return "{}" if json.dumps(account) in answer or json.dumps(account, ensure_ascii=False) in answer else answer
