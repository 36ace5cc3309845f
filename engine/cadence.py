"""Cadences as an author writes them: "week on tuesday 10:00", "2 weeks", "month on first monday", "at once".

They are plain values; when one comes next on somebody's calendar is told by engine/recurring.py.
"""

from __future__ import annotations

import datetime as dt
import re
from difflib import get_close_matches
from typing import Annotated, Final, Literal, get_args

import pydantic

from engine.policy import DAYS
from engine.quantities import Refused, whole
from engine.run import Frozen

Period = Literal["day", "week", "month", "quarter", "year"]

PERIODS: Final[tuple[Period, ...]] = get_args(Period)
AT_ONCE: Final = "at once"
LONGEST: Final = 1000  # periods
_FORM: Final = (
    "Say a number and a period, perhaps with 'on …', a time and 'on a business day', as in 'week on tuesday 10:00'."
)
_CADENCE: Final = re.compile(
    r"(?P<count>\d+\s+)?(?P<period>[a-z]+)(?P<on>\s+on\s+(?!a\s+business\s+day)[a-z0-9,\s]*?[a-z0-9])??"
    r"(?P<time>\s+\d{1,2}:\d{2})?(?P<moved>\s+on\s+a\s+business\s+day)?"
)
_ORDINALS: Final = ("", "first", "second", "third", "fourth", "fifth")
_DAY: Final = re.compile(r"day\s+(\d+)")
_NTH: Final = re.compile(r"(first|last)\s+(\w+)")


class OnWeekdays(Frozen):
    """`on tuesday and thursday`; Monday = 0."""

    kind: Literal["weekdays"] = "weekdays"
    days: tuple[int, ...]

    def __str__(self) -> str:
        return " and ".join(DAYS[day] for day in self.days)


class OnDay(Frozen):
    """`on day 1` of the period's first month; a short month ends on its last."""

    kind: Literal["day"] = "day"
    day: Annotated[int, pydantic.Field(ge=1, le=31)]

    def __str__(self) -> str:
        return f"day {self.day}"


class OnNth(Frozen):
    """`on first monday`, `on last friday` of the period; without a weekday its first business day."""

    kind: Literal["nth"] = "nth"
    last: bool
    weekday: int | None

    def __str__(self) -> str:
        return f"{'last' if self.last else 'first'} {'business day' if self.weekday is None else DAYS[self.weekday]}"


# Constructed, not validated: validating builds a schema, and an import should build none.
FIRST_BUSINESS_DAY: Final = OnNth.model_construct(last=False, weekday=None)
On = Annotated[OnWeekdays | OnDay | OnNth, pydantic.Field(discriminator="kind")]


class Every(Frozen):
    """Each `count` periods; without `time` at the start of working hours."""

    kind: Literal["every"] = "every"
    count: Annotated[int, pydantic.Field(ge=1, le=LONGEST)] = 1
    period: Period
    on: On | None = None
    time: dt.time | None = None
    on_business_day: bool = False

    @property
    def anchored(self) -> bool:
        """Whether it counts from the playbook's anchor: the phase of several periods does."""
        return self.count > 1

    def __str__(self) -> str:
        words = f"{self.count} {self.period}s" if self.count > 1 else self.period
        on = f" on {self.on}" if self.on else ""
        time = f" {self.time:%H:%M}" if self.time else ""
        return f"{words}{on}{time}{' on a business day' if self.on_business_day else ''}"


class AtOnce(Frozen):
    """The next begins when the former ends."""

    kind: Literal["at once"] = "at once"

    @property
    def anchored(self) -> bool:
        return False

    def __str__(self) -> str:
        return AT_ONCE


