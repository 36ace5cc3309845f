from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts import Fact, read_fact
from tests.support.told import Told, vocabulary

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KNOWN = vocabulary("""
fields:
  tier: {type: choice, of: [enterprise, growth]}
  arr: {type: number, unit: USD}
  seats: {type: integer}
  country: {type: country}
  time_zone: {type: time_zone}
  renewal_date: {type: date}
  kickoff: {type: instant}
  owner_note: {type: text}
  paid: {type: boolean}
  start_date: {type: date, required: true}
contact_fields:
  role: {type: choice, of: [champion, other], default: other}
records:
  teams: {name: text, seats: integer}
events:
  ticket: {severity: integer}
metrics:
  nps: {reported: true}
  retention: {reported: true, unit: percent}
  mood: {type: choice, of: [good, bad], reported: true}
  tickets: {count: ticket, over: 7 days}
""")


def read(**said):
    return read_fact({"id": "f1", "account": "a1", "at": "2026-03-02T08:00:00Z"} | said, KNOWN, NOW)


def reasons(**said):
    found = read(**said)
    assert isinstance(found, list), found
    return " | ".join(found)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (
            {"fields": {"tier": "growth", "arr": Decimal("40000.50"), "renewal_date": "2026-06-01", "paid": True}},
            "fields",
        ),
        ({"fields": {"seats": 4}}, "fields"),
        ({"fields": {"arr": None}}, "fields"),
        ({"metric": "nps", "value": 7.5}, "metric"),
        ({"metric": "nps", "value": None}, "metric"),
        ({"metric": "retention", "value": "112%"}, "metric"),
        ({"event": "ticket", "data": {"severity": 2, "contact": "c1"}}, "event"),
        ({"event": "ticket"}, "event"),
        ({"contact": {"id": "c1", "email": "kim@acme.test", "role": "champion"}}, "contact"),
        ({"record": "teams", "fields": {"id": "t1", "seats": 4}}, "record"),
        ({"team": {"csm": "ana", "ae": None}}, "team"),
    ],
)
def test_each_kind_of_fact_is_read_and_survives_json(said, kind):
    fact = read(**said)

    assert isinstance(fact, Fact), fact
    assert fact.kind == kind
    assert Fact.model_validate_json(fact.model_dump_json()) == fact
    assert Told(KNOWN).take(fact).account.first_data == fact.at


def test_numbers_stay_exact():
    assert read(metric="nps", value=0.1).value == Decimal("0.1")
    assert read(metric="retention", value="72%").value == Decimal("0.72")


def test_a_number_of_more_digits_than_a_float_has_survives_json():
    fact = read(fields={"arr": Decimal("123456789012345678.01")})

    again = Fact.model_validate_json(fact.model_dump_json())

    assert again == fact
    assert Told(KNOWN).take(again).see("account.arr", NOW) == Decimal("123456789012345678.01")


@pytest.mark.parametrize("value", [Decimal("-0"), -0.0, "-0", "-0.00"])
def test_a_zero_has_no_sign(value):
    assert str(read(metric="nps", value=value).value) in {"0", "0.0", "0.00"}


def test_a_percentage_of_more_digits_than_a_machine_reckons_with_is_not_rounded():
    assert read(metric="retention", value=f"1.{'1' * 28}%").value == f"0.01{'1' * 28}"


def test_the_instant_is_in_utc_and_never_later_than_it_was_received():
    assert read(at="2026-03-02T09:00:00+02:00", fields={"seats": 4}).at == NOW - timedelta(hours=2)
    assert read(at=(NOW + timedelta(minutes=5)).isoformat(), fields={"seats": 4}).at == NOW
    assert "more than 5 minutes ahead" in reasons(
        at=(NOW + timedelta(minutes=5, microseconds=1)).isoformat(), fields={"seats": 4}
    )


