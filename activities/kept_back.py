"""What certainly did not go: a fault of ours kept it back, or it was refused in words that may be said to all.

Whose fault such a refusal is, what is said to others tells: the provider's where one for another receiver met it in the
same words and nothing has gone since, its own when it meets it again.
"""

import re
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from activities import putting_off
from activities.desks import Bench, bench
from activities.host import Host
from activities.ledger import locked
from activities.mail.addresses import are_same
from activities.store import breakers, effects, mail_events
from activities.store.effects import EffectRow
from activities.store.troubles import NOT_TAKEN

TRIES: Final = 4  # then it is taken at its word: where nothing else is to be sent, nobody tells them apart
SHORTLY: Final = timedelta(hours=1)  # real: so long do two refusals in the same words belong together


def take_back(host: Host, effect: str) -> None:
    """A fault of ours kept it back: wanted again, as if nobody had claimed it."""
    host.database.write(lambda connection: _taken_back(connection, effect))


def is_its_own(host: Host, effect: str, reason: str) -> bool:
    """Whether a refusal in words that may be said to all is of this effect; if not, or not yet, it waits."""
    return host.database.write(lambda connection: _is_its_own(bench(host, connection), effect, reason))


def _taken_back(connection: Connection, effect: str) -> None:
    row = locked(connection, effect)[1]
    if row.state == "claimed":
        effects.change(connection, effect, state="wanted", lease_until=None)


def _is_its_own(at: Bench, effect: str, reason: str) -> bool:
    account, row = locked(at.connection, effect)
    if row.state != "claimed":
        return False
    news = mail_events.add(at.connection, row.account, row.recipient, row.id, "refused", at.now(account))
    if not news and row.attempt >= TRIES:
        return True
    if breakers.find(at.connection, row.channel) is not None or (news and _others_too(at, row, reason)):
        putting_off.until_it_is_tried_again(at, account, row, reason, timedelta(0))
        return False
    return not (news and putting_off.alone(at, account, row, f"{NOT_TAKEN}{reason}", timedelta(0)))


def _others_too(at: Bench, row: EffectRow, reason: str) -> bool:
    """If not, it is this one that is suspected."""
    other = breakers.suspected(at.connection, row.channel, at.real - SHORTLY)
    known = effects.find(at.connection, other.effect) if other else None
    alike = other is not None and _wording(other.reason) == _wording(reason)
    if alike and known and not are_same(known.effect.address, row.effect.address):
        return True
    breakers.close(at.connection, row.channel)
    breakers.suspect(at.connection, row.channel, row.id, at.real, reason)
    return False


def _wording(reason: str) -> list[str]:
    """Without numbers, ids and addresses."""
    return [one for one in reason.lower().split() if not re.search(r"[\d@<>]", one)]
