"""What a run's workflow is to be told, read fresh from the database."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection

from activities.clock import Clock
from activities.directive import Directive, Named
from activities.store import effects, runs
from activities.store.effects import EffectRow
from activities.store.runs import RunRow

AT_ONCE = 10  # effects of one run in flight; the rest follow

Queues = Mapping[str, tuple[str, float]]


def directives(connection: Connection, ids: Collection[str], clock: Clock, queues: Queues) -> dict[str, Directive]:
    """By run; `queues` gives each channel's task queue and the seconds of one attempt."""
    rows = runs.find_all(connection, ids)
    unsettled = effects.unsettled(connection, rows)
    return {run: _directive(row, unsettled[run], clock, queues) for run, row in rows.items()}


def directive_of(connection: Connection, row: RunRow, clock: Clock, queues: Queues) -> Directive:
    return _directive(row, effects.unsettled(connection, [row.id])[row.id], clock, queues)


def _directive(row: RunRow, unsettled: Sequence[EffectRow], clock: Clock, queues: Queues) -> Directive:
    at_rest = row.paused or row.fault is not None
    todo = [] if at_rest else [one for one in unsettled if one.state == "wanted" or one.asking]
    waiting = [one.until for one in unsettled if one.until is not None]
    look_at = None if at_rest else min((at for at in (row.look_at, *waiting) if at is not None), default=None)
    return Directive(
        run=row.id,
        epoch=row.epoch,
        rev=row.rev,
        look_at=clock.at_real(look_at) if look_at else None,
        done=row.over and not any(map(_goes_on, unsettled)),
        effects=tuple(
            Named(id=one.id, queue=queues[one.channel][0], seconds=queues[one.channel][1]) for one in todo[:AT_ONCE]
        ),
        details=row.details if row.fault is None else f"needs attention\n{row.details}",
    )


def _goes_on(one: EffectRow) -> bool:
    """Whether something is still to come of it without a person's word."""
    return one.state != "uncertain" or one.asking or one.until is not None
