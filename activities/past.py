"""An account as it stood at a past instant: from the facts that were in by then, under what was applied then."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from activities.desks import Bench, entries_of
from activities.store import facts, runs
from activities.store.runs import Entered
from engine.account import Account, apply
from engine.desk import Desk
from engine.plan import Plan


def desk_then(at: Bench, account: str, then: datetime) -> Desk | None:
    """To look at and not to work on. None where nothing had been applied or nothing was known of the account."""
    applied = at.host.applied.as_of(at.connection, then)
    if applied is None:
        return None
    known = Account(account)
    for fact in facts.received_by(at.connection, account, then):
        known, _ = apply(known, fact, applied.setting.vocabulary, applied.setting.policy)
    if known.first_data is None:
        return None
    return Desk(
        setting=applied.setting,
        rules=applied.rules,
        account=known,
        plans=_no_plan,
        new_run=lambda account, playbook: f"{account}/{playbook}",
        entries=entries_of(_entered_by(runs.entries(at.connection, [account]), then)),
    )


def _entered_by(entered: Sequence[Entered], then: datetime) -> list[Entered]:
    """The runs that had been started, as they stood."""
    started = [one for one in entered if one.started <= then]
    return [replace(one, outcome=None, ended=None) if one.ended and one.ended > then else one for one in started]


def _no_plan(plan: str) -> Plan:
    raise LookupError(plan)
