"""Runs: the state of each, whole, with what is searched by beside it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from activities.store.tables import runs
from activities.store.writing import Among, add_rows, change_all
from engine.run import Run


@dataclass(frozen=True, slots=True)
class RunRow:
    """`rev` counts the transactions that changed what the run is or wants; (epoch, rev) orders its directives.
    `fault` says why no engine code may touch it.
    """

    id: str
    account: str
    subject: str
    playbook: str
    plan: str
    state: str
    epoch: int
    rev: int
    started: datetime
    outcome: str | None
    ended: datetime | None
    over: bool
    paused: bool
    parked: str | None
    look_at: datetime | None
    details: str
    failures: int
    fault: str | None

    @property
    def run(self) -> Run:
        return Run.model_validate_json(self.state)

    def after(self, run: Run) -> "RunRow":
        """As it is once `save` has written the run."""
        return replace(self, **columns_of(run), rev=self.rev + 1, failures=0)


_COLUMNS = [runs.c[name] for name in RunRow.__dataclass_fields__]


_BY_ID = Among(select(*_COLUMNS), runs.c.id)
_ACCOUNT = select(runs.c.account).where(runs.c.id == bindparam("run"))
_ENTERED = ("account", "id", "playbook", "outcome", "ended", "started", "subject")
_ENTRIES = Among(select(*(runs.c[name] for name in _ENTERED)).order_by(runs.c.started, runs.c.id), runs.c.account)
_AT_REST = select(runs.c.paused, runs.c.fault).where(runs.c.id == bindparam("run"))
_TOUCH = update(runs).where(runs.c.id == bindparam("which")).values(rev=runs.c.rev + 1)


def _all() -> Select[Any]:
    return select(*_COLUMNS)


def _row(row: Sequence[Any]) -> RunRow:
    return RunRow(*row)


def columns_of(run: Run) -> dict[str, Any]:
    """What stands beside the state. `details` names steps by their ids only: it is shown in Temporal's own pages."""
    parked = [f"{one.path}: {one.parked}" for one in run.open.values() if one.parked]
    if run.lacks and not any(one.awaits == run.lacks for one in run.open.values()):
        parked.append(f"its days count from {run.lacks}, which is not known any more")
    return {
        "state": run.model_dump_json(),
        "plan": run.plan,
        "outcome": run.outcome,
        "ended": run.ended,
        "over": run.over,
        "paused": run.paused,
        "parked": "; ".join(parked) or None,
        "look_at": run.look_at,
        "details": details_of(run),
    }


def details_of(run: Run) -> str:
    """ "recovery: until 2026-04-01T09:00Z or condition" for each open step, by its path."""
    lines = [f"{one.path}: {_rest(one.timers.values(), one.watches, one.parked)}" for one in run.open.values()]
    if run.outcome is not None:
        lines.insert(0, f"ended: {run.outcome}")
    if run.paused:
        lines.insert(0, "paused")
    return "\n".join(lines)


def _rest(timers: Iterable[datetime], watches: Sequence[str], parked: str | None) -> str:
    if parked:
        return "needs attention"
    first = min(timers, default=None)
    until = [f"until {first:%Y-%m-%dT%H:%MZ}"] if first else []
    return " or ".join([*until, *(["condition"] if watches else [])]) or "waiting"


def add(connection: Connection, new: Sequence[Run]) -> None:
    rows = [
        {"id": one.id, "account": one.account, "subject": one.subject, "playbook": one.playbook, "started": one.started}
        | columns_of(one)
        for one in new
    ]
    add_rows(connection, runs, rows)


def save(connection: Connection, ones: Sequence[Run]) -> None:
    """The states after an advance, each as a new revision; what failed before is forgotten."""
    changed = [{"which": one.id, **columns_of(one), "failures": 0} for one in ones]
    change_all(connection, runs, changed, grows="rev")


def touch(connection: Connection, ids: Collection[str]) -> None:
    """A new revision without a new state: what the run wants of the world has changed."""
    if ids:
        connection.execute(_TOUCH, [{"which": one} for one in sorted(ids)])


def find(connection: Connection, run: str) -> RunRow | None:
    return next((_row(row) for row in _BY_ID.rows(connection, [run])), None)


