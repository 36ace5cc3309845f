"""Whether every effect happened once: the ledger, the outbox, the trace and Temporal held against each other."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, func, select

from activities.store import tables
from engine.run import Task
from engine.trace import Entry
from workers.demo.columns import several

effects, inputs, outbox, runs, trace = (
    tables.effects.c,
    tables.inputs.c,
    tables.outbox.c,
    tables.runs.c,
    tables.trace.c,
)
SHOWN = 5  # ids named in a failed check
WORK = {"task", "escalate"}  # kinds whose opening makes work for a person
DONE = ("completed", "acknowledged", "cleared")


@dataclass(frozen=True, slots=True)
class Check:
    """`rule` is what must hold; `found` says in words what was counted."""

    rule: str
    holds: bool
    found: str


def checks(connection: Connection, workflows: Collection[str]) -> list[Check]:
    """`workflows` are the ids of those that Temporal says are running."""
    return [
        *_once(connection),
        _as_traced(connection),
        *_tasks_as_traced(connection),
        _none_left(connection),
        _all_fed(connection),
        _no_fault(connection),
        _driven(connection, workflows),
    ]


def _once(connection: Connection) -> list[Check]:
    """What is in the outbox is what the ledger says was sent; what is uncertain may be there, but once."""
    ledger = {row.id: row.state for row in connection.execute(select(effects.id, effects.state))}
    there = Counter(connection.scalars(select(outbox.id)))
    sent = {one for one, state in ledger.items() if state == "sent"}
    open_ended = {one for one, state in ledger.items() if state in {"sent", "uncertain"}}
    keys = connection.scalar(select(func.count(func.distinct(effects.key)))) or 0
    doubles = [one for one, times in there.items() if times > 1]
    lost = sorted(sent - set(there))
    unknown = sorted(set(there) - open_ended)
    return [
        Check("every effect has a key of its own", keys == len(ledger), f"{keys:,} keys for {len(ledger):,} effects"),
        Check("nothing happened twice", not doubles, _said(f"{len(there):,} messages in the outbox", "twice", doubles)),
        Check("nothing was lost", not lost, _said(f"{len(sent):,} effects sent, each in the outbox", "missing", lost)),
        Check(
            "nothing happened that the ledger does not know",
            not unknown,
            _said("every message belongs to an effect", "unknown", unknown),
        ),
    ]


def _as_traced(connection: Connection) -> Check:
    """The runs' own account of their mail against the ledger's. A run that has ended hears no more of it."""
    mails = select(effects.run, effects.settled_at, runs.ended).join(tables.runs, runs.id == effects.run)
    sent = connection.execute(mails.where(effects.channel == "email", effects.state == "sent")).all()
    heard = Counter(row.run for row in sent if row.ended is None or row.settled_at <= row.ended)
    told = Counter(connection.scalars(select(trace.run).where(trace.event == "sent")))
    wrong = sorted(run for run in told | heard if told[run] != heard[run])
    late = len(sent) - heard.total()
    fine = f"{told.total():,} mails in the traces, {len(sent):,} in the ledger"
    fine += f", {late} on its way when its run ended" if late else ""
    return Check("each run knows of every mail that went out", not wrong, _said(fine, "differs", wrong))


def _tasks_as_traced(connection: Connection) -> list[Check]:
    """The runs' own account of their tasks against the tasks that people have."""
    rows = connection.execute(select(tables.tasks.c.state, tables.tasks.c.body)).all()
    made = [Task.model_validate_json(row.body) for row in rows]
    done = [one for one, row in zip(made, rows, strict=True) if row.state == "done"]
    return [
        _same("every task and escalation was opened once", "opened", _work(connection, "opened"), made),
        _same("whatever was done is done in its run", "done", _work(connection, *DONE), done),
    ]


def _same(rule: str, word: str, told: Counter[str], there: Sequence[Task]) -> Check:
    of_run = Counter(one.run for one in there)
    wrong = sorted(run for run in told | of_run if told[run] != of_run[run])
    climbing = sum(one.kind == "escalation" for one in there)
    parts = f"{several(len(there) - climbing, 'task')} and {several(climbing, 'escalation')}"
    return Check(rule, not wrong, _said(f"{told.total():,} {word} in the traces: {parts}", "differs", wrong))


def _work(connection: Connection, *events: str) -> Counter[str]:
    """By run, how often work for a person came to this. An escalation that was cleared before anybody was told of it
    has made none.
    """
    wanted = select(trace.run, trace.body).where(trace.event.in_({"opened", *events})).order_by(trace.seq)
    opened: set[tuple[str, str]] = set()
    count: Counter[str] = Counter()
    for row in connection.execute(wanted):
        entry = Entry.model_validate_json(row.body)
        if entry.event == "opened":
            opened.add((row.run, entry.path.removesuffix("/ladder/1")))
        if entry.event in events and entry.kind in WORK and (row.run, entry.path.removesuffix("/ladder/1")) in opened:
            count[row.run] += 1
    return count


def _none_left(connection: Connection) -> Check:
    """Deferred and uncertain ones keep their place; they are told in the figures."""
    left = _ids(connection, select(effects.id).where(effects.state.in_(("wanted", "claimed"))))
    return Check("no effect is left half done", not left, _said("none wanted or claimed", "left", left))


def _all_fed(connection: Connection) -> Check:
    query = select(inputs.run).join(tables.runs, runs.id == inputs.run).where(inputs.consumed.is_(None), ~runs.paused)
    left = _ids(connection, query.distinct())
    count = connection.scalar(select(func.count()).select_from(tables.inputs)) or 0
    return Check("every input of every run was taken in", not left, _said(f"{count:,} inputs", "waiting", left))


def _no_fault(connection: Connection) -> Check:
    faulted = _ids(connection, select(runs.id).where(runs.fault.is_not(None)))
    return Check("no run is stopped by a fault", not faulted, _said("none", "faulted", faulted))


def _driven(connection: Connection, workflows: Collection[str]) -> Check:
    unfinished = _ids(connection, select(runs.id).where(~runs.over))
    ended = len(_ids(connection, select(runs.id).where(~runs.over, runs.outcome.is_not(None))))
    alone = sorted(set(unfinished) - set(workflows))
    going = f"{several(len(unfinished) - ended, 'run')} go on" if len(unfinished) - ended != 1 else "1 run goes on"
    open_ = f", {ended} ended with work that is still open" if ended else ""
    found = _said(f"{going}{open_}; each has its workflow", "without", alone)
    return Check("every run that is not over has a workflow", not alone, found)


def _ids(connection: Connection, query: Select[tuple[str]]) -> list[str]:
    return sorted(connection.scalars(query))


def _said(fine: str, word: str, wrong: Sequence[str]) -> str:
    if not wrong:
        return fine
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return f"{len(wrong)} {word}: {', '.join(wrong[:SHOWN])}{more}"
