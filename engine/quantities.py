"""Durations and moments as an author writes them: "3 business days", "day 30", "30 days before account.renewal_date".

They are plain values; what they come to on somebody's calendar is told by engine/calendar.py.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Final, Literal, Self, get_args

import pydantic
from pydantic import BaseModel, ConfigDict

Unit = Literal["second", "minute", "hour", "day", "week", "month", "year", "business day"]

UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
CLOCK_SECONDS: Final[dict[str, int]] = {"second": 1, "minute": 60, "hour": 3600}
# Only to bound what may be written: nothing is ever scheduled by these.
_ROUGH_DAYS: Final[dict[str, Decimal]] = {
    "second": Decimal(1) / 86400,
    "minute": Decimal(1) / 1440,
    "hour": Decimal(1) / 24,
    "day": Decimal(1),
    "week": Decimal(7),
    "month": Decimal(30),
    "year": Decimal(365),
    "business day": Decimal(1),
}
_LONGEST_DAYS: Final = 100 * 365
_DIGITS: Final = 20
_ALSO_CALLED: Final[dict[str, str]] = {
    "s": "second", "sec": "second", "secs": "second", "m": "minute", "min": "minute", "mins": "minute", "h": "hour",
    "hr": "hour", "hrs": "hour", "d": "day", "w": "week", "wk": "week", "wks": "week", "mo": "month", "y": "year",
    "yr": "year", "yrs": "year", "working day": "business day", "working days": "business day",
    "workday": "business day", "workdays": "business day", "weekday": "business day", "weekdays": "business day",
}  # fmt: skip

_DURATION = re.compile(r"(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>[^\W\d].*)")
_DAY_OF = re.compile(r"day\s+(?P<day>[+-]?\d+)")
_AROUND = re.compile(r"(?P<amount>\d.*?)\s+(?P<side>before|after)\s+(?P<path>\S.*)")
SOME_DATE: Final = "account.…"
"""Stands in what is to be done for a date of the vocabulary."""
_PATH = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)+")
_RECKONED = re.compile(rf"(?P<path>{_PATH.pattern})\s*(?P<sign>[-+])\s*(?P<amount>\d+ [a-z]+(?: [a-z]+)?)")
_DATED = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_ON_A_BUSINESS_DAY = re.compile(r"\s+on a business day$")


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that is not what was due; both are sentences for its author."""

    message: str
    fix: str


