"""Messages of an account that was erased are deleted in Slack too, as far as Slack lets: replies of people are theirs.

What could not be deleted is tried again each day, and stays in attention until it is gone.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from activities.desks import Bench
from activities.host import Host
from activities.slack.cards import BACKOFF, CHANNEL
from activities.store import removals
from activities.store.removals import Removal
from activities.transport import Answer, Busy, Refused, Removes, Sent, Uncertain

AGAIN: Final = timedelta(days=1)
_PLACE: Final = re.compile(r"[CGD][A-Z0-9]{5,}:\d+\.\d+")


def want(at: Bench, receipts: Iterable[str | None]) -> int:
    """How many are to be deleted; receipts of mails and of the local outbox are passed over."""
    if not isinstance(at.host.channels[CHANNEL].transport, Removes):
        return 0
    return removals.add(at.connection, [one for one in receipts if one and _PLACE.fullmatch(one)], at.real)


def lease(host: Host, limit: int) -> list[Removal]:
    real = host.clock.real()
    if not host.database.read(lambda connection: removals.any_due(connection, real)):
        return []
    return host.database.write(lambda connection: removals.lease(connection, real, limit))


def remove(host: Host, one: Removal) -> timedelta:
    """For how long Slack wants no more deletions."""
    channel = host.channels[CHANNEL]
    if not isinstance(channel.transport, Removes):
        return timedelta(0)
    answer = channel.transport.remove(one.receipt, channel.deadline)
    _keep(host, one, answer)
    return answer.retry_after if isinstance(answer, Busy) else timedelta(0)


def _keep(host: Host, one: Removal, answer: Answer) -> None:
    real, pause = host.clock.real(), BACKOFF[min(one.attempts, len(BACKOFF) - 1)]
    match answer:
        case Sent():
            host.database.write(lambda connection: removals.done(connection, one.receipt))
        case Refused(reason, credentials=False):
            until = real + AGAIN
            host.database.write(lambda c: removals.failed(c, one.receipt, until, reason, lasting=True))
        case Busy(reason, after):
            until = real + max(after, pause)
            host.database.write(lambda c: removals.failed(c, one.receipt, until, reason, lasting=False))
        case Refused(reason) | Uncertain(reason):
            until = real + pause
            host.database.write(lambda c: removals.failed(c, one.receipt, until, reason, lasting=False))
