"""What colleagues are told of tasks, held back in the moment of sending: until their work begins, or for their
digest.
"""

from typing import Final

from activities import putting_off
from activities.desks import Bench
from activities.message import NOTICE
from activities.slack import cards
from activities.store import tasks
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from engine.pings import is_in_digest, waits_until
from engine.run import Task

TO_COLLEAGUES: Final = frozenset({"slack", NOTICE})
HOURS: Final = "outside working hours"
DIGEST: Final = "it is in their digest"
PASSED_ON: Final = "it is with somebody else by now"


def unneeded(at: Bench, account: AccountRow, row: EffectRow) -> str | None:
    """Why nobody need be told this by a message of its own; None where somebody must."""
    setting = at.current.setting
    person = setting.people.get(row.recipient) if row.channel in TO_COLLEAGUES else None
    if person is None:
        return None
    has_waited = row.ready_since > row.effect.at
    digests = at.host.channels[row.channel].cards and (person.pings or setting.policy.pings) == "digest"
    if not (has_waited or digests):
        return None
    task = _task(at, row)
    if has_waited and row.effect.purpose == "task" and task is not None and task.person != person.id:
        return PASSED_ON
    listed = digests and is_in_digest(row.effect.purpose, task, person, setting.policy, at.now(account))
    return DIGEST if listed else None


def is_put_off(at: Bench, account: AccountRow, row: EffectRow) -> bool:
    """Whether it waits for the hours of whom it is told; it is put off then."""
    setting = at.current.setting
    reached = setting.policy.pings_in_hours and row.channel in TO_COLLEAGUES
    person = setting.people.get(row.recipient) if reached else None
    if person is None:
        return False
    until = waits_until(row.effect.purpose, _task(at, row), person, setting.policy, at.now(account))
    if until is not None:
        putting_off.until_their_hours(at, row, until, HOURS)
    return until is not None


def _task(at: Bench, row: EffectRow) -> Task | None:
    named = cards.about(row.effect)
    return tasks.find(at.connection, named) if named else None