class _Quantity(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Duration(_Quantity):
    """At most a hundred years, never below zero; days and longer come whole."""

    kind: Literal["duration"] = "duration"
    amount: int | Decimal
    unit: Unit

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        if fault := _unfit(Decimal(self.amount), self.unit):
            raise ValueError(fault)
        return self

    @property
    def is_clock(self) -> bool:
        return self.unit in CLOCK_SECONDS

    @property
    def clock(self) -> dt.timedelta:
        """The exact length of a clock duration."""
        seconds = Decimal(self.amount) * CLOCK_SECONDS[self.unit]
        return dt.timedelta(microseconds=int((seconds * 1_000_000).to_integral_value()))

    @property
    def whole(self) -> int:
        """The amount of a calendar duration, which is always whole."""
        return int(self.amount)

    def __str__(self) -> str:
        return f"{self.amount} {self.unit if self.amount == 1 else self.unit + 's'}"


class DayOf(_Quantity):
    """`day 30`: counted from the anchor's date; may be negative."""

    kind: Literal["day"] = "day"
    day: Annotated[int, pydantic.Field(ge=-_LONGEST_DAYS, le=_LONGEST_DAYS)]
    on_business_day: bool = False

    def __str__(self) -> str:
        return f"day {self.day}{_suffix(self.on_business_day)}"


class Around(_Quantity):
    """`30 days before account.renewal_date`."""

    kind: Literal["around"] = "around"
    amount: Duration
    before: bool
    path: str
    on_business_day: bool = False

    def __str__(self) -> str:
        return f"{self.amount} {'before' if self.before else 'after'} {self.path}{_suffix(self.on_business_day)}"


class Field(_Quantity):
    """`account.renewal_date`: the date or instant that stands there."""

    kind: Literal["field"] = "field"
    path: str
    on_business_day: bool = False

    def __str__(self) -> str:
        return f"{self.path}{_suffix(self.on_business_day)}"


class At(_Quantity):
    kind: Literal["at"] = "at"
    instant: pydantic.AwareDatetime

    def __str__(self) -> str:
        return self.instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


class OnDate(_Quantity):
    kind: Literal["date"] = "date"
    date: dt.date
    on_business_day: bool = False

    def __str__(self) -> str:
        return f"{self.date.isoformat()}{_suffix(self.on_business_day)}"


Moment = Annotated[Duration | DayOf | Around | Field | At | OnDate, pydantic.Field(discriminator="kind")]


def parse_duration(text: str) -> Duration | Refused:
    text = text.strip()
    found = _DURATION.fullmatch(text)
    if not found:
        return _no_duration(text)
    unit = _unit(found["unit"])
    amount = Decimal(found["amount"])
    if unit is None:
        return _no_unit(text, found["amount"], found["unit"])
    if fault := _unfit(amount, unit):
        return Refused(f"'{text}' cannot be: {fault}", _smaller(amount, unit))
    return Duration(amount=int(amount) if amount == amount.to_integral_value() else amount, unit=unit)


def parse_moment(text: str) -> Duration | DayOf | Around | Field | At | OnDate | Refused:
    text = text.strip()
    rest = _ON_A_BUSINESS_DAY.sub("", text)
    moved = rest != text
    if found := _DAY_OF.fullmatch(rest):
        return _day_of(text, whole(found["day"]), moved=moved)
    if found := _AROUND.fullmatch(rest):
        return _around(found["amount"], found["side"], found["path"], moved=moved)
    if _PATH.fullmatch(rest):
        return Field(path=rest, on_business_day=moved)
    if found := _RECKONED.fullmatch(rest):
        side = "before" if found["sign"] == "-" else "after"
        return Refused(f"'{text}' is a calculation", f"Write '{found['amount']} {side} {found['path']}'.")
    if _DATED.match(rest):
        return _dated(text, rest, moved=moved)
    if moved:
        said = f"'{text}': only a day can be moved to a business day"
        return Refused(said, "Say '3 business days' or 'day 3 on a business day'.")
    return parse_duration(text)


def whole(digits: str) -> int:
    """What has more digits than anybody counts is out of every range, and is not read to its end."""
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS


def _unit(word: str) -> Unit | None:
    word = " ".join(word.split())
    return next((unit for unit in UNITS if word in {unit, unit + "s"}), None)


def _unfit(amount: Decimal, unit: Unit) -> str | None:
    if not amount.is_finite() or amount < 0:
        return "a duration is never negative"
    if unit not in CLOCK_SECONDS and amount != amount.to_integral_value():
        return f"{unit}s are counted whole"
    if amount * _ROUGH_DAYS[unit] > _LONGEST_DAYS:
        return "the longest duration is 100 years"
    return None


def _smaller(amount: Decimal, unit: Unit) -> str:
    if amount * _ROUGH_DAYS[unit] > _LONGEST_DAYS:
        return "Say a shorter one."
    return f"Say '{int(amount)} {unit}s', or use hours or minutes for a part of a day."


def _no_duration(text: str) -> Refused:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        day = "day" if text == "1" else "days"
        return Refused(f"'{text}' lacks its unit", f"Say '{text} {day}', or another unit: {', '.join(UNITS)}.")
    if re.match(r"-\s*\d", text):
        return Refused(f"'{text}' cannot be: a duration is never negative", "Take the minus away.")
    return Refused(f"'{text}' is not a duration", "Say a number and a unit, as in '3 business days' or '48 hours'.")


def _no_unit(text: str, amount: str, word: str) -> Refused:
    word = " ".join(word.lower().split())
    if word in {"quarter", "quarters"}:
        return Refused(f"'{text}': '{word}' is not a unit of time", f"Say '{Decimal(amount) * 3:f} months'.")
    close = get_close_matches(word, [*UNITS, *(unit + "s" for unit in UNITS)], n=1)
    meant = _ALSO_CALLED.get(word) or (close[0] if close else None)
    if meant is None:
        return Refused(f"'{text}': '{word}' is not a unit of time", f"The units are {', '.join(UNITS)}.")
    unit = meant.removesuffix("s") + ("" if amount == "1" else "s")
    return Refused(f"'{text}': '{word}' is not a unit of time", f"Did you mean '{amount} {unit}'?")


def _day_of(text: str, day: int, *, moved: bool) -> DayOf | Refused:
    if abs(day) > _LONGEST_DAYS:
        return Refused(f"'{text}' is too far away", "Say a day within 100 years of the anchor.")
    return DayOf(day=day, on_business_day=moved)


def _around(amount: str, side: str, path: str, *, moved: bool) -> Around | Refused:
    duration = parse_duration(amount)
    if isinstance(duration, Refused):
        return duration
    if _PATH.fullmatch(path):
        return Around(amount=duration, before=side == "before", path=path, on_business_day=moved)
    fix = f"Say whose it is as well, as in {SOME_DATE}."
    return Refused(f"'{path}' is not the name of a date", fix)


def _dated(text: str, rest: str, *, moved: bool) -> At | OnDate | Refused:
    form = "Write a date as 2026-03-05, an instant as 2026-03-05T09:00:00Z."
    try:
        if len(rest) <= 10:
            return OnDate(date=dt.date.fromisoformat(rest), on_business_day=moved)
        instant = dt.datetime.fromisoformat(rest)
        if moved:
            return Refused(f"'{text}': an instant is not moved to a business day", "Give the date alone.")
        if instant.tzinfo is None:
            fix = f"Say '{rest}Z' for UTC, or add the offset, as in '{rest}+02:00'."
            return Refused(f"'{text}' lacks its time zone", fix)
        return At(instant=instant.astimezone(dt.UTC))
    except (ValueError, OverflowError):
        return Refused(f"'{text}' is neither a date nor an instant", form)


def _suffix(on_business_day: bool) -> str:  # noqa: FBT001 - the one thing that it words
    return " on a business day" if on_business_day else ""