def test_without_an_instant_it_is_that_of_its_arrival():
    found = read_fact({"id": "f1", "account": "a1", "fields": {"seats": 4}}, KNOWN, NOW)

    assert isinstance(found, Fact)
    assert found.at == NOW


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"at": "2026-03-02T08:00:00", "fields": {"seats": 4}}, "has no time zone"),
        ({"at": "soon", "fields": {"seats": 4}}, "at: 'soon' is not an instant"),
        ({"at": None, "fields": {"seats": 4}}, "at: null is not an instant"),
        ({"at": "2026-13-02T08:00:00Z", "fields": {"seats": 4}}, "is not a day of the calendar with a time of day"),
        ({"at": 5, "fields": {"seats": 4}}, "at: 5 is not an instant"),
        ({"id": "", "fields": {"seats": 4}}, "id is empty. Give a text that names this fact"),
        ({"id": None, "fields": {"seats": 4}}, "id is null. Give a text"),
        ({"id": 7, "fields": {"seats": 4}}, 'id: 7 is not text. Write it in quotes: "7"'),
        ({"id": True, "fields": {"seats": 4}}, "id: true is not text. Give a text that names this fact"),
        ({"account": 7, "fields": {"seats": 4}}, "account: 7 is not text. Write it in quotes"),
        ({"id": "x" * 201, "fields": {"seats": 4}}, "id is longer than 200 characters"),
        ({"id": "a\0b", "fields": {"seats": 4}}, "id has a character that cannot be kept"),
        ({}, "it says nothing. Add one of fields, metric"),
        ({"fields": {}}, "fields is empty and says nothing. Name at least one field"),
        ({"fields": None}, "it says nothing"),
        ({"team": {}}, "team is empty and says nothing. Name at least one role"),
        ({"metric": "nps", "value": 3, "event": "ticket"}, "it says metric and event at once"),
        ({"fields": {"seats": 4}, "note": "x"}, "'note' is not a key of a fact"),
        ({"fields": {"seats": 4}, "account_id": "x"}, "'account_id' is not a key of a fact. Did you mean 'account'?"),
        ({"fields": {"seats": 4}, "value": 3}, "'value' does not go with 'fields'"),
        ({"fields": []}, "fields: a list is not an object of names and values"),
        ({"fields": {"teir": "growth"}}, "account.teir is not in the vocabulary. Did you mean 'tier'?"),
        ({"fields": {"shoe_size": 4}}, "Take it away, or declare it in vocabulary.yaml"),
        ({"fields": {"id": "a2"}}, "account.id never changes"),
        ({"fields": {"tier": "grwth"}}, "Did you mean 'growth'?"),
        ({"fields": {"seats": 1.5}}, "account.seats: 1.5 is not a whole number"),
        ({"fields": {"seats": True}}, "account.seats: true is not a whole number. Write a whole number such as 12"),
        ({"fields": {"seats": Decimal("2.5")}}, "account.seats: 2.5 is not a whole number"),
        ({"fields": {"tier": 5}}, "account.tier: 5 is not one of"),
        ({"fields": {"owner_note": {}}}, "account.owner_note: an object is not text. Write it as text, in quotes"),
        ({"fields": {"arr": float("nan")}}, "account.arr"),
        ({"fields": {"arr": float("inf")}}, "account.arr"),
        ({"fields": {"arr": Decimal("1e40")}}, "more than 30 digits before or behind the point. Round it, or post it"),
        ({"metric": "nps", "value": "1" * 40}, "metrics.nps: the number has more than 30 digits"),
        ({"metric": "nps", "value": Decimal("0." + "1" * 31)}, "metrics.nps: the number has more than 30 digits"),
        ({"metric": "nps", "value": "1e400"}, "metrics.nps: '1e400' is not a number. Write a number such as 2.5"),
        ({"metric": "nps", "value": "-Infinity"}, "metrics.nps: '-Infinity' is not a number"),
        ({"fields": {"renewal_date": "2026-02-30"}}, "account.renewal_date"),
        ({"fields": {"kickoff": "2026-02-03T09:00:00"}}, "has no time zone"),
        ({"fields": {"country": "Germany"}}, "is not a country"),
        ({"fields": {"time_zone": "Berlin"}}, "is not a time zone"),
        ({"fields": {"owner_note": "x" * 10_001}}, "longer than 10,000 characters. Shorten it"),
        ({"fields": {"owner_note": "\ud800"}}, "cannot be kept"),
        ({"metric": "npss", "value": 1}, "'npss' is not a metric of the vocabulary. Did you mean 'nps'?"),
        ({"metric": "nps"}, "metrics.nps comes without value"),
        ({"metric": "nps", "value": "high"}, "metrics.nps: 'high' is not a number"),
        ({"metric": "tickets", "value": 3}, "metrics.tickets is reckoned and cannot be posted"),
        ({"metric": "retention", "value": 72}, "write '72%'"),
        ({"metric": "mood", "value": "god"}, "Did you mean 'good'?"),
        ({"event": "tiket"}, "'tiket' is not an event of the vocabulary. Did you mean 'ticket'?"),
        ({"event": "ticket", "data": {"severty": 2}}, "event.ticket.severty is not in the vocabulary"),
        ({"event": "ticket", "data": 3}, "data: 3 is not an object of names and values"),
        ({"contact": {"email": "kim@acme.test"}}, "contact comes without id"),
        ({"contact": {"id": "c1", "email": "kim at acme"}}, "is not an email address"),
        ({"record": "team", "fields": {"id": "t1"}}, "'team' is not a record of the vocabulary. Did you mean 'teams'?"),
        ({"record": "teams", "fields": {"seats": 4}}, "records.teams comes without id"),
        ({"record": "teams"}, "fields is missing. Write"),
        ({"team": {"csm": 7}}, "team.csm: 7 is not the id of a person. Give an id of people.yaml, or null"),
        ({"fields": {"name": " "}}, "account.name is empty. Give a text, or null when it is not known"),
        ({"contact": {"id": "c1", "name": ""}}, "contact.name is empty. Give a text, or null when it is not known"),
        ({"fields": {"seats": "\u0663"}}, "is not a whole number"),
        ({"fields": {"arr": " 7 "}}, "is not a number"),
        ({"fields": {"renewal_date": "\u0662\u0660\u0662\u0666-01-05"}}, "is not a date"),
    ],
)
def test_what_is_no_fact_is_refused_in_words(said, reason):
    assert reason in reasons(**said)


