"""When a colleague hears of a task: at once, when their work begins, or in the digest of their morning.

What is urgent waits for nothing: an escalation, a task that is due by the clock (`due: 48 hours`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from engine.calendar import Calendar
from engine.people import Person
from engine.policy import Policy
from engine.run import Task

HELD: Final = frozenset({"task", "remind"})  # purposes of messages; an escalation is none of them
LISTED: Final = frozenset({"task", "meeting", "missing"})  # an approval shows what is approved: it comes by itself
_AHEAD: Final = 400  # days that are looked through


def waits_until(
    purpose: str, task: Task | None, person: Person, policy: Policy, now: dt.datetime
) -> dt.datetime | None:
    """When their work begins, where policy has them left alone until then; None: it may be told now."""
    if not policy.pings_in_hours or purpose not in HELD or (task and task.urgent):
        return None
    calendar = calendar_of(person, policy)
    today = calendar.date_of(now)
    if calendar.is_working(today) and calendar.opens(today) <= now < calendar.closes(today):
        return None
    return next((opens for opens in _mornings(calendar, today) if opens > now), None)


def is_in_digest(purpose: str, task: Task | None, person: Person, policy: Policy, now: dt.datetime) -> bool:
    """Whether it is left to their digest: not what is due before the next one."""
    if (person.pings or policy.pings) != "digest" or purpose not in HELD:
        return False
    if task is None or task.urgent or task.kind not in LISTED:
        return False
    return task.due is None or task.due <= now or task.due >= next_digest(person, policy, now)


def next_digest(person: Person, policy: Policy, now: dt.datetime) -> dt.datetime:
    """The next morning of work, which is no day that they are away."""
    calendar = calendar_of(person, policy)
    ahead = _mornings(calendar, calendar.date_of(now))
    there = (at for at in ahead if at > now and person.away_on(calendar.date_of(at)) is None)
    return next(there, now + dt.timedelta(_AHEAD))


def digest_day(person: Person, policy: Policy, now: dt.datetime) -> dt.date | None:
    """The day whose digest is to be sent by now: today, while they work. What an outage kept from being sent in time
    is sent with the next one.
    """
    calendar = calendar_of(person, policy)
    today = calendar.date_of(now)
    if not calendar.is_working(today) or person.away_on(today) or not person.active:
        return None
    return today if calendar.opens(today) <= now < calendar.closes(today) else None


def calendar_of(person: Person, policy: Policy) -> Calendar:
    return policy.calendar(person.country, person.time_zone)


def _mornings(calendar: Calendar, first: dt.date) -> Iterator[dt.datetime]:
    """Of working days, from that date on."""
    days = (first + dt.timedelta(n) for n in range(_AHEAD))
    return (calendar.opens(day) for day in days if calendar.is_working(day))
