from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from engine.quantities import (
    UNITS,
    Around,
    At,
    DayOf,
    Duration,
    Field,
    Moment,
    OnDate,
    Refused,
    parse_duration,
    parse_moment,
)

MOMENTS: TypeAdapter[Moment] = TypeAdapter(Moment)

durations = st.builds(Duration, amount=st.integers(0, 90), unit=st.sampled_from(UNITS))
paths = st.sampled_from(["account.renewal_date", "item.due", "metrics.first_value.value"])
moments = st.one_of(
    durations,
    st.builds(DayOf, day=st.integers(-400, 400), on_business_day=st.booleans()),
    st.builds(Around, amount=durations, before=st.booleans(), path=paths, on_business_day=st.booleans()),
    st.builds(Field, path=paths, on_business_day=st.booleans()),
    st.builds(At, instant=st.datetimes(timezones=st.just(UTC))),
    st.builds(OnDate, date=st.dates(), on_business_day=st.booleans()),
)


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("3 business days", 3, "business day"),
        ("1 business day", 1, "business day"),
        ("48 hours", 48, "hour"),
        ("1.5 hours", Decimal("1.5"), "hour"),
        ("  2  months ", 2, "month"),
        ("0 days", 0, "day"),
        ("1 years", 1, "year"),
        ("2.0 weeks", 2, "week"),
    ],
)
def test_a_duration_is_a_number_and_a_unit_singular_or_plural(text, amount, unit):
    assert parse_duration(text) == Duration(amount=amount, unit=unit)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3", "Say '3 days'"),
        ("3 bussiness days", "Did you mean '3 business days'?"),
        ("1 hr", "Did you mean '1 hour'?"),
        ("2 working days", "Did you mean '2 business days'?"),
        ("3 apples", "The units are"),
        ("1.5 days", "days are counted whole"),
        ("-2 days", "never negative"),
        ("101 years", "100 years"),
        ("99999999999999999999 seconds", "100 years"),
        ("soon", "a number and a unit"),
        ("", "a number and a unit"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_to_write(text, said):
    refused = parse_duration(text)

    assert isinstance(refused, Refused)
    assert said in f"{refused.message}. {refused.fix}"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("day 30", DayOf(day=30)),
        ("day -90 on a business day", DayOf(day=-90, on_business_day=True)),
        (
            "30 days before account.renewal_date",
            Around(amount=Duration(amount=30, unit="day"), before=True, path="account.renewal_date"),
        ),
        (
            "10 business days after account.start_date",
            Around(amount=Duration(amount=10, unit="business day"), before=False, path="account.start_date"),
        ),
        ("account.renewal_date", Field(path="account.renewal_date")),
        ("2026-03-05", OnDate(date=date(2026, 3, 5))),
        ("2026-03-05T09:00:00Z", At(instant=datetime(2026, 3, 5, 9, tzinfo=UTC))),
        ("2026-03-05T09:00:00+02:00", At(instant=datetime(2026, 3, 5, 7, tzinfo=UTC))),
        ("5 business days", Duration(amount=5, unit="business day")),
    ],
)
def test_a_moment_is_a_duration_a_day_a_date_or_an_instant(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-03-05T09:00:00", "2026-03-05T09:00:00Z"),
        ("2026-02-30", "neither a date nor an instant"),
        ("2026-2-3", "Write a date as"),
        ("0001-01-01T00:00:00+02:00", "neither a date nor an instant"),
        ("30 days before renewal_date", "Say whose it is as well, as in account.…"),
        ("account.contract_end - 60 days", "Write '60 days before account.contract_end'."),
        ("account.contract_end + 2 business days", "Write '2 business days after account.contract_end'."),
        ("30 dayz before account.renewal_date", "Did you mean '30 days'?"),
        ("2 days on a business day", "Say '3 business days'"),
        ("2026-03-05T09:00:00Z on a business day", "Give the date alone"),
        ("day 99999999", "too far away"),
        (f"day -{'9' * 5000}", "too far away"),
        ("tomorrow", "a number and a unit"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_to_write(text, said):
    refused = parse_moment(text)

    assert isinstance(refused, Refused)
    assert said in f"{refused.message}. {refused.fix}"


@given(moments)
def test_a_moment_reads_back_from_its_own_words(moment):
    assert parse_moment(str(moment)) == moment


@given(moments)
def test_a_moment_survives_json(moment):
    assert MOMENTS.validate_json(MOMENTS.dump_json(moment)) == moment


@given(st.text(max_size=40))
def test_any_text_is_either_a_moment_or_refused_in_words(text):
    moment = parse_moment(text)

    assert isinstance(moment, Refused) is False or (moment.message and moment.fix)


@pytest.mark.parametrize("wrong", [{"amount": -1, "unit": "day"}, {"amount": Decimal("1.5"), "unit": "month"}])
def test_a_duration_from_elsewhere_keeps_the_same_bounds(wrong):
    with pytest.raises(ValidationError):
        Duration(**wrong)


def test_a_part_of_an_hour_is_exact():
    assert Duration(amount=Decimal("0.1"), unit="second").clock.total_seconds() == 0.1
    assert Duration(amount=Decimal("1.5"), unit="hour").clock.total_seconds() == 5400