def find_all(connection: Connection, ids: Collection[str]) -> dict[str, RunRow]:
    return {one.id: one for one in map(_row, _BY_ID.rows(connection, ids))}


def at_rest(connection: Connection, run: str) -> bool:
    """Whether it is paused or faulted, so that nothing is done for it."""
    row = connection.execute(_AT_REST, {"run": run}).one()
    return bool(row.paused) or row.fault is not None


def subject_of(connection: Connection, run: str) -> str:
    return connection.scalar(select(runs.c.subject).where(runs.c.id == run)) or ""


def account_of(connection: Connection, run: str) -> str | None:
    return connection.scalar(_ACCOUNT, {"run": run})


@dataclass(frozen=True, slots=True)
class Entered:
    """One entry of an account into a playbook."""

    account: str
    id: str
    playbook: str
    outcome: str | None
    ended: datetime | None
    started: datetime
    subject: str = ""


def entries(connection: Connection, accounts: Collection[str]) -> list[Entered]:
    """Every run that the accounts ever had, in the order they started."""
    return [Entered(*row) for row in _ENTRIES.rows(connection, accounts)]


def unfinished(connection: Connection) -> list[str]:
    """Every run that needs a workflow, those that are to be looked at first in front."""
    query = select(runs.c.id).where(~runs.c.over).order_by(runs.c.look_at.is_(None), runs.c.look_at, runs.c.id)
    return list(connection.scalars(query))


def failed(connection: Connection, run: str, fault: str | None) -> None:
    """One more advance that did not come through; with `fault` the run is left alone from now on."""
    changes: dict[str, object] = {"failures": runs.c.failures + 1}
    if fault is not None:
        changes |= {"fault": fault, "rev": runs.c.rev + 1}
    connection.execute(update(runs).where(runs.c.id == run).values(changes))


def close(connection: Connection, run: str, state: str, outcome: str, ended: datetime) -> None:
    """Ends a run without the engine."""
    changes = {"state": state, "outcome": outcome, "ended": ended, "over": True, "look_at": None, "parked": None}
    cleared = {"fault": None, "paused": False, "details": f"ended: {outcome}", "rev": runs.c.rev + 1}
    connection.execute(update(runs).where(runs.c.id == run).values(changes | cleared))


def raise_epoch(connection: Connection) -> None:
    """Of every run that is not over: what its workflow was told before counts less than what it is told from now on."""
    connection.execute(update(runs).where(~runs.c.over).values(epoch=runs.c.epoch + 1))


def mend(connection: Connection, run: str) -> None:
    """Lets engine code touch a faulted run again."""
    connection.execute(update(runs).where(runs.c.id == run).values(fault=None, failures=0, rev=runs.c.rev + 1))


def listed(
    connection: Connection,
    *,
    account: str | None = None,
    playbook: str | None = None,
    outcome: str | None = None,
    live: bool | None = None,
    paused: bool | None = None,
    attention: bool | None = None,
    after: str = "",
    limit: int = 100,
) -> list[RunRow]:
    """By id, from the one after `after`. `attention`: only those that wait for a person, or only those that do not."""
    query = _all().where(runs.c.id > after)
    for column, value in ((runs.c.account, account), (runs.c.playbook, playbook), (runs.c.outcome, outcome)):
        query = query.where(column == value) if value is not None else query
    if live is not None:
        query = query.where(runs.c.outcome.is_(None) if live else runs.c.outcome.is_not(None))
    if paused is not None:
        query = query.where(runs.c.paused.is_(paused))
    if attention is not None:
        stuck = runs.c.parked.is_not(None) | runs.c.fault.is_not(None)
        query = query.where(stuck if attention else ~stuck)
    return [_row(row) for row in connection.execute(query.order_by(runs.c.id).limit(limit))]


def counted(connection: Connection) -> dict[tuple[str, str | None], int]:
    """How many runs there are by playbook and outcome (None: live)."""
    by = (runs.c.playbook, runs.c.outcome)
    return {(row[0], row[1]): row[2] for row in connection.execute(select(*by, func.count()).group_by(*by))}
