"""Whether everything that was due has been done, and what has a workflow."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.host import Host
from activities.store import tables

accounts, effects, inputs, runs, wakes = (
    tables.accounts.c,
    tables.effects.c,
    tables.inputs.c,
    tables.runs.c,
    tables.wakes.c,
)


def under_way(connection: Connection) -> tuple[int, int]:
    """Effects that are wanted or claimed, and inputs that no run has taken in yet."""
    some = select(func.count()).select_from(tables.effects).where(effects.state.in_(("wanted", "claimed")))
    fed = (
        select(func.count())
        .select_from(tables.inputs.join(tables.runs, runs.id == inputs.run))
        .where(inputs.consumed.is_(None), ~runs.paused)
    )
    return connection.scalar(some) or 0, connection.scalar(fed) or 0


def is_quiet(host: Host) -> bool:
    return host.database.read(lambda connection: not any((*under_way(connection), *_due(connection, host.clock.now()))))


def _due(connection: Connection, now: datetime) -> tuple[int, int, int]:
    """Wakes not delivered, and runs and accounts whose time has come."""
    return (
        connection.scalar(select(func.count()).select_from(tables.wakes)) or 0,
        connection.scalar(select(func.count()).select_from(tables.runs).where(runs.look_at <= now)) or 0,
        connection.scalar(select(func.count()).select_from(tables.accounts).where(accounts.due_at <= now)) or 0,
    )


def unfinished(connection: Connection) -> list[str]:
    return list(connection.scalars(select(runs.id).where(~runs.over).order_by(runs.id)))


async def running_workflows(client: Client, ids: Collection[str]) -> set[str]:
    """Which of the runs have a workflow that is running. Temporal's list may lag, so what is not in it is asked for."""
    listed = {one.id async for one in client.list_workflows("ExecutionStatus = 'Running'")}
    for one in set(ids) - listed:
        if await _is_running(client, one):
            listed.add(one)
    return listed


async def _is_running(client: Client, run: str) -> bool:
    try:
        described = await client.get_workflow_handle(run).describe()
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.status == WorkflowExecutionStatus.RUNNING
