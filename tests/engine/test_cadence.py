"""Cadences: the grammar, and when they come, held against a walk from day to day."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cadence import AtOnce, Every, OnDay, OnNth, OnWeekdays, Recurrence, parse_cadence
from engine.calendar import Calendar
from engine.quantities import Refused
from engine.recurring import Phase, next_after
from engine.rules import parse_rule

UTC = dt.UTC
MONDAY = dt.datetime(2026, 3, 2, 14, tzinfo=UTC)
NEW_YORK = Calendar("America/New_York", "US")


def every(text: str) -> Every:
    found = parse_cadence(text)
    assert isinstance(found, Every), found
    return found


def coming(
    text: str, count: int, start: dt.datetime = MONDAY, calendar: Calendar = NEW_YORK, anchor=None, fiscal_year: int = 1
) -> list[str]:
    """The first few local times behind `start`."""
    rule = parse_rule(text) if "FREQ" in text else every(text)
    assert isinstance(rule, Every | Recurrence), rule
    phase, found, at = Phase(start, anchor or start, fiscal_year), [], start
    for _ in range(count):
        at = next_after(rule, at, phase, calendar)
        assert at is not None
        found.append(calendar.local(at).strftime("%a %Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("week", ["Mon 2026-03-09 09:00", "Mon 2026-03-16 09:00"]),
        ("day 16:30", ["Mon 2026-03-02 16:30", "Tue 2026-03-03 16:30"]),
        ("day 09:00", ["Tue 2026-03-03 09:00", "Wed 2026-03-04 09:00"]),
        ("2 weeks", ["Mon 2026-03-16 09:00", "Mon 2026-03-30 09:00"]),
        ("2 weeks on thursday", ["Thu 2026-03-05 09:00", "Thu 2026-03-19 09:00"]),
        ("week on tuesday and thursday 10:00", ["Tue 2026-03-03 10:00", "Thu 2026-03-05 10:00"]),
        ("month", ["Thu 2026-04-02 09:00", "Sat 2026-05-02 09:00"]),
        ("month on day 31", ["Tue 2026-03-31 09:00", "Thu 2026-04-30 09:00"]),
        ("month on first monday", ["Mon 2026-04-06 09:00", "Mon 2026-05-04 09:00"]),
        ("month on last friday", ["Fri 2026-03-27 09:00", "Fri 2026-04-24 09:00"]),
        ("month on first business day", ["Wed 2026-04-01 09:00", "Fri 2026-05-01 09:00"]),
        ("month on day 4 on a business day", ["Wed 2026-03-04 09:00", "Mon 2026-04-06 09:00"]),
        ("quarter on day 1", ["Wed 2026-04-01 09:00", "Wed 2026-07-01 09:00"]),
        ("year", ["Tue 2027-03-02 09:00", "Thu 2028-03-02 09:00"]),
        ("year on first monday", ["Mon 2027-01-04 09:00", "Mon 2028-01-03 09:00"]),
        ("FREQ=MONTHLY;BYDAY=2TU", ["Tue 2026-03-10 09:00", "Tue 2026-04-14 09:00"]),
        ("FREQ=WEEKLY;BYHOUR=9,15", ["Mon 2026-03-02 15:00", "Mon 2026-03-09 09:00"]),
        ("FREQ=WEEKLY;INTERVAL=2", ["Mon 2026-03-16 09:00", "Mon 2026-03-30 09:00"]),
    ],
)
def test_a_cadence_comes_when_its_words_say(text, local):
    assert coming(text, 2) == local


def test_the_fiscal_year_moves_quarters_and_years():
    assert coming("quarter on day 1", 2, fiscal_year=2) == ["Fri 2026-05-01 09:00", "Sat 2026-08-01 09:00"]
    assert coming("year on day 1", 1, fiscal_year=2) == ["Mon 2027-02-01 09:00"]


def test_a_time_that_the_clocks_leave_out_moves_on_with_them():
    assert coming("week on sunday 02:30", 1) == ["Sun 2026-03-08 03:30"]


def test_a_time_that_comes_twice_is_the_first():
    autumn = dt.datetime(2026, 10, 31, 12, tzinfo=UTC)
    at = next_after(every("day 01:30"), autumn, Phase(autumn, autumn), NEW_YORK)

    assert at == dt.datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_several_periods_keep_the_phase_of_the_anchor_however_late_the_step_is_reached():
    assert coming("2 weeks", 1, anchor=dt.date(2026, 2, 18)) == ["Wed 2026-03-04 09:00"]
    assert coming("3 months", 1, anchor=dt.date(2026, 6, 30)) == ["Mon 2026-03-30 09:00"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weekly", "'weekly': 'weekly' is not a period. Did you mean 'week'?"),
        ("quarter", "'quarter' does not say on which day"),
        ("day on tuesday", "a day has no 'tuesday' to choose"),
        ("week on day 3", "a week has no 'day 3'"),
        ("month on tuesday", "a month has no 'tuesday' to choose"),
        ("week on tusday", "'tusday' is not a day of the week. Did you mean 'tuesday'?"),
        ("week on monday and monday", "'monday and monday' names a day twice"),
        ("week on monday 25:00", "'25:00' is not a time of day"),
        ("month on day 32", "no month has a day 32"),
        ("0 weeks", "'0 weeks' cannot be. Say a number of weeks from 1 to 1000."),
        (f"{'9' * 5000} weeks", "cannot be"),
        (f"month on day {'9' * 5000}", "no month has a day"),
        ("now and then", "'now and then' is not a cadence"),
    ],
)
def test_what_is_no_cadence_says_what_to_write(text, said):
    found = parse_cadence(text)

    assert isinstance(found, Refused)
    assert said in f"{found.message}. {found.fix}"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("month on second tuesday", "FREQ=MONTHLY;BYDAY=2TU"),
        ("quarter on second tuesday", "FREQ=MONTHLY;BYMONTH=2,5,8,11;BYDAY=2TU"),
        ("year on second tuesday", "FREQ=MONTHLY;BYMONTH=2;BYDAY=2TU"),
    ],
)
def test_the_rule_that_is_proposed_begins_with_the_fiscal_year(text, rule):
    found = parse_cadence(text, fiscal_year=2)

    assert isinstance(found, Refused)
    assert f'Write {{rrule: "{rule}"}}' in found.fix


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=WEEKLY;INTERVAL=0", "'INTERVAL=0' cannot be. Say a number from 1 to 1000."),
        ("FREQ=WEEKLY;INTERVAL=-1", "'INTERVAL=-1' cannot be"),
        (f"FREQ=WEEKLY;COUNT={'9' * 5000}", "cannot be. Say a number from 1 to 1000."),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20270101", "an RRULE has either COUNT or UNTIL"),
        ("FREQ=WEEKLY;UNTIL=20270230", "'UNTIL=20270230' is no day or instant"),
        ("FREQ=WEEKLY;FREQ=DAILY", "is not an RRULE"),
        ("FREQ=DAILY;BYMINUTE=0,30", "a cadence comes once an hour at most. Give BYMINUTE one number."),
        ("FREQ=HOURLY", "a cadence is of days and their hours, so FREQ=HOURLY cannot be. Use FREQ=DAILY"),
        ("FREQ=WEEKLYY", "'FREQ=WEEKLYY' is not an RRULE"),
        ("nonsense", "'nonsense' is not an RRULE"),
        ("FREQ=DAILY;EXDATE=20260305", "an RRULE has no part 'EXDATE'"),
        ("FREQ=DAILY;INTERVALL=2", "an RRULE has no part 'INTERVALL'. Did you mean 'INTERVAL'?"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' never comes"),
    ],
)
def test_a_rule_that_cannot_be_says_so(rule, said):
    found = parse_rule(rule)

    assert isinstance(found, Refused)
    assert said in f"{found.message}. {found.fix}"


def test_a_rule_counts_from_its_anchor_however_far_away_that_is():
    last = coming("FREQ=WEEKLY;COUNT=3", 1, anchor=dt.date(2026, 2, 23))

    assert last == ["Mon 2026-03-09 09:00"]
    assert coming("FREQ=YEARLY", 1, anchor=dt.date(1950, 5, 1)) == ["Fri 2026-05-01 09:00"]
    assert coming("FREQ=DAILY", 1, anchor=dt.date(1, 1, 1)) == ["Tue 2026-03-03 09:00"]
    assert coming("FREQ=YEARLY", 1, anchor=dt.date(9999, 12, 31)) == ["Fri 9999-12-31 09:00"]


# --- laws

ZONES = st.sampled_from(
    [("America/New_York", "US"), ("Europe/Berlin", "DE-BY"), ("Australia/Lord_Howe", "AU"), ("Africa/Cairo", "EG"),
     ("Pacific/Apia", "WS"), ("Asia/Kolkata", "IN"), ("America/Sao_Paulo", "BR")]
)  # fmt: skip
TIMES = st.sampled_from([None, dt.time(0), dt.time(2, 30), dt.time(1, 30), dt.time(9, 15), dt.time(23, 59)])
WEEKDAYS = st.integers(0, 6)
LONG = st.sampled_from(["month", "quarter", "year"])


@st.composite
def cadences(draw: st.DrawFn) -> Every:
    period = draw(st.sampled_from(["day", "week", "month", "quarter", "year"]))
    nth = st.builds(OnNth, last=st.booleans(), weekday=WEEKDAYS)
    days = st.sets(WEEKDAYS, min_size=1, max_size=3).map(lambda found: OnWeekdays(days=tuple(sorted(found))))
    long = st.one_of(st.integers(1, 31).map(lambda day: OnDay(day=day)), nth, st.just(OnNth(last=False, weekday=None)))
    on = {"day": st.none(), "week": st.one_of(st.none(), days), "quarter": long}.get(period, st.one_of(st.none(), long))
    return Every(
        count=draw(st.integers(1, 4)), period=period, on=draw(on), time=draw(TIMES), on_business_day=draw(st.booleans())
    )


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    zone, country = draw(ZONES)
    closed = draw(
        st.sampled_from([frozenset(), frozenset(dt.date(2026, 8, 1) + dt.timedelta(one) for one in range(20))])
    )
    return Calendar(zone, country, closed=closed)


INSTANTS = st.integers(0, 3 * 365 * 24).map(
    lambda hours: dt.datetime(2024, 6, 1, tzinfo=UTC) + dt.timedelta(hours=hours)
)
ANCHORS = st.integers(-500, 500).map(lambda days: dt.date(2025, 6, 1) + dt.timedelta(days))


@settings(deadline=None, max_examples=300)
@given(cadences())
def test_a_cadence_reads_back_what_it_says(cadence):
    assert parse_cadence(str(cadence)) == cadence
    assert parse_cadence("at once") == AtOnce()


@settings(deadline=None, max_examples=300)
@given(cadences(), INSTANTS, st.integers(0, 400), ANCHORS, calendars(), st.integers(1, 12))
def test_the_next_is_what_a_walk_from_day_to_day_finds(cadence, reached, later, anchor, calendar, fiscal_year):
    phase, instant = Phase(reached, anchor, fiscal_year), reached + dt.timedelta(hours=later)

    found = next_after(cadence, instant, phase, calendar)

    assert found == walked(cadence, instant, phase, calendar)


def walked(cadence: Every, instant: dt.datetime, phase: Phase, calendar: Calendar) -> dt.datetime:
    time = cadence.time or calendar.hours[0]
    date = calendar.date_of(instant) - dt.timedelta(60)
    while True:
        date += dt.timedelta(1)
        if not is_one(cadence, date, phase, calendar):
            continue
        moved = date
        while cadence.on_business_day and not calendar.is_working(moved):
            moved += dt.timedelta(1)
        if (at := clocked(moved, time, calendar.zone)) > instant:
            return at


def is_one(cadence: Every, date: dt.date, phase: Phase, calendar: Calendar) -> bool:
    """Whether the date is one of the cadence's own, before it is moved."""
    reached = calendar.date_of(phase.reached)
    base = phase.anchor if cadence.count > 1 else reached
    assert not isinstance(base, dt.datetime)
    if cadence.on is None and date <= reached and (cadence.period, cadence.count) != ("day", 1):
        return False
    if cadence.on is None and cadence.period in {"day", "week"}:
        return (date - base).days % (cadence.count * {"day": 1, "week": 7}[cadence.period]) == 0
    if cadence.on is None:
        months = (date.year - base.year) * 12 + date.month - base.month
        return months % (cadence.count * {"month": 1, "year": 12}[cadence.period]) == 0 and is_day(date, base.day)
    mine, theirs = (number(cadence.period, one, phase.fiscal_year) for one in (date, base))
    return (mine - theirs) % cadence.count == 0 and is_chosen(cadence, date, phase.fiscal_year, calendar)


