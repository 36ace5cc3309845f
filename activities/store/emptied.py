"""What stays of a run and of an effect when all that they said is taken away: enough that nothing is done twice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pydantic import JsonValue
from sqlalchemy import Connection, insert, select, update

from activities.store import kept, runs, writing
from activities.store.effects import FINAL, EffectRow
from activities.store.tables import accounts, cards, effects
from activities.store.tables import runs as run_rows
from engine.run import Effect, Run

ERASED: Final = "erased"
WITHOUT_CONTENT: Final[Mapping[str, JsonValue]] = {ERASED: True}


def is_empty(effect: Effect) -> bool:
    """Whether what it said has been erased, so that there is nothing to send."""
    return effect.content == WITHOUT_CONTENT


def empty_runs(connection: Connection, account: str, moment: datetime) -> list[str]:
    """Ends those that live, and leaves of each that it was; the ids of those whose workflow may still be there."""
    query = select(run_rows.c.id, run_rows.c.state, run_rows.c.over).where(kept.HELD[run_rows](account))
    rows = connection.execute(query).all()
    runs.save(connection, [_empty_run(Run.model_validate_json(row.state), moment) for row in rows])
    connection.execute(update(run_rows).where(kept.HELD[run_rows](account)).values(fault=None, subject=""))
    return [row.id for row in rows if not row.over]


def _empty_run(run: Run, moment: datetime) -> Run:
    return Run(
        id=run.id,
        playbook=run.playbook,
        plan=run.plan,
        account=ERASED,
        started=run.started,
        clock=moment,
        outcome=run.outcome or ERASED,
        ended=run.ended or moment,
    )


def effects_of(connection: Connection, account: str) -> list[EffectRow]:
    query = select(*(effects.c[name] for name in EffectRow.__dataclass_fields__)).where(kept.HELD[effects](account))
    return [EffectRow(*row) for row in connection.execute(query.order_by(effects.c.id))]


def receipts(connection: Connection, account: str) -> list[str]:
    """By what messages to colleagues are found in Slack: those that were sent, and those that follow a task."""
    sent = select(effects.c.receipt).where(kept.HELD[effects](account), effects.c.channel == "slack")
    following = select(cards.c.receipt).where(kept.HELD[cards](account))
    found = (*connection.scalars(sent), *connection.scalars(following))
    return [one for one in found if one is not None]


def empty_effect(connection: Connection, row: EffectRow, moment: datetime, **body: str) -> bool:
    """Takes away what it says and where it goes; whether it was still to be done. One that is claimed is left to
    whoever holds it: the answer, whatever it is, settles it.
    """
    empty = row.effect.model_copy(update={"address": "", "content": dict(WITHOUT_CONTENT), **body})
    changes: dict[str, object] = {"address": "", "body": empty.model_dump_json(), "key": empty.key, "reason": None}
    changes |= {"recipient": "", "held": None}
    open_ = row.state not in (*FINAL, "claimed")
    if open_:
        changes |= {"state": "skipped", "reason": ERASED, "until": None, "asking": False, "settled_at": moment}
    writing.change_all(connection, effects, [{"which": row.id, **changes}])
    return open_


def move(connection: Connection, account: str, to: str) -> None:
    """What stays belongs to an account that nobody knows; of the account itself nothing is left."""
    connection.execute(insert(accounts).values(id=to))
    for table in (run_rows, effects):
        connection.execute(update(table).where(kept.HELD[table](account)).values(account=to))
    kept.remove(connection, accounts, account)
