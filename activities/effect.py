"""One effect, from claim to settle. Whatever the provider says becomes a state; only our own infrastructure raises."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from activities import ledger
from activities.directive import Directive
from activities.host import Host
from activities.ledger import Doubted, Granted, Left, Paced
from activities.runs import advance
from activities.transport import Busy, Refused, Sent, Uncertain

Remember = Callable[[str], None]
SOON: Final = timedelta(seconds=1)


class TryAgain(Exception):
    """The provider has no room now; nothing is claimed, and this attempt should be followed by another."""

    def __init__(self, after: timedelta) -> None:
        super().__init__()
        self.after = after


def perform(host: Host, effect: str, receipt: str | None, remember: Remember) -> Directive:
    """Does the effect if it may be done, and returns the run's directive as it then is.

    `receipt` is what an attempt before this one had remembered: it was sent, and is only to be settled.
    Raises TryAgain, ledger.Leased, ledger.NoSuchEffect, runs.AdvanceFailed, and whatever the database raises.
    """
    if receipt is not None:
        ledger.settle(host, effect, "sent", receipt)
        return advance(host, ledger.run_of(host, effect))
    claim = _claimed(host, effect)
    match claim:
        case Granted():
            _send(host, effect, claim, remember)
        case Doubted():
            _ask(host, effect, claim, remember)
        case Paced(rest=rest):
            raise TryAgain(rest)
        case Left():
            pass
    return advance(host, claim.run)


def _claimed(host: Host, effect: str) -> ledger.Claim:
    """A turn that comes soon is waited for: another attempt would cost more."""
    claim = ledger.claim(host, effect)
    if isinstance(claim, Paced) and claim.rest <= SOON:
        time.sleep(claim.rest.total_seconds())
        return ledger.claim(host, effect)
    return claim


def _send(host: Host, effect: str, granted: Granted, remember: Remember) -> None:
    channel = granted.channel
    match channel.transport.send(granted.message, channel.deadline):
        case Sent(receipt):
            remember(receipt)
            ledger.settle(host, effect, "sent", receipt)
        case Refused(reason, credentials=True):
            ledger.put_off(host, effect, reason)
        case Refused(reason, code):
            ledger.settle(host, effect, "failed", reason, code)
        case Busy(reason, after, alone=True):
            ledger.put_aside(host, effect, reason, after)
        case Busy(reason, after):
            if ledger.give_back(host, effect, reason, after):
                raise TryAgain(after)
        case Uncertain(reason):
            ledger.doubt(host, effect, reason)


def _ask(host: Host, effect: str, doubted: Doubted, remember: Remember) -> None:
    found = doubted.channel.transport.find(doubted.message, doubted.since)
    if found is not None:
        remember(found.receipt)
        ledger.settle(host, effect, "sent", found.receipt)
    elif granted := ledger.not_found(host, effect):
        _send(host, effect, granted, remember)
