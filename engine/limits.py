"""How often one account may enter a playbook, and how many in an hour, day, week or month may."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Final, Literal, get_args

from pydantic import Field

from engine.calendar import Calendar
from engine.quantities import Duration, Refused
from engine.run import Frozen

Period = Literal["hour", "day", "week", "month"]

PERIODS: Final[tuple[Period, ...]] = get_args(Period)
_LIMIT: Final = re.compile(r"(?P<count>\d+)\s+(?:per|a|an)\s+(?P<period>hour|day|week|month)")


class Again(Frozen):
    """How often something may come: after its last end, and how many times in all."""

    mode: Literal["never", "always", "after"] = "never"
    after: Duration | None = None
    at_most: int | None = None


class Limit(Frozen):
    """At most `count` starts in a period of the policy's calendar."""

    count: int = Field(ge=1, le=1_000_000)
    period: Period

    def __str__(self) -> str:
        return f"{self.count} per {self.period}"


def parse_limit(text: str) -> Limit | Refused:
    match = _LIMIT.fullmatch(text.strip())
    if match is None:
        return Refused(f"'{text}' does not say how many may start", "Write a number and a period, as in '50 per day'.")
    count = int(match["count"][:8])
    if not 1 <= count <= 1_000_000:
        return Refused(f"'{text}': a limit is a number from 1 to 1000000", "Write, for example, '50 per day'.")
    return Limit(count=count, period=next(one for one in PERIODS if one == match["period"]))


def began(period: Period, calendar: Calendar, now: datetime) -> datetime:
    """When the hour, day, week (from Monday) or month began that `now` lies in, on the local clock."""
    local = calendar.local(now)
    if period == "hour":
        # By what has passed of it: an hour that a clock change repeats is two.
        return now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    date = local.date()
    back = {"day": 0, "week": date.weekday(), "month": date.day - 1}[period]
    return calendar.at(date - timedelta(days=back), time())
