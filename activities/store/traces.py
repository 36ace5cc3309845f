"""The trace: what happened and why, in the order it was written."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from activities.store.tables import trace
from activities.store.writing import add_rows
from engine.trace import Entry


@dataclass(frozen=True, slots=True)
class Traced:
    """An entry with what it belongs to; `run` is empty for a start that did not happen."""

    run: str
    account: str
    playbook: str
    entry: Entry


def add(connection: Connection, entries: Sequence[Traced]) -> None:
    rows = [
        {
            "run": one.run,
            "account": one.account,
            "playbook": one.playbook,
            "at": one.entry.at,
            "event": one.entry.event,
            "body": one.entry.model_dump_json(),
        }
        for one in entries
    ]
    add_rows(connection, trace, rows)


def of_run(connection: Connection, run: str) -> list[Entry]:
    bodies = connection.scalars(select(trace.c.body).where(trace.c.run == run).order_by(trace.c.at, trace.c.seq))
    return [Entry.model_validate_json(body) for body in bodies]


def decisions_of(connection: Connection, run: str) -> list[Entry]:
    """What a run began with, and the branches that it took."""
    mine = (trace.c.run == run) & trace.c.event.in_(("started", "branched"))
    return [
        Entry.model_validate_json(body)
        for body in connection.scalars(select(trace.c.body).where(mine).order_by(trace.c.seq))
    ]


def of_account(connection: Connection, account: str, playbook: str | None = None, limit: int = 1_000) -> list[Traced]:
    """The newest `limit` entries, oldest first."""
    query = select(trace.c.run, trace.c.account, trace.c.playbook, trace.c.body).where(trace.c.account == account)
    query = query.where(trace.c.playbook == playbook) if playbook else query
    rows = connection.execute(query.order_by(trace.c.at.desc(), trace.c.seq.desc()).limit(limit)).all()
    return [Traced(r.run, r.account, r.playbook, Entry.model_validate_json(r.body)) for r in reversed(rows)]
