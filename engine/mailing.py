"""What a mail's effect says of itself beside its text: topic, own hours, and until when it is worth sending; and what
becomes of it when its moment has come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import TYPE_CHECKING, Final, Literal

from pydantic import JsonValue

from engine.care import Ready, Slot
from engine.policy import GENERAL, Policy, Topic
from engine.run import Effect
from engine.sendtimes import Hours, SendTimes, calendar_for
from engine.stored import to_json
from engine.values import read_instant

if TYPE_CHECKING:
    from engine.known import Account

EXPIRED: Final = "expired"
MISSING: Final = "missing"
SUPPRESSED: Final = "suppressed"
UNREACHABLE: Final = frozenset({MISSING, SUPPRESSED})
"""Why a mail was passed over that its contact can get by no playbook."""
UNSUBSCRIBED: Final = "unsubscribed"
EVERY: Final = ""
"""The topic of whoever wants no mail at all that is not essential."""


def about(topic: str | None, send: SendTimes | None, expires: datetime | None) -> dict[str, JsonValue]:
    """As the effect's content holds it; what says nothing is left out."""
    said: dict[str, JsonValue] = {
        "topic": topic,
        "send": send.model_dump(mode="json") if send else None,
        "expires": to_json(expires) if expires else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def about_of(effect: Effect) -> dict[str, JsonValue]:
    """What `about` has written into it."""
    return {name: effect.content[name] for name in ("topic", "send", "expires") if name in effect.content}


def topic_of(effect: Effect) -> str:
    topic = effect.content.get("topic")
    return topic if isinstance(topic, str) else GENERAL.id


def topics_to_leave(own: str, policy: Policy) -> tuple[Topic, ...]:
    """In the order of the policy. The mail's own that it does not name any more is still one that can be left."""
    unnamed = () if own in policy.topics else (Topic(own, own),)
    return tuple(one for one in (*policy.topics.values(), *unnamed) if not one.essential)


def left_by_link(own: str, policy: Policy) -> str:
    """What the link in a mail about that topic leaves: EVERY one where there is no other, or it cannot be left."""
    topics = [one.id for one in topics_to_leave(own, policy)]
    return own if own in topics and topics != [own] else EVERY


def send_times_of(effect: Effect) -> SendTimes | None:
    said = effect.content.get("send")
    return SendTimes.model_validate(said) if said is not None else None


def expires_of(effect: Effect) -> datetime | None:
    said = effect.content.get("expires")
    return read_instant(said) if isinstance(said, str) else None


def is_expired(effect: Effect, now: datetime) -> bool:
    """One that is wanted in the very instant at which it expires, as it was approved then, may go in that instant."""
    expires = expires_of(effect)
    return expires is not None and expires <= now and not effect.at == expires == now


def ended(expired: Iterable[Effect]) -> list[tuple[Effect, datetime]]:
    """Mails that have expired, in the order in which that is told, and when it was."""
    ends = [(one, end) for one in expired if (end := expires_of(one)) is not None]
    return sorted(ends, key=lambda one: (one[1], in_turn(*one)))


def ready_of(effect: Effect, name: str, recipient: str, free: datetime, account: Account, policy: Policy) -> Ready:
    """The mail as one that competes for room, by its recipient's own hours, which let it go since it is `free`; `name`
    tells it from the others.
    """
    hours = Hours(calendar_for(account, recipient, policy), policy.quiet_hours, send_times_of(effect))
    essential = policy.is_essential(topic_of(effect))
    spread = timedelta() if essential else _spread(effect, account, policy.spread)
    return Ready(
        name,
        recipient,
        effect.priority,
        effect.at,
        hours,
        essential,
        within_run(effect),
        spread,
        free,
        expires_of(effect),
    )


def _spread(effect: Effect, account: Account, over: timedelta) -> timedelta:
    """A part of the time that hangs on whom the mail is for and which it is, and on nothing else."""
    if not over:
        return over
    whose = f"{account.id}/{effect.to}/{effect.path}/{effect.visit}"
    part = int.from_bytes(blake2s(whose.encode(), digest_size=6).digest())
    return timedelta(microseconds=(over // timedelta(microseconds=1)) * part >> 48)


def within_run(effect: Effect) -> str:
    """What tells the effect from others of its run: step, visit and recipient."""
    return effect.key.removeprefix(f"{effect.run}·")


def in_turn(effect: Effect, since: datetime | None = None) -> tuple[int, datetime, str]:
    """The order in which a run's effects are done; `since` it is wanted, where it was put off."""
    return (-effect.priority, since or effect.at, within_run(effect))


def can_be_reached(account: Account, contact: str) -> bool:
    """Whether somebody whom a mail was for may still be written to: active, and with an address."""
    known = account.contacts.get(contact)
    if known is None:
        return True
    said = {name: known[name][0] for name in ("active", "email") if name in known}
    return said.get("active", True) is not False and isinstance(said.get("email"), str)


@dataclass(frozen=True, slots=True)
class Now:
    """A mail whose moment has come goes, or never does, and why."""

    state: Literal["sent", "skipped", "expired", "failed"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """It is put off. It is looked at again `until` then: as its slot says, or when it is not worth sending any more."""

    slot: Slot
    until: datetime


def verdict(effect: Effect, unwanted: str | None, slot: Callable[[], Slot], now: datetime) -> Now | Later:
    """`unwanted` says why its recipient gets no such mail; `slot` is asked last, and only where it matters."""
    if unwanted is not None:
        return Now("skipped", unwanted)
    if is_expired(effect, now):
        return Now("expired", EXPIRED)
    expires, found = expires_of(effect), slot()
    if found.at is None:
        return Now("failed", f"{found.reason}: there is no hour at which it may go")
    if found.held is None:
        return Now("sent")
    if expires is not None and expires <= now:
        return Now("expired", EXPIRED)
    return Later(found, min(found.at, expires) if expires else found.at)
