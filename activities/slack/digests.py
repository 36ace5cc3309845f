"""A message to each colleague in the morning of their working days: what they have to do. None where that is nothing.

Which day's was sent to whom is a row. A digest has a name of its own for each day, by which a lost answer is found
again, so that nobody gets one twice; what an outage kept from being sent while they worked is not made up for.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final

from sqlalchemy import Connection

from activities.applied import NothingApplied
from activities.desks import bench
from activities.host import Host
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
    """`day` is None when nothing is to be sent now; `told` when there is nothing to say."""

    person: Person
    day: date | None
    next_at: datetime
    told: Digest | None = None


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
    answer = _sent(host, row, _message(due.person, due.day, due.told))
    host.database.write(lambda connection: _kept(connection, row, due, answer, host.clock.real()))


def _met(connection: Connection, people: dict[str, datetime], now: datetime) -> None:
    rows.meet(connection, people)
    rows.look_at(connection, people, now)


def _due(connection: Connection, host: Host, row: DigestRow) -> Due | None:
    setting, now = bench(host, connection).current.setting, host.clock.now()
    person = setting.people.get(row.person)
    if person is None:
        return None
    day, next_at = digest_day(person, setting.policy, now), next_digest(person, setting.policy, now)
    if day is None or day.isoformat() == row.day:
        return Due(person, None, next_at)
    return Due(person, day, next_at, _read(connection, person, setting.policy, row, now))


def _read(connection: Connection, person: Person, policy: Policy, row: DigestRow, now: datetime) -> Digest | None:
    @cache
    def called(account: str) -> str:
        found = accounts.find(connection, account)
        return (found.known.name if found else "") or account

    calendar = calendar_of(person, policy)
    last = date.fromisoformat(row.day) if row.day else calendar.add_business_days(calendar.date_of(now), -1)
    found = tasks.of_person(connection, person.id, MOST)
    return digest(found, now, calendar, calendar.at(last, time()), called)


def _message(person: Person, day: date, told: Digest) -> Message:
    name = str(uuid.uuid5(_NAMES, f"{person.id}·{day.isoformat()}"))
    body, blocks = digest_blocks.text(told), tuple(digest_blocks.blocks(told))
    return Message(name, CHANNEL, reach(person), body, blocks=blocks)


def _sent(host: Host, row: DigestRow, message: Message) -> Answer:
    """Slack knows no message twice, so a second try first looks whether the former one arrived."""
    channel = host.channels[CHANNEL]
    if row.attempts:
        since = host.clock.real() - timedelta(days=1)
        if there := channel.transport.find(message, since):
            return there
    return channel.transport.send(message, channel.deadline)


def _kept(connection: Connection, row: DigestRow, due: Due, answer: Answer, real: datetime) -> None:
    pause = BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
    match answer:
        case Sent():
            rows.done(connection, row, due.day, due.next_at, None)
        case Refused(reason, credentials=False):
            rows.done(connection, row, due.day, due.next_at, reason)
        case Busy(reason, after):
            rows.failed(connection, row, reason, real + max(after, pause))
        case Refused(reason) | Uncertain(reason):
            rows.failed(connection, row, reason, real + pause)
