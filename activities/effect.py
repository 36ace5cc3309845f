"""One effect, from claim to settle. Whatever the provider says becomes a state; only our own infrastructure raises."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from activities import kept_back, ledger
from activities.directive import Directive
from activities.host import Host
from activities.ledger import Doubted, Granted, Left, Paced
from activities.mail import bounces
from activities.runs import Telling, advance
from activities.transport import Answer, Busy, Refused, Sent, Uncertain, Unsent

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
        return advance(host, ledger.run_of(host, effect), first=ledger.settling(effect, "sent", receipt))
    claim = _claimed(host, effect)
    settling: Telling | None = None
    match claim:
        case Granted():
            settling = _send(host, effect, claim, remember)
        case Doubted():
            settling = _ask(host, effect, claim, remember)
        case Paced(rest=rest):
            raise TryAgain(rest)
        case Left():
            pass
    return advance(host, claim.run, first=settling)


def _claimed(host: Host, effect: str) -> ledger.Claim:
    """A turn that comes soon is waited for: another attempt would cost more."""
    claim = ledger.claim(host, effect)
    if isinstance(claim, Paced) and claim.rest <= SOON:
        time.sleep(claim.rest.total_seconds())
        return ledger.claim(host, effect)
    return claim


def _send(host: Host, effect: str, granted: Granted, remember: Remember) -> Telling | None:
    """What settles it is written where its run advances: one transaction less for each effect."""
    match _answer(host, effect, granted):
        case Sent(receipt):
            remember(receipt)
            return ledger.settling(effect, "sent", receipt)
        case Refused(reason, credentials=True):
            ledger.put_off(host, effect, reason)
        case Refused(reason, perhaps_all=True) if not kept_back.is_its_own(host, effect, reason):
            pass  # it waits
        case Refused(gone=True) | Refused(at_them=True) as refused:
            bounces.at_once(host, effect, refused)
        case Refused(reason, code):
            return ledger.settling(effect, "failed", reason, code)
        case Busy(reason, after, alone=True):
            ledger.put_aside(host, effect, reason, after)
        case Busy(reason, after):
            if ledger.give_back(host, effect, reason, after):
                raise TryAgain(after)
        case Uncertain(reason):
            ledger.doubt(host, effect, reason)
    return None


def _answer(host: Host, effect: str, granted: Granted) -> Answer:
    channel = granted.channel
    try:
        return channel.transport.send(granted.message, channel.deadline)
    except Unsent as kept:
        kept_back.take_back(host, effect)
        raise (kept.__cause__ or kept) from None


def _ask(host: Host, effect: str, doubted: Doubted, remember: Remember) -> Telling | None:
    found = doubted.channel.transport.find(doubted.message, doubted.since)
    match found:
        case Sent(receipt):
            remember(receipt)
            return ledger.settling(effect, "sent", receipt)
        case Busy(reason, after):
            ledger.look_later(host, effect, reason, after)
            return None
    granted = ledger.not_found(host, effect)
    return _send(host, effect, granted, remember) if granted else None