class Recurrence(Frozen):
    """An RRULE of RFC 5545 that begins on the anchor's date."""

    kind: Literal["rrule"] = "rrule"
    rrule: str

    @property
    def anchored(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.rrule


Schedule = Annotated[Every | AtOnce | Recurrence, pydantic.Field(discriminator="kind")]


def parse_cadence(text: str, fiscal_year: int = 1) -> Every | AtOnce | Refused:
    """`fiscal_year` is the month in which it begins, for the rule that says what no cadence can."""
    words = " ".join(text.lower().split())
    if words == AT_ONCE:
        return AtOnce()
    found = _CADENCE.fullmatch(words)
    if not found:
        return Refused(f"'{text}' is not a cadence", _FORM)
    period = next((one for one in PERIODS if found["period"] in {one, f"{one}s"}), None)
    if period is None:
        return _no_period(text, found["period"])
    count, time = whole(found["count"] or "1"), _time(found["time"])
    if not 1 <= count <= LONGEST:
        return Refused(f"'{text}' cannot be", f"Say a number of {period}s from 1 to {LONGEST}.")
    if isinstance(time, Refused):
        return time
    on = _on(found["on"], period, fiscal_year)
    if isinstance(on, Refused):
        return on
    return Every(count=count, period=period, on=on, time=time, on_business_day=bool(found["moved"]))


def _no_period(text: str, word: str) -> Refused:
    close = get_close_matches(word, [*PERIODS, "daily", "weekly", "monthly", "quarterly", "yearly"], n=1)
    meant = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
    if not close:
        return Refused(f"'{text}': '{word}' is not a period", f"The periods are {', '.join(PERIODS)}. {_FORM}")
    return Refused(f"'{text}': '{word}' is not a period", f"Did you mean '{meant.get(close[0], close[0])}'?")


def _time(said: str | None) -> dt.time | Refused | None:
    if said is None:
        return None
    hour, minute = (int(part) for part in said.strip().split(":"))
    if hour > 23 or minute > 59:
        return Refused(f"'{said.strip()}' is not a time of day", "Write it as 09:30.")
    return dt.time(hour, minute)


def _on(said: str | None, period: Period, fiscal_year: int) -> OnWeekdays | OnDay | OnNth | Refused | None:
    words = said.strip().removeprefix("on").strip() if said else ""
    if not words:
        fix = "Say which day, as in 'quarter on day 1' or 'quarter on first monday'."
        return Refused("'quarter' does not say on which day", fix) if period == "quarter" else None
    if found := _DAY.fullmatch(words):
        return _on_day(whole(found[1]), period)
    if found := _NTH.fullmatch(words.replace("business day", "business_day")):
        return _on_nth(found[1] == "last", found[2], period)
    return _on_weekdays(words, period, fiscal_year)


def _on_day(day: int, period: Period) -> OnDay | Refused:
    if period in {"day", "week"}:
        return Refused(f"a {period} has no 'day {day}'", _fit(period))
    if not 1 <= day <= 31:
        return Refused(f"no month has a day {day}", "Say a day from 1 to 31; 31 is the last of every month.")
    return OnDay(day=day)


def _on_nth(last: bool, word: str, period: Period) -> OnNth | Refused:  # noqa: FBT001 - read off the author's word
    if period in {"day", "week"}:
        which = f"{'last' if last else 'first'} {word.replace('_', ' ')}"
        return Refused(f"a {period} has no '{which}' to choose", _fit(period))
    if word == "business_day":
        fix = "Say 'first business day'."
        return Refused("'last business day' is not a day that a cadence knows", fix) if last else FIRST_BUSINESS_DAY
    day = _weekday(word)
    return day if isinstance(day, Refused) else OnNth(last=last, weekday=day)


def _on_weekdays(words: str, period: Period, fiscal_year: int) -> OnWeekdays | Refused:
    if period != "week":
        return Refused(f"a {period} has no '{words}' to choose", _ordinal(words, period, fiscal_year) or _fit(period))
    days = [_weekday(word) for word in re.split(r"\s*(?:,|\band\b)\s*", words)]
    if wrong := next((one for one in days if isinstance(one, Refused)), None):
        return wrong
    known = sorted(one for one in days if isinstance(one, int))
    if len(set(known)) < len(known):
        return Refused(f"'{words}' names a day twice", "Take one away.")
    return OnWeekdays(days=tuple(known))


_MONTHS_BETWEEN = {"month": 1, "quarter": 3, "year": 12}


def _ordinal(words: str, period: Period, fiscal_year: int) -> str:
    """How to say "second tuesday", which is a rule's."""
    number, _, day = words.partition(" ")
    if number not in _ORDINALS or day not in DAYS or period not in _MONTHS_BETWEEN:
        return ""
    months = sorted((month - 1) % 12 + 1 for month in range(fiscal_year, fiscal_year + 12, _MONTHS_BETWEEN[period]))
    within = f";BYMONTH={','.join(map(str, months))}" if len(months) < 12 else ""
    rule = f"FREQ=MONTHLY{within};BYDAY={_ORDINALS.index(number)}{day[:2].upper()}"
    return f'Write {{rrule: "{rule}"}} in its place.'


def _weekday(word: str) -> int | Refused:
    if word in DAYS:
        return DAYS.index(word)
    close = get_close_matches(word, DAYS, n=1) or [day for day in DAYS if len(word) > 1 and day.startswith(word)]
    fix = f"Did you mean '{close[0]}'?" if close else f"The days are {', '.join(DAYS)}."
    return Refused(f"'{word}' is not a day of the week", fix)


def _fit(period: Period) -> str:
    match period:
        case "day":
            return "A day is not chosen; write 'week on tuesday and thursday', or take 'on …' away."
        case "week":
            return "Say days of the week, as in 'week on tuesday and thursday'."
        case _:
            return f"Say '{period} on day 1', '{period} on first monday' or '{period} on first business day'."
