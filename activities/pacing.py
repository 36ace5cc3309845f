"""Rates of providers, kept by all workers together: whoever claims an effect reserves its turn in the claim's own
transaction. Turns are real instants.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from activities.desks import Bench
from activities.host import Channel
from activities.message import MAIL, NOTICE
from activities.store import effects, paces
from activities.store.effects import EffectRow

FAR: Final = timedelta(seconds=10)  # no turn is reserved beyond it where priority counts
MISSED: Final = timedelta(seconds=2)  # a turn that is so long past is not taken any more


def turn(at: Bench, row: EffectRow) -> datetime | None:
    """When the effect may go, which is reserved for it; None when that is so far off that others may overtake it."""
    channel = at.host.channels[row.channel]
    if channel.apart is None:
        return at.real
    if row.go_at is not None and row.go_at + MISSED > at.real:
        return row.go_at
    name = _name(channel, row)
    free = paces.lock(at.connection, name, at.real)
    if free - at.real > FAR and not channel.each_address:
        return None
    paces.put(at.connection, name, free + channel.apart)
    effects.change(at.connection, row.id, go_at=free)
    return free


def hold(at: Bench, row: EffectRow, after: timedelta) -> None:
    """The provider itself has said when it takes the next one. An effect that is not taken again and again holds up the
    others once.
    """
    if row.tried_at != row.claimed_at:
        return
    channel = at.host.channels[row.channel]
    if channel.apart is not None:
        name = _name(channel, row)
        free = paces.lock(at.connection, name, at.real)
        paces.put(at.connection, name, max(free, at.real + after))


def room(at: Bench, name: str) -> int | None:
    """How many messages of a channel may be taken up without overtaking those whose turn is reserved; None: any."""
    channel = at.host.channels[name]
    if channel.apart is None or channel.each_address:
        return None
    free = paces.free_at(at.connection, _shared(name))
    left = FAR - max(timedelta(), free - at.real) if free else FAR
    return max(0, int(left / channel.apart))


def _shared(channel: str) -> str:
    """One provider, one rate."""
    return MAIL if channel == NOTICE else channel


def _name(channel: Channel, row: EffectRow) -> str:
    """An address may say whose it is: it is kept as a digest."""
    if not channel.each_address:
        return _shared(row.channel)
    return f"{row.channel}/{hashlib.blake2s(row.effect.address.encode(), digest_size=16).hexdigest()}"
