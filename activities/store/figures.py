"""How much there is of everything, for whoever watches the whole."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, func, select, true

from activities.store.tables import accounts, facts, runs, tasks, wakes


@dataclass(frozen=True, slots=True)
class Figures:
    """`live` is by playbook; `stuck` are live runs that wait for a person; `wakes` are those not delivered yet."""

    accounts: int
    facts: int
    live: Mapping[str, int]
    stuck: int
    tasks: int
    wakes: int


def counted(connection: Connection) -> Figures:
    alive = runs.c.outcome.is_(None)
    by_playbook = connection.execute(select(runs.c.playbook, func.count()).where(alive).group_by(runs.c.playbook))
    return Figures(
        accounts=_number(connection, accounts, accounts.c.state.is_not(None)),
        facts=_number(connection, facts),
        live={row[0]: row[1] for row in by_playbook},
        stuck=_number(connection, runs, alive & (runs.c.parked.is_not(None) | runs.c.fault.is_not(None))),
        tasks=_number(connection, tasks, tasks.c.state == "open"),
        wakes=_number(connection, wakes),
    )


def _number(connection: Connection, table: Table, where: ColumnElement[bool] | None = None) -> int:
    query = select(func.count()).select_from(table).where(true() if where is None else where)
    return connection.scalar(query) or 0
