"""What follows when a mail came back: for good, or this time, and that too often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from activities.mail.responses import Response, to_mail
from activities.store import mail_events
from activities.store.effects import EffectRow
from activities.store.mail_events import Kind

OFTEN: Final = 3  # mails to one address that came back, each for what its mailbox is in,
WITHIN: Final = timedelta(days=30)  # since which nobody is reached
_ARRIVED: Final[Sequence[Kind]] = ("delivered", "opened", "clicked", "replied")


def meaning(connection: Connection, row: EffectRow, kind: Kind, at: datetime, reason: str) -> list[Response]:
    """To be asked once the event is stored."""
    if kind == "bounced":
        return [to_mail(row, "bounce", at=at, reason=reason)]
    if kind == "blocked" and _came_back_often(connection, row, at):
        often = f"{OFTEN} mails came back within {WITHIN.days} days: {reason}"
        return [to_mail(row, "bounce", at=at, reason=often)]
    return []


def _came_back_often(connection: Connection, row: EffectRow, at: datetime) -> bool:
    """This is the third in a row from that address, or more."""
    arrived = (mail_events.last_at(connection, row, kind) for kind in _ARRIVED)
    after = max(filter(None, (*arrived, at - WITHIN)))
    return mail_events.count(connection, row, "blocked", after) >= OFTEN
