"""A message to each colleague in the morning of their working days: what they have to do. None where that is nothing.

Which day's was sent to whom is a row. A digest has a name of its own for each day, by which a lost answer is found
again, so that nobody gets one twice; what an outage kept from being sent while they worked is not made up for. What
Slack does not take for as long as policy's fallback goes by mail, if it cannot have arrived, and then by mail alone; a
mail that may have arrived is not sent again.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final

from sqlalchemy import Connection

from activities.applied import Current, NothingApplied
from activities.desks import bench
from activities.host import Host
from activities.mail import notice, notices
from activities.mail.digest import digest_mail
from activities.message import NOTICE
from activities.slack import digest_blocks
from activities.store import accounts, tasks
from activities.store import digests as rows
from activities.store.digests import DigestRow
from activities.transport import Answer, Busy, Message, Refused, Sent, Uncertain
from engine.people import Person, reach
from engine.pings import calendar_of, digest_day, next_digest
from engine.policy import Policy
from engine.render.digest import Digest, digest

CHANNEL: Final = "slack"
MOST: Final = 2_000  # of one person's open tasks, those that are due first
BACKOFF: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600))
_NAMES: Final = uuid.UUID("0d5e3c52-54f7-4c3c-8a4e-6f0d2f3c9a77")


@dataclass(frozen=True, slots=True)
class Due:
    """`day` is None when nothing is to be sent now; `told` when there is nothing to say. `mail`: it may go by that."""

    person: Person
    policy: Policy
    day: date | None
    next_at: datetime
    told: Digest | None = None
    mail: bool = False


def meet(host: Host, known: int) -> int:
    """Everybody who is to have digests has a row, whenever another workspace is applied than the one `known`; the
    number of what is applied.
    """
    try:
        current = host.database.read(lambda connection: bench(host, connection).current)
    except NothingApplied:
        return known
    if current.number != known:
        policy, now = current.setting.policy, host.clock.now()
        people = {one.id: now for one in current.setting.people.everyone if gets_digests(one, policy)}
        host.database.write(lambda connection: _met(connection, people, now))
    return current.number


def gets_digests(person: Person, policy: Policy) -> bool:
    return person.active and (person.pings or policy.pings) != "each"


def lease(host: Host, limit: int) -> list[DigestRow]:
    """Those that are due."""
    now, real = host.clock.now(), host.clock.real()
    if not host.database.read(lambda connection: rows.any_due(connection, now, real)):
        return []
    return host.database.write(lambda connection: rows.lease(connection, now, real, limit))


def send(host: Host, row: DigestRow) -> None:
    """The digest of today, if it is to be sent and has not been."""
    due = host.database.read(lambda connection: _due(connection, host, row))
    if due is None:
        return
    if due.day is None or due.told is None:
        host.database.write(lambda connection: rows.done(connection, row, due.day, due.next_at, None))
        return
    if row.by_mail or (due.mail and can_be_mailed(host, row, due.person)):
        by_mail(host, row, due, due.day, due.told)
        return
    answer = _sent(host, row, _message(due.person, due.day, due.told))
    if isinstance(answer, Refused) and answer.code in notices.NOBODY and can_be_mailed(host, row, due.person):
        by_mail(host, row, due, due.day, due.told, notices.LOST)
        return
    look_at = _fallback_of(host, row, due)
    host.database.write(lambda connection: _kept(connection, row, due, answer, host.clock.real(), look_at))


def _met(connection: Connection, people: dict[str, datetime], now: datetime) -> None:
    rows.meet(connection, people)
    rows.look_at(connection, people, now)


def _due(connection: Connection, host: Host, row: DigestRow) -> Due | None:
    at, now = bench(host, connection), host.clock.now()
    setting = at.current.setting
    person = setting.people.get(row.person)
    if person is None:
        return None
    day, next_at = digest_day(person, setting.policy, now), next_digest(person, setting.policy, now)
    if day is None or day.isoformat() == row.day:
        return Due(person, setting.policy, None, next_at)
    told = _read(connection, person, at.current, row, now)
    tried = row.attempts > 0 and row.since is not None
    waited = tried and at.real - (row.since or at.real) >= setting.policy.mail_fallback.clock
    return Due(person, setting.policy, day, next_at, told, waited or notices.is_time(at, CHANNEL))


def can_be_mailed(host: Host, row: DigestRow, person: Person) -> bool:
    return host.falls_back and person.email is not None and not row.may_have_arrived


def _fallback_of(host: Host, row: DigestRow, due: Due) -> datetime | None:
    """When it goes by mail if Slack does not take it by then (real)."""
    since = row.since or host.clock.real()
    return since + due.policy.mail_fallback.clock if can_be_mailed(host, row, due.person) else None


def _read(connection: Connection, person: Person, current: Current, row: DigestRow, now: datetime) -> Digest | None:
    @cache
    def called(account: str) -> str:
        found = accounts.find(connection, account)
        return (found.known.name if found else "") or account

    def priority(playbook: str) -> int:
        plan = current.rules.plans.get(playbook)
        return plan.priority if plan else 0

    calendar = calendar_of(person, current.setting.policy)
    last = date.fromisoformat(row.day) if row.day else calendar.add_business_days(calendar.date_of(now), -1)
    found = tasks.of_person(connection, person.id, MOST)
    return digest(found, now, calendar, calendar.at(last, time()), called, priority)


def _message(person: Person, day: date, told: Digest) -> Message:
    name = str(uuid.uuid5(_NAMES, f"{person.id}·{day.isoformat()}"))
    body, blocks = digest_blocks.text(told), tuple(digest_blocks.blocks(told))
    return Message(name, CHANNEL, reach(person), body, blocks=blocks)


def _sent(host: Host, row: DigestRow, message: Message) -> Answer:
    """Slack knows no message twice, so a second try first looks whether the former one arrived; while nobody can tell
    (Busy), nothing is sent.
    """
    channel = host.channels[CHANNEL]
    if row.attempts:
        since = host.clock.real() - timedelta(days=1)
        if there := channel.transport.find(message, since):
            return there
    return channel.transport.send(message, channel.deadline)


def by_mail(host: Host, row: DigestRow, due: Due, day: date, told: Digest, note: str | None = None) -> None:
    """The claim commits before the mail goes; one that may have arrived is looked for and not sent again. `note` is
    kept beside one that went.
    """
    channel, why = host.channels[NOTICE], notice.LOST if note == notices.LOST else notice.DOWN
    message = _mail(due, day, told, why)
    if not row.by_mail:
        row = host.database.write(lambda connection: rows.go_by_mail(connection, row))
    if row.may_have_arrived:
        there = channel.transport.find(message, host.clock.real() - timedelta(days=1))
        reason = None if isinstance(there, Sent) else "it may have arrived by mail, and is not sent again"
        host.database.write(lambda connection: rows.done(connection, row, day, due.next_at, reason))
        return
    answer = channel.transport.send(message, channel.deadline)
    if isinstance(answer, Sent):
        host.database.write(lambda connection: rows.done(connection, row, day, due.next_at, note))
    else:
        host.database.write(lambda connection: _kept(connection, row, due, answer, host.clock.real(), None))


def _mail(due: Due, day: date, told: Digest, why: str) -> Message:
    person = due.person
    name = str(uuid.uuid5(_NAMES, f"{person.id}·{day.isoformat()}·mail"))
    mail = digest_mail(told, person.id, notices.on_their_clock(person, due.policy), why)
    return Message(
        name,
        "email",
        person.email or "",
        mail.body,
        to_name=person.name or "",
        subject=mail.subject,
        headers=notices.AUTOMATIC,
    )


def _kept(
    connection: Connection, row: DigestRow, due: Due, answer: Answer, real: datetime, look_at: datetime | None
) -> None:
    """`look_at`: it is looked at then at the latest, if nothing can have arrived."""
    pause = BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
    match answer:
        case Sent():
            rows.done(connection, row, due.day, due.next_at, None)
        case Refused(reason, credentials=False):
            rows.done(connection, row, due.day, due.next_at, reason)
        case Busy(reason, after):
            until = real + max(after, pause)
            rows.failed(connection, row, reason, min(until, max(look_at or until, real + BACKOFF[0])), certain=True)
        case Refused(reason):
            rows.failed(connection, row, reason, min(real + pause, look_at or real + pause), certain=True)
        case Uncertain(reason):
            rows.failed(connection, row, reason, real + pause, certain=False)
