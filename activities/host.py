"""What every unit of work needs, one per process: database, clock, what is applied, and the ways to the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from activities.applied import Applied
from activities.clock import Clock
from activities.mail.links import Links
from activities.mail.senders import Senders
from activities.outlook import Queues
from activities.store.database import Database, Joined
from activities.transport import Transport

BACK: Final = 20.0
DOWN_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to people. `deadline` bounds the call of the provider, `lease` the claim, `seconds` one attempt of the
    activity: each is longer than the one before, so that a claim is never open to others while its call may go out.
    `apart`: real time from one message to the next, for the whole channel or `each_address` of it (None: no rate).
    `cards`: whether what is shown there can be changed, so that a task is one message that follows it.
    `patience`: how long a provider in trouble is tried for one effect before it counts as down; `down_for`: how long it
    is then left alone.
    """

    transport: Transport
    queue: str
    deadline: timedelta = timedelta(seconds=20)
    lease: timedelta = timedelta(seconds=30)
    seconds: float = 45
    apart: timedelta | None = None
    each_address: bool = False
    cards: bool = False
    patience: timedelta = timedelta(minutes=2)
    down_for: timedelta = DOWN_FOR

    def __post_init__(self) -> None:
        if not self.deadline < self.lease < timedelta(seconds=self.seconds):
            raise ValueError("a channel's deadline must be under its lease, and that under the time of one attempt")

    @property
    def rate(self) -> float:
        """How many a second are taken up again when the provider was down and is back."""
        return BACK if self.apart is None or self.each_address else timedelta(seconds=1) / self.apart


@dataclass(frozen=True, slots=True)
class Host:
    """`stir` tells the relay of this process that there are new wakes; another process's relay sees them by itself.
    `falls_back`: what Slack does not bring to colleagues can go to them by mail.
    """

    database: Database
    clock: Clock
    applied: Applied
    channels: Mapping[str, Channel]
    stir: Callable[[], None] = field(default=lambda: None)
    links: Links = field(default_factory=Links)
    senders: Senders = field(default_factory=Senders)
    falls_back: bool = False

    @property
    def queues(self) -> Queues:
        return {name: (one.queue, one.seconds) for name, one in self.channels.items()}

    def within(self, connection: Connection) -> "Host":
        """The host of a transaction that is under way: all that is done by it is kept together, or not at all. Whoever
        opened the transaction stirs when it is committed.
        """
        return replace(self, database=Joined(connection), stir=_not_before_the_commit)


def _not_before_the_commit() -> None:
    """Before, there is nothing to see."""
