"""What SendGrid tells of mails, in whatever order and however often, taken in once.

Every event that names a mail of ours proves that SendGrid has it: one whose answer was lost is settled as sent by it.
Copies to colleagues carry the same mark; what happens to those says nothing of the customer.
"""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from activities import ledger
from activities.host import Host
from activities.mail import responses
from activities.mail.addresses import are_same
from activities.mail.refusals import meaning as meant
from activities.mail.responses import Response, to_mail
from activities.mail.returned import meaning
from activities.mail.sendgrid_client import receipt_of
from activities.mail.storable import storable
from activities.store import accounts, effects, mail_events, suppressions
from activities.store.effects import EffectRow
from activities.store.mail_events import Kind
from activities.store.together import Collided
from activities.verdict import masked

# SendGrid's own classes of bounces: for what we sent, how much or from where; and for whom.
OURS: Final = frozenset({"content", "reputation", "frequency or volume too high", "frequency/volume"})
THEIRS: Final = frozenset({"invalid address", "mailbox unavailable"})
UNKNOWN: Final = frozenset({"", "unclassified"})
LONGEST: Final = 500  # characters of a reason

log = logging.getLogger(__name__)

AT_ONCE: Final = 25  # events in one transaction: SQLite lets nobody else write for as long

Text = Annotated[str, BeforeValidator(lambda value: storable(value) if isinstance(value, str) else "")]


class Event(BaseModel):
    """Those of its keys that say anything to us; the rest, and what else SendGrid may add, is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    event: str
    email: Text = ""
    timestamp: int = Field(ge=0, lt=10**11)
    effect: Text = ""
    sg_message_id: Text = ""
    smtp_id: Text = Field("", alias="smtp-id")
    type: Text = ""
    reason: Text = ""
    status: Text = ""
    bounce_classification: Text = ""
    url: Text = ""
    sg_machine_open: bool = False

    @property
    def at(self) -> datetime:
        """Real, and the end of the second that is told: a mail may have been sent within it."""
        return datetime.fromtimestamp(self.timestamp + 1, UTC)

    @property
    def receipts(self) -> list[str]:
        """What the answer to the sending may have been: X-Message-Id is how both of these begin."""
        parts = self.sg_message_id.split(".")
        local = self.smtp_id.strip("<> ").partition("@")[0]
        return list(filter(None, [local, *(".".join(parts[: n + 1]) for n in range(min(len(parts), 12)))]))


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events told something of a mail of ours, and how many did not or could not be read."""

    known: int
    passed_over: int


Known: TypeAlias = tuple[Event, str]  # with the effect's id


def take_in(host: Host, told: Sequence[object]) -> Taken:
    """What breaks our code keeps none of the others out. Raises what the database raises."""
    readable = [event for one in told if (event := _read(one)) is not None]
    known = host.database.read(lambda connection: _ours(connection, readable))
    count = sum(_in_parts(host, account, mine) for account, mine in known.items())
    host.stir()
    return Taken(count, len(told) - count)


def _in_parts(host: Host, account: str, events: Sequence[Known]) -> int:
    return sum(_all_or_each(host, account, events[at : at + AT_ONCE]) for at in range(0, len(events), AT_ONCE))


def _all_or_each(host: Host, account: str, events: Sequence[Known]) -> int:
    """In one transaction; when one of them breaks our code, in one each. How many were taken in."""
    try:
        host.database.write(partial(_taken, host, account, events))
    except (SQLAlchemyError, Collided):
        raise
    except Exception:
        if len(events) > 1:
            return sum(_all_or_each(host, account, [one]) for one in events)
        log.exception("an event of a mail could not be taken in")
        return 0
    return len(events)


def _read(told: object) -> Event | None:
    try:
        return Event.model_validate(told)
    except ValidationError:
        return None


def _ours(connection: Connection, events: Iterable[Event]) -> dict[str, list[Known]]:
    """By account, in the order in which they happened."""
    found: dict[str, list[Known]] = {}
    for event in sorted(events, key=lambda one: one.timestamp):
        row = effects.find(connection, event.effect) if event.effect else None
        row = row or effects.received(connection, event.receipts)
        if row is not None and row.channel == "email":
            found.setdefault(row.account, []).append((event, row.id))
    return found


def _taken(host: Host, account: str, events: Iterable[Known], connection: Connection) -> None:
    within = host.within(connection)
    held = accounts.lock(connection, [account])
    for event, name in events:
        row = effects.find(connection, name)
        if row is not None and row.account in held:
            ledger.settle_proven(within, row, receipt_of(event.sg_message_id) or f"event:{row.id}")
            if are_same(event.email, row.effect.address):
                _happened(within, connection, row, event)


def _happened(host: Host, connection: Connection, row: EffectRow, event: Event) -> None:
    kind, at = _kind(event, host.links.site), min(host.clock.logical(event.at), host.clock.now())
    detail = hashlib.sha256(event.url.encode()).hexdigest()[:16] if kind == "clicked" else ""
    if kind is None or not mail_events.add(connection, row.account, row.recipient, row.id, kind, at, detail):
        return
    for one in _means(connection, row, event, kind, at):
        responses.take_in(host, one)


_KINDS: Final[Mapping[str, Kind]] = {
    "delivered": "delivered",
    "dropped": "dropped",
    "open": "opened",
    "click": "clicked",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}


def _kind(event: Event, site: str | None) -> Kind | None:
    """None for what says nothing of the recipient: machines that open, and our own links to unsubscribe."""
    if event.event == "bounce":
        return _of_bounce(event)
    if event.event == "open" and event.sg_machine_open:
        return None
    if event.event == "click" and site is not None and event.url.startswith(f"{site.rstrip('/')}/"):
        return None
    return _KINDS.get(event.event)


def _of_bounce(event: Event) -> Kind:
    """SendGrid's word that it is for good counts where it is not about us; that it was blocked only where it is about
    them.
    """
    known, means = event.bounce_classification.lower(), meant(f"{event.status} {event.reason}")
    about_us = known in OURS or (known in UNKNOWN and means in {"ours", "limit", "letter"})
    if event.type != "blocked":
        return "dropped" if about_us else "bounced"
    return "blocked" if known in THEIRS or (known in UNKNOWN and means in {"nobody", "mailbox"}) else "dropped"


def _means(connection: Connection, row: EffectRow, event: Event, kind: Kind, at: datetime) -> list[Response]:
    reason = masked(event.reason)[:LONGEST]
    match kind:
        case "opened":
            return [to_mail(row, "open", at=at)]
        case "clicked":
            return [to_mail(row, "click", at=at, link=_place(event.url))]
        case "bounced" | "blocked":
            return meaning(connection, row, kind, at, reason)
        case "unsubscribed":
            return [to_mail(row, "unsubscribe", at=at)]
        case "complained":
            return [replace(to_mail(row, "unsubscribe", at=at), lasting=suppressions.COMPLAINED)]
        case "dropped":
            return _of_dropped(row, reason, at)
    return []


def _of_dropped(row: EffectRow, reason: str, at: datetime) -> list[Response]:
    """SendGrid did not try, because of its own lists; they are ours from now on."""
    match reason.lower():
        case "bounced address" | "invalid":
            return [to_mail(row, "bounce", at=at, reason=reason)]
        case "unsubscribed address":
            return [to_mail(row, "unsubscribe", at=at)]
        case "spam reporting address":
            return [replace(to_mail(row, "unsubscribe", at=at), lasting=suppressions.COMPLAINED)]
    return []


def _place(url: str) -> str:
    """Without what follows the question mark: it may name who clicked."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