def test_a_role_that_nobody_has_is_refused_and_may_be_taken_away():
    team = {"team": {"boss": "noor", "csmm": "noor", "gone": None, "csm": "noor"}}

    found = read_fact({"id": "f1", "account": "a1", **team}, KNOWN, NOW, ["noor"], ["csm", "ae"])

    assert found == [
        "team.boss: nobody has the role 'boss'. Known: csm, ae.",
        "team.csmm: nobody has the role 'csmm'. Did you mean 'csm'?",
    ]


def test_all_reasons_are_told_at_once():
    found = read_fact({"at": "soon", "fields": {"teir": 1, "seats": "many"}, "x": 1}, KNOWN, NOW)

    assert isinstance(found, list)
    assert len(found) == 6


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.decimals()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)),
    max_leaves=6,
)
keys = st.sampled_from(
    ["id", "account", "at", "fields", "metric", "value", "event", "data", "contact", "record", "team"]
)
names = st.sampled_from(
    ["tier", "arr", "seats", "country", "renewal_date", "kickoff", "paid", "id", "severity", "email"]
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(keys, st.one_of(json_values, st.dictionaries(names, json_values, max_size=3)), max_size=6))
def test_whatever_is_posted_is_a_fact_that_can_be_taken_or_refused(raw):
    found = read_fact({"id": "f1", "account": "a1", **raw}, KNOWN, NOW)

    if isinstance(found, Fact):
        assert Fact.model_validate_json(found.model_dump_json()) == found
        Told(KNOWN).take(found).all(NOW)
    else:
        assert found
        assert all(isinstance(reason, str) and reason for reason in found)


def test_a_fact_older_than_fifty_years_is_taken_for_an_empty_date():
    kept, refused = (
        read(at="1976-03-03T00:00:00Z", fields={"seats": 4}),
        reasons(at="0001-01-01T00:00:00Z", fields={"seats": 4}),
    )

    assert isinstance(kept, Fact)
    assert refused.startswith("at: 0001-01-01T00:00:00Z lies more than 50 years back. Nothing is taken")


def test_a_required_field_can_be_corrected_but_not_taken_away():
    corrected, emptied = read(fields={"start_date": "2026-01-05"}), reasons(fields={"start_date": None})

    assert isinstance(corrected, Fact)
    assert emptied == "account.start_date is required: it can be corrected, not taken away"
