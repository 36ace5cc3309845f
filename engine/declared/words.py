"""The small words of policy and people, each a type that reads itself or says what is wrong: zones, hours, days."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

from engine.calendar import is_country, is_time_zone
from engine.declared.expressions import as_percentage
from engine.declared.fields import NAME, is_email, is_url
from engine.languages import is_language
from engine.policy import DAYS, ID_HERE, MONTHS, Hours
from engine.problems import Refusal, suggest_or_list
from engine.quantities import Duration, Refused, parse_duration
from engine.validation import checked, shown
from engine.values import read_date

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[\u2013-]\s*([01]\d|2[0-3]):([0-5]\d)")
_ENVIRONMENT: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_CAP: Final = re.compile(r"([1-9]\d*) per (.+)")
_LONGEST_URL: Final = 200  # with what stands around it, many have room in one view
_NO_URL: Final = frozenset('<>|{}"')
_LONGEST_RANGE: Final = 3660  # days


def _zone(name: str) -> str:
    if not is_time_zone(name):
        raise Refusal(
            f"'{name}' is not a time zone", "Name one of the IANA data base, such as Europe/Berlin", "unknown-zone"
        )
    return name


def _country(code: str) -> str:
    if not is_country(code):
        fix = "Write two letters as in ISO 3166, such as US, or with its part, such as DE-BY"
        raise Refusal(f"'{code}' is not a country", fix, "unknown-country")
    return code


def _name(word: str) -> str:
    if not NAME.fullmatch(word):
        fix = "A name has small letters, digits and _ and begins with a letter"
        raise Refusal(f"'{word}' cannot be a name", fix, "invalid-name")
    return word


def _email(written: str) -> str:
    if not is_email(written):
        raise Refusal(f"'{written}' is not an email address", "Write it as ana@example.com", "email")
    return written


def _url(written: str) -> str:
    if not is_url(written):
        raise Refusal(f"'{written}' is not a web address", "Write it in full, with https:// before it", "url")
    return written


def _account_url(written: str) -> str:
    plain = written.replace(ID_HERE, "1")
    if written.count(ID_HERE) != 1 or not is_url(plain) or len(plain) > _LONGEST_URL or set(plain) & _NO_URL:
        fix = f"Write it in full, such as https://crm.example.com/accounts/{ID_HERE}"
        raise Refusal(f"'{written}' is not a web address with {ID_HERE} once where an account's id goes", fix, "url")
    return written


def _language(written: str) -> str:
    if not is_language(written):
        raise Refusal(f"'{written}' is not the code of a language", "Write it as de, or as de-CH", "language")
    return written


def _by_language(written: object) -> object:
    """A text that names no language is for all of them."""
    return written if isinstance(written, dict) else {"": written}


def _tag(written: str) -> str:
    return _language(written) if written else written


def _environment(written: str) -> str:
    if not _ENVIRONMENT.fullmatch(written):
        # The text is not shown again: it may be the secret itself.
        fix = "Write a name such as CRM_WEBHOOK_SECRET; the secret itself stands in no file"
        raise Refusal("this is not the name of an environment variable", fix, "environment-name")
    return written


def _duration(written: object) -> Duration:
    read = parse_duration(str(written)) if not isinstance(written, Duration) else written
    if isinstance(read, Refused):
        raise Refusal(read.message, read.fix, "duration")
    return read


def _lasting(written: object) -> Duration:
    read = _duration(written)
    if read.amount == 0:
        raise Refusal(f"'{read}' is no time at all", "Take it away, or write a longer time", "duration")
    return read


def _by_the_clock(written: object) -> Duration:
    read = _duration(written)
    if not read.is_clock:
        raise Refusal(f"'{read}' is not a time by the clock", "Say minutes or hours", "duration")
    return read


def _hours(written: object) -> Hours:
    found = _HOURS.fullmatch(written) if isinstance(written, str) else None
    if not found:
        raise Refusal(f"{shown(written)} is not a span of a day", "Write it as 09:00-17:00", "hours")
    first, last = dt.time(int(found[1]), int(found[2])), dt.time(int(found[3]), int(found[4]))
    if first == last:
        raise Refusal(f"{shown(written)} begins when it ends", "Give it a length, or take it away", "hours")
    return first, last


def _working_hours(written: object) -> Hours:
    first, last = _hours(written)
    if last < first:
        raise Refusal(f"{shown(written)} ends before it begins", "Working hours lie within one day", "hours")
    return first, last


def _send_window(written: object) -> Hours:
    first, last = _hours(written)
    if last < first:
        fix = "Write hours of one day, such as 09:00-17:00; the nights of customers are quiet_hours in policy.yaml"
        raise Refusal(f"{shown(written)} goes past midnight, and a send window lies within one day", fix, "hours")
    return first, last


def one_of(words: Iterable[str], noun: str) -> Callable[[Any], int]:
    """The place of a word among those that are known."""
    known = tuple(words)

    def index(word: Any) -> int:
        if word not in known:
            raise Refusal(f"{shown(word)} is not {noun}", suggest_or_list(str(word), known), "unknown-word")
        return known.index(word)

    return index


def _some(written: Any) -> Any:
    if written == []:
        raise Refusal("there is no working day at all", "Name some, such as monday", "working-days")
    return written


def _dates(written: Any) -> list[dt.date]:
    first, dots, last = str(written).partition("..")
    try:
        begin = read_date(first.strip())
        end = read_date(last.strip()) if dots else begin
    except ValueError as error:
        raise Refusal(str(error), "Write 2026-12-24, or 2026-12-24..2026-12-31", "date") from None
    if end < begin:
        raise Refusal(f"{written} ends before it begins", "Write the earlier day first", "date")
    if (end - begin).days > _LONGEST_RANGE:
        raise Refusal(f"{written} is longer than ten years", "Write a shorter one", "date")
    return [begin + dt.timedelta(n) for n in range((end - begin).days + 1)]


def _in_all(ranges: tuple[tuple[dt.date, ...], ...]) -> tuple[tuple[dt.date, ...], ...]:
    if sum(map(len, ranges)) > _LONGEST_RANGE:
        fix = "Say the days of the next years only; days on which nobody ever works are 'working_days'"
        raise Refusal("this is more than ten years of holidays in all", fix, "date")
    return ranges


def _date(written: Any) -> dt.date:
    try:
        return read_date(written if isinstance(written, str) else shown(written))
    except ValueError as error:
        raise Refusal(str(error), "", "date") from None


def _share(written: object) -> Decimal:
    found = as_percentage(written)
    if found is None or not 0 <= found <= 1:
        raise Refusal(f"{shown(written)} is not a share", "Write it as 5%", "percentage")
    return found


def _limit(written: Any) -> tuple[int, Duration]:
    found = _CAP.fullmatch(written) if isinstance(written, str) else None
    over = parse_duration(found[2]) if found else None
    if found and isinstance(over, Duration):
        return int(found[1]), over
    raise Refusal(f"{shown(written)} is not a cap", "Write it as 2 per 7 days", "cap")


Name = Annotated[str, checked(_name)]
Zone = Annotated[str, AfterValidator(_zone)]
Country = Annotated[str, AfterValidator(_country)]
Email = Annotated[str, checked(_email)]
Url = Annotated[str, checked(_url)]
AccountUrl = Annotated[str, checked(_account_url)]
Language = Annotated[str, checked(_language)]
Tag = Annotated[str, checked(_tag), AfterValidator(str.lower)]
ByLanguage = Annotated[dict[Tag, str], BeforeValidator(_by_language)]
"""One text for all languages, by the tag "", or one for each that is named, by their tags in lower case."""
Environment = Annotated[str, checked(_environment)]
Span = Annotated[Duration, BeforeValidator(_duration)]
Lasting = Annotated[Duration, BeforeValidator(_lasting)]
ClockSpan = Annotated[Duration, BeforeValidator(_by_the_clock)]
DaySpan = Annotated[Hours, BeforeValidator(_hours)]
SendWindow = Annotated[Hours, BeforeValidator(_send_window)]
WorkingHours = Annotated[Hours, BeforeValidator(_working_hours)]
Weekday = Annotated[int, BeforeValidator(one_of(DAYS, "a day of the week"))]
WorkingDays = Annotated[tuple[Weekday, ...], BeforeValidator(_some)]
Date = Annotated[dt.date, BeforeValidator(_date)]
Dates = Annotated[tuple[dt.date, ...], BeforeValidator(_dates)]
Holidays = Annotated[tuple[Dates, ...], AfterValidator(_in_all)]
Month = Annotated[int, BeforeValidator(one_of(MONTHS, "a month"))]
Limit = Annotated[tuple[int, Duration], BeforeValidator(_limit)]
Share = Annotated[Decimal, BeforeValidator(_share)]
