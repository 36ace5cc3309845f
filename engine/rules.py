"""Rules of RFC 5545: what an author may write, and when one comes next on somebody's calendar.

A rule begins on the anchor's date and comes once an hour at most. Its COUNT and UNTIL are taken from the text and held
here, since what reads the rest looks for occurrences until they are over.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import dropwhile, islice
from typing import TYPE_CHECKING, Final

from engine.cadence import LONGEST, Recurrence
from engine.calendar import Calendar
from engine.problems import suggest_or_list
from engine.quantities import Refused

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_DAY: Final = dt.timedelta(1)
# So long a rule is looked for until it is said never to come: the longest that a date of the calendar takes to return.
_HORIZON_YEARS: Final = 60
# After so many years the calendar's dates fall on the same days of the week: a rule whose anchor lies further back than
# that begins later by as much, or it would be walked through from there.
_SAME_AGAIN: Final = 400
# Some local time to try rules at.
_SAMPLE: Final = dt.datetime(2024, 1, 1, 9)  # noqa: DTZ001
_FIRST: Final = dt.datetime.min  # noqa: DTZ901 - local times have no zone
_LAST: Final = dt.datetime.max  # noqa: DTZ901
_PART: Final = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
_UNTIL: Final = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_PARTS: Final = (
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND",
    "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER", "WKST",
)  # fmt: skip
_ENDING: Final = re.compile(r"\b(COUNT|UNTIL)=")
_FORM: Final = "Write it as in 'FREQ=MONTHLY;BYDAY=2TU'."
_ONCE_AN_HOUR: Final = "a cadence comes once an hour at most"


def parse_rule(text: str) -> Recurrence | Refused:
    words = text.strip().upper().removeprefix("RRULE:")
    parts = _parts(words)
    if parts is None:
        return Refused(f"'{text}' is not an RRULE", _FORM)
    if refused := _no_part(parts) or _too_often(parts) or _no_end(parts):
        return refused
    if (interval := parts.get("INTERVAL")) is not None and not _counts(interval):
        return Refused(f"'INTERVAL={interval}' cannot be", f"Say a number from 1 to {LONGEST}.")
    try:
        found = _rule(_unending(parts), _SAMPLE, _SAMPLE.year + _HORIZON_YEARS).after(_SAMPLE - _DAY)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        return Refused(f"'{text}' is not an RRULE", _FORM)
    return Recurrence(rrule=words) if found else Refused(f"'{text}' never comes", "Change it, or take the step away.")


def ends(recurrence: Recurrence) -> bool:
    """Whether it says itself when it is over."""
    return bool({"COUNT", "UNTIL"} & _known(recurrence).keys())


def says_an_end(schedule: object) -> bool:
    """Whether a rule that cannot be read means to be over by itself: of that nothing more is told."""
    return isinstance(schedule, dict) and _ENDING.search(str(schedule.get("rrule", "")).upper()) is not None


def counted(recurrence: Recurrence) -> bool:
    """Whether it is over after so many occurrences."""
    return "COUNT" in _known(recurrence)


def next_by_rule(
    recurrence: Recurrence, instant: dt.datetime, anchor: dt.date, behind: dt.datetime | None, calendar: Calendar
) -> dt.datetime | None:
    """The first occurrence after the instant; None when none ever comes. Only those `behind` that instant count, if it
    is given. Local times go by the calendar: one that the clocks leave out moves on with them.
    """
    parts, local = _known(recurrence), _local(instant, calendar)
    begin = _near(dt.datetime.combine(anchor, calendar.hours[0]), local)
    rule = _rule(_unending(parts), begin, min(_decade(max(begin, local)) + _HORIZON_YEARS, dt.MAXYEAR))
    last = _last(rule, parts, _local(behind, calendar) if behind else _FIRST)
    found = rule.after(max(local, _FIRST + _DAY) - _DAY)
    while found is not None and found <= last:
        at = calendar.at(found.date(), found.time())
        if at > instant:
            return None if _is_over(parts, found, at) else at
        found = rule.after(found)
    return None


def _local(instant: dt.datetime, calendar: Calendar) -> dt.datetime:
    return calendar.local(instant).replace(tzinfo=None)


def _near(begin: dt.datetime, local: dt.datetime) -> dt.datetime:
    cycles = max(0, local.year - begin.year) // _SAME_AGAIN
    return begin.replace(year=begin.year + cycles * _SAME_AGAIN)


def _decade(local: dt.datetime) -> int:
    """One rule serves all the instants of some years."""
    return local.year // 10 * 10 + 10


# --- its parts


def _known(recurrence: Recurrence) -> Mapping[str, str]:
    return _parts(recurrence.rrule) or {}


def _parts(words: str) -> dict[str, str] | None:
    """None where it is not made of parts, each of them there once."""
    found = [_PART.fullmatch(part) for part in words.split(";")]
    parts = {one[1]: one[2] for one in found if one}
    return parts if len(parts) == len(found) else None


def _counts(said: str) -> bool:
    return said.isdecimal() and len(said) <= len(str(LONGEST)) and 1 <= int(said) <= LONGEST


def _no_part(parts: Mapping[str, str]) -> Refused | None:
    wrong = next((key for key in parts if key not in _PARTS), None)
    return Refused(f"an RRULE has no part '{wrong}'", suggest_or_list(wrong, _PARTS)) if wrong else None


def _too_often(parts: Mapping[str, str]) -> Refused | None:
    if (often := parts.get("FREQ")) in {"HOURLY", "MINUTELY", "SECONDLY"}:
        fix = "Use FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, with hours such as BYHOUR=9,15."
        return Refused(f"a cadence is of days and their hours, so FREQ={often} cannot be", fix)
    several = next((key for key in ("BYMINUTE", "BYSECOND") if "," in parts.get(key, "")), None)
    return Refused(_ONCE_AN_HOUR, f"Give {several} one number.") if several else None


def _no_end(parts: Mapping[str, str]) -> Refused | None:
    """Why it cannot be over when it says."""
    count, until = parts.get("COUNT"), parts.get("UNTIL")
    if count is not None and until is not None:
        return Refused("an RRULE has either COUNT or UNTIL", "Take one of them away.")
    if count is not None and not _counts(count):
        return Refused(f"'COUNT={count}' cannot be", f"Say a number from 1 to {LONGEST}.")
    if until is not None and _read_until(until) is None:
        return Refused(f"'UNTIL={until}' is no day or instant", "Write UNTIL=20261231, or UNTIL=20261231T170000Z.")
    return None


def _read_until(said: str) -> dt.datetime | None:
    """Aware where it says Z, else a local time; a day counts whole."""
    found = _UNTIL.fullmatch(said)
    if found is None:
        return None
    try:
        read = dt.datetime.strptime(found[1] + (found[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    return read.replace(tzinfo=dt.UTC) if found[3] else read


def _is_over(parts: Mapping[str, str], local: dt.datetime, at: dt.datetime) -> bool:
    until = _read_until(parts["UNTIL"]) if "UNTIL" in parts else None
    return until is not None and (at if until.tzinfo else local) > until


# --- its occurrences


def _unending(parts: Mapping[str, str]) -> str:
    return ";".join(f"{key}={value}" for key, value in parts.items() if key not in {"COUNT", "UNTIL"})


def _last(rule: rrule, parts: Mapping[str, str], behind: dt.datetime) -> dt.datetime:
    """The local time of the last that COUNT allows."""
    count = int(parts["COUNT"]) if "COUNT" in parts else 0
    coming = dropwhile(lambda one: one <= behind, rule)
    return next(islice(coming, count - 1, None), _LAST) if count else _LAST


@lru_cache(maxsize=1024)
def _rule(text: str, begin: dt.datetime, last_year: int) -> rrule:
    """Up to that year."""
    from dateutil.rrule import rrule, rrulestr

    made = rrulestr(text, dtstart=begin)
    if not isinstance(made, rrule):
        raise ValueError(text)  # noqa: TRY004 - several rules in one are no other type, but not one rule
    return made.replace(until=begin.replace(year=max(last_year, begin.year), month=12, day=31), cache=True)