def is_day(date: dt.date, day: int) -> bool:
    return date.day == day or (date.day < day and (date + dt.timedelta(1)).day == 1)


def number(period: str, date: dt.date, fiscal_year: int) -> int:
    if period == "week":
        return (date - dt.timedelta(date.weekday()) - dt.date(2001, 1, 1)).days // 7
    months = date.year * 12 + date.month - 1
    return {"month": months, "quarter": (months - fiscal_year + 1) // 3, "year": (months - fiscal_year + 1) // 12}[
        period
    ]


def is_chosen(cadence: Every, date: dt.date, fiscal_year: int, calendar: Calendar) -> bool:
    def same(other: dt.date) -> bool:
        return number(cadence.period, other, fiscal_year) == number(cadence.period, date, fiscal_year)

    match cadence.on:
        case OnWeekdays(days=days):
            return date.weekday() in days
        case OnDay(day=day):
            return is_day(date, day) and not same(date.replace(day=1) - dt.timedelta(1))
        case OnNth(last=False, weekday=int(weekday)):
            return date.weekday() == weekday and not same(date - dt.timedelta(7))
        case OnNth(weekday=int(weekday)):
            return date.weekday() == weekday and not same(date + dt.timedelta(7))
    return is_first_business_day(date, same, calendar)


def is_first_business_day(date: dt.date, same, calendar: Calendar) -> bool:
    """No period begins between the last working day before it and itself, but the one whose first this is."""
    if not calendar.is_working(date):
        return False
    before = date - dt.timedelta(1)
    while not calendar.is_working(before):
        before -= dt.timedelta(1)
    return not same(before)


def clocked(date: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """The first instant at which a clock in that zone shows it; as much later as the clocks leap over it."""
    naive, there = dt.datetime.combine(date, time), ZoneInfo(zone)
    offsets = [(naive + dt.timedelta(days=by)).replace(tzinfo=there).utcoffset() for by in (-2, 2)]
    shown = [naive.replace(tzinfo=UTC) - offset for offset in offsets if offset is not None]
    true = [one for one in shown if one.astimezone(there).replace(tzinfo=None) == naive]
    return min(true) if true else shown[0]
