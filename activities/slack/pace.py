"""How fast what stands in Slack is brought up to date, kept by all processes together.

Slack limits each method for itself: edits to 50 a minute and workspace, with bursts; posts to one a second and
conversation. What people did is edited at once; what changed by itself, be it a thousand cards, leaves a fifth of the
edits to them. A method that Slack wants no more of holds up that method alone: edits as a whole, words in threads in
their conversation.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from activities.store import paces

APART: Final = timedelta(seconds=1.5)  # 40 a minute
BURST: Final = 20  # that many at once, after a time without any
SPAN: Final = APART * BURST
_EDITS: Final = "slack edits"


def spare(connection: Connection, real: datetime) -> int:
    """How many cards that changed by themselves may be edited now."""
    free = paces.free_at(connection, _EDITS)
    return _left(max(free, real) if free else real, real)


def take(connection: Connection, real: datetime, wanted: int) -> int:
    """As many of them as may be, after every other lock."""
    free = paces.lock(connection, _EDITS, real)
    taken = min(wanted, _left(free, real))
    paces.put(connection, _EDITS, free + taken * APART)
    return taken


def give_back(connection: Connection, real: datetime) -> None:
    """One that was taken needed no edit."""
    free = paces.lock(connection, _EDITS, real)
    paces.put(connection, _EDITS, max(real, free - APART))


def hold_edits(connection: Connection, real: datetime, after: timedelta) -> None:
    """Slack wants none for so long: then they go on one by one."""
    free = paces.lock(connection, _EDITS, real)
    paces.put(connection, _EDITS, max(free, real + after + SPAN - APART))


def hold_words(connection: Connection, conversation: str, real: datetime, after: timedelta) -> None:
    name = _words(conversation)
    paces.put(connection, name, max(paces.lock(connection, name, real), real + after))


def words_wait(connection: Connection, conversation: str, real: datetime) -> timedelta:
    """For how long Slack wants no words there."""
    free = paces.free_at(connection, _words(conversation))
    return max(timedelta(), free - real) if free else timedelta()


def _left(free: datetime, real: datetime) -> int:
    return max(0, (real + SPAN - free) // APART)


def _words(conversation: str) -> str:
    return f"slack words {conversation}"
