"""Values in and out of JSON: exact, typed, and unknown where nobody knows."""

import copy
import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.types import NUMBER, Type
from engine.values import UNKNOWN, exact, from_json, lossless, pack, to_json, unpack

instants = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20)
TYPED = [
    ("text", st.text()),
    ("boolean", st.booleans()),
    ("integer", st.integers()),
    ("number", st.one_of(decimals, st.integers())),
    ("date", st.dates()),
    ("instant", instants.filter(lambda one: 1 < one.year < 9999)),
    ("duration", st.timedeltas(timedelta(days=-36500), timedelta(days=36500))),
]
typed_values = st.one_of(*(values.map(lambda value, kind=kind: (Type(kind), value)) for kind, values in TYPED))


def test_an_unknown_value_has_no_truth():
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)


def test_there_is_one_unknown_however_it_travels():
    assert copy.deepcopy(UNKNOWN) is UNKNOWN
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN
    assert repr(UNKNOWN) == "UNKNOWN"


@given(typed_values)
def test_a_value_comes_back_from_real_json_as_it_was(typed):
    type_, value = typed

    assume(not isinstance(value, Decimal) or exact(float(value)) == value)

    again = from_json(json.loads(json.dumps(to_json(value))), type_)

    assert again == value


@given(typed_values)
def test_a_packed_value_needs_no_type_to_come_back(typed):
    _, value = typed

    assert unpack(json.loads(json.dumps(pack((value, {"a": value}, UNKNOWN))))) == (value, {"a": value}, UNKNOWN)


def test_unknown_is_null():
    assert to_json(UNKNOWN) is None
    assert from_json(None, NUMBER) is UNKNOWN


def test_what_others_read_has_numbers_as_numbers():
    assert to_json(Decimal("0.1")) == 0.1
    assert to_json(Decimal(1) / 3) == 1 / 3
    assert str(to_json(Decimal("44000.00"))) == "44000"


def test_what_is_kept_loses_no_digit():
    assert lossless(Decimal("0.1")) == 0.1
    assert lossless(Decimal("0.12345678901234567890")) == "0.12345678901234567890"


def test_lists_and_items_come_back_whole():
    contacts = Type("list", of=Type("item", fields=(("name", Type("text")), ("joined", Type("date")))))

    found = from_json([{"name": "Kim", "joined": "2026-01-05"}, {"joined": None}], contacts)

    assert found == ({"name": "Kim", "joined": date(2026, 1, 5)}, {"joined": UNKNOWN})
    assert to_json(found) == [{"name": "Kim", "joined": "2026-01-05"}, {"joined": None}]


def test_a_percentage_may_be_given_as_one():
    assert from_json("72.5%", Type("percent")) == Decimal("0.725")
    assert from_json(0.72, Type("percent")) == Decimal("0.72")


def test_an_instant_is_kept_in_utc():
    assert from_json("2026-01-05T09:00:00+01:00", Type("instant")) == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert to_json(datetime(2026, 1, 5, 9, tzinfo=timezone(timedelta(hours=1)))) == "2026-01-05T08:00:00Z"


@pytest.mark.parametrize(
    ("json_value", "type_", "reason"),
    [
        ("x", Type("number"), "'x' is not a number"),
        (True, Type("number"), "true is not a number"),
        ("x" * 99, Type("number"), "'x{60}…' is not a number"),
        (Decimal("2.5"), Type("integer"), "^2.5 is not a whole number"),
        ([None], Type("text"), "a list is not text"),
        ({"a": 1}, Type("text"), "an object is not text"),
        (float("nan"), Type("number"), "not a finite number"),
        ("1e5", Type("number"), "not a number"),
        ("72%", Type("number"), "not a number"),
        (1.5, Type("integer"), "not a whole number"),
        (1, Type("text"), "1 is not text"),
        (1, Type("boolean"), "neither true nor false"),
        ("b", Type("choice", ("a",)), "'b' is not one of a"),
        ("20260105", Type("date"), "not a date such as 2026-01-05"),
        ("2026-02-30", Type("date"), "not a day of the calendar"),
        ("2026-01-05T09:00:00", Type("instant"), "has no time zone"),
        ("0001-01-01T00:00:00+14:00", Type("instant"), "outside the calendar"),
        ("2026-W01-1", Type("instant"), "not an instant"),
        ("1 day", Type("duration"), "not a duration"),
        ("x", Type("list", of=NUMBER), "not a list"),
        ({"b": 1}, Type("item", unit="contact"), "'b' is not a field of a contact"),
        ([], Type("item"), "not an object"),
    ],
)
def test_what_does_not_fit_its_type_is_refused_in_words(json_value, type_, reason):
    with pytest.raises(ValueError, match=reason):
        from_json(json_value, type_)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), datetime(2026, 1, 5)])  # noqa: DTZ001 - the point
def test_what_has_no_meaning_is_never_written(value):
    with pytest.raises(ValueError, match=r"no time zone|is not a number that can be kept"):
        to_json(value)


def test_what_pack_never_wrote_is_refused():
    with pytest.raises(ValueError, match="no packed value"):
        unpack({"a": 1})
