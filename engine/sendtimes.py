"""When a mail may go by the clock on its recipient's wall: policy's quiet hours, and the mail's own window and days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from engine.calendar import Calendar, is_time_zone
from engine.policy import Policy, QuietHours
from engine.run import Frozen
from engine.values import Value

if TYPE_CHECKING:
    from engine.known import Account

_MIDNIGHT: Final = dt.time()
_AHEAD: Final = 400  # days that are looked through: a mail that has no hour in so many has none at all

Span = tuple[dt.time, dt.time | None]  # None: until the day ends


class SendTimes(Frozen):
    """A mail's own: the hours of a day between which it goes, and the days of the week (Monday = 0)."""

    window: tuple[dt.time, dt.time] | None = None
    on: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Both together, on one recipient's calendar."""

    calendar: Calendar
    quiet: QuietHours
    send: SendTimes | None = None

    def opens(self, at: dt.datetime) -> dt.datetime | None:
        """The first instant from `at` on at which the mail may go; None when there is none in more than a year."""
        return next((max(at, begins) for begins, ends in self._open(at) if at < ends), None)

    def last_open(self, since: dt.datetime, until: dt.datetime) -> dt.datetime:
        """`until`, or where the mail may not go just before that, when its hours last ended; never before `since`."""
        begun = takewhile(lambda span: span[0] < until, self._open(since))
        return max([since, *(min(until, ends) for _, ends in begun)])

    def reason(self, at: dt.datetime) -> str:
        """Why it may not go at that instant."""
        mine = Hours(self.calendar, QuietHours(), self.send)
        return "quiet hours" if mine.opens(at) == at else "send window"

    def _open(self, at: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        first = self.calendar.date_of(at)
        for n in range(_AHEAD):
            date = first + dt.timedelta(n)
            if not self._closed(date):
                spans = self._spans(self._begins(date))
                yield from ((self.calendar.at(date, begins), self._end(date, ends)) for begins, ends in spans)

    def _begins(self, date: dt.date) -> dt.time:
        """A day that is waited for begins with working hours where no hour is said: nobody is written to at midnight
        because a day has come.
        """
        comes = (self.send is not None and self.send.on is not None) or self._closed(date - dt.timedelta(1))
        return self.calendar.hours[0] if comes and self.quiet.customers is None else _MIDNIGHT

    def _end(self, date: dt.date, ends: dt.time | None) -> dt.datetime:
        return self.calendar.at(date, ends) if ends else self.calendar.midnight(date + dt.timedelta(1))

    def _closed(self, date: dt.date) -> bool:
        if self.send and self.send.on is not None and date.weekday() not in self.send.on:
            return True
        if self.quiet.weekends and date.weekday() not in self.calendar.working_days:
            return True
        return self.quiet.holidays and self.calendar.is_holiday(date)

    def _spans(self, begins_at: dt.time) -> Iterator[Span]:
        """The open parts of a day: outside of the quiet hours, inside of the window."""
        window: Span = (self.send.window if self.send else None) or (begins_at, None)
        for opens, closes in _outside(self.quiet.customers):
            begins = max(opens, window[0])
            ends = min((one for one in (closes, window[1]) if one is not None), default=None)
            if ends is None or begins < ends:
                yield begins, ends


def _outside(quiet: tuple[dt.time, dt.time] | None) -> tuple[Span, ...]:
    if quiet is None:
        return ((_MIDNIGHT, None),)
    first, last = quiet
    if first > last:
        return ((last, first),)
    before: tuple[Span, ...] = ((_MIDNIGHT, first),) if first > _MIDNIGHT else ()
    return (*before, (last, None)) if last > _MIDNIGHT else before


def calendar_for(account: Account, contact: str, policy: Policy) -> Calendar:
    """The recipient's: country and zone of the contact, else of the account, else of the policy."""
    own = {name: value for name, (value, _) in account.contacts.get(contact, {}).items()}
    fields = {name: account.fields[name].values[-1] for name in ("country", "time_zone") if name in account.fields}
    country, zone = (_text(own.get(name)) or _text(fields.get(name)) for name in ("country", "time_zone"))
    return policy.calendar(country, zone if zone and is_time_zone(zone) else None)


def _text(value: Value | None) -> str | None:
    return value if isinstance(value, str) and value else None
