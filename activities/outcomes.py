"""How an effect ends: its row says so, and its run is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from activities import care
from activities.desks import Bench
from activities.store import effects, inputs
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from engine.mailing import EXPIRED, ended, is_expired

Settled: TypeAlias = Literal["sent", "failed", "skipped"]


def end(
    at: Bench,
    account: AccountRow,
    row: EffectRow,
    state: Settled,
    receipt: str | None = None,
    reason: str | None = None,
    then: datetime | None = None,
) -> None:
    """`then` is when it was, where that is not the moment of sending."""
    moment = then or care.moment(at, account, row)
    over = {"lease_until": None, "until": None, "asking": False, "settled_at": moment, "held": None}
    effects.change(at.connection, row.id, state=state, receipt=receipt, reason=reason, **over)
    told = row.settled(moment, "expired" if reason == EXPIRED else state, reason)
    inputs.latch(at.connection, [(row.run, told)], at.real)
    if state != "sent" and row.channel == "email":
        care.move_up(at, account)


def expire(at: Bench, account: AccountRow, released: Sequence[EffectRow], now: datetime) -> list[EffectRow]:
    """Of mails that were put off until now those that may still go. The others are over since they expired: that comes
    before what time else brings their run in that instant.
    """
    over = {one.id: one for one in released if one.state == "deferred" and is_expired(one.effect, now)}
    for effect, then in ended(one.effect for one in over.values()):
        end(at, account, over[effect.id], "skipped", reason=EXPIRED, then=then)
    return [one for one in released if one.id not in over]
