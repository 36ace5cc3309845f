"""Messages that belong below an earlier one of their run, or behind one: where that is, as far as it is there."""

from typing import Final

from activities.desks import Bench
from activities.slack import cards
from activities.store import cards as rows
from activities.store import effects
from activities.store.effects import EffectRow
from engine.steps.slack import THREAD

FOLLOWS: Final = "follows"  # in the content of a message that goes on where another has ended: that one's id


def wait_for_former(at: Bench, row: EffectRow) -> None:
    """Raises BeingPosted while what it follows is on its way."""
    named = row.effect.content.get(FOLLOWS)
    before = effects.find(at.connection, named) if isinstance(named, str) else None
    if before is not None and _is_on_its_way(before):
        raise cards.BeingPosted


def begun(at: Bench, row: EffectRow) -> str | None:
    """The receipt of the message with which the thread begins: the first that the step told the same reader when it
    last came by. None: there is none in Slack. Raises BeingPosted.
    """
    wait_for_former(at, row)
    step = row.effect.content.get(THREAD)
    if not isinstance(step, str):
        return None
    said = effects.told_by(at.connection, row.run, step, row.recipient)
    found = (_place(at, one) for one in said if one.visit == said[0].visit)
    return next((receipt for receipt in found if receipt is not None), None)


def _place(at: Bench, row: EffectRow) -> str | None:
    task = cards.about(row.effect)
    there = rows.find(at.connection, task, row.recipient) if task else None
    if there is not None and there.receipt is not None:
        return None if there.receipt == rows.MAILED else there.receipt
    if _is_on_its_way(row):
        raise cards.BeingPosted
    return row.receipt if row.state == "sent" and row.channel == cards.CHANNEL else None


def _is_on_its_way(row: EffectRow) -> bool:
    return row.state in {"wanted", "claimed"} or (row.state == "uncertain" and row.asking)
