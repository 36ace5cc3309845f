"""Conditions compiled against names: what fits, what is refused at its column, what is read, what is stored."""

import json
from decimal import Decimal

import pytest

from engine.conditions.checking import Checker
from engine.conditions.tree import read
from engine.logic import Condition, Fault, compile_condition, compile_expression
from engine.types import BOOLEAN, DATE, INTEGER, NUMBER, PERCENT, TEXT, Type
from engine.values import UNKNOWN
from tests.support.wording import TIERS, Known, condition, contact, expression, faults, scope


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ('metrics.heath.zone == "red"', 0, "metrics.heath is not in the vocabulary. Did you mean metrics.health?"),
        ('metrics.health.zon == "red"', 0, "metrics.health.zon is not in the vocabulary. Did you mean metrics.hea"),
        ('tier == "growth"', 0, "'tier' is not known here. Did you mean account.tier?"),
        ('true and metrics.nps.zone == "red"', 9, "metrics.nps has no target, so it has no zone."),
        ("metrics.nps > 3", 0, "metrics.nps is not a value by itself. Write metrics.nps.value, for example."),
        ('account.tier == "grwth"', 16, '"grwth" is not one of its choices. Did you mean "growth"?'),
        ('account.tier in ["growth", "big"]', 27, '"big" is not one of its choices. It is one of enterprise, growth'),
        ('account.tier == "x"', 16, '"x" is not one of its choices. It is one of enterprise, growth'),
        ('account.tier in "growht starter"', 16, 'is one text, not a list. Write a list: ["growth", "starter"].'),
        ('account.country not in "US"', 23, 'is one text, not a list. Write a list: ["US"].'),
        ("account.renewal_date < 1.7.2026", 23, "'1.7.2026' is not a number. Write a date as 2026-07-01."),
        ("account.arr => 5", 12, "'=>' is not a sign of conditions. Write >=."),
        ("account.renewal_date < 2026-07-32", 23, '"2026-07-32" is not a day of the calendar'),
        ("account.tier == account.status", 0, "have no choice in common"),
        ("account.renewal_date > 5", 0, "account.renewal_date is a date, 5 is a whole number. Count days"),
        ("account.renewal_date > now", 0, "account.renewal_date is a date, now is an instant. Count days"),
        ('account.renewal_date == "2026-13-01"', 24, '"2026-13-01" is not a day of the calendar'),
        ('account.renewal_date == "soon"', 24, '"soon" is not a date such as 2026-01-05'),
        ('account.signed_at > "2026-01-05"', 20, 'Write an instant as "2026-01-05T09:00:00Z".'),
        ('account.name < "b"', 0, "account.name is text, which has no order. Compare it with == or in."),
        ('account.arr == "5"', 15, '"5" is text, where a number (USD) is due. Take the quotes away.'),
        ('account.vip == "true"', 15, "Take the quotes away."),
        ('account.country == "USA"', 19, '"USA" is not a country. Write its ISO code'),
        ("account.arr > 30%", 14, "30% is compared with a number (USD). Write 30"),
        ("metrics.health.value < 70%", 23, "70% is compared with points. Write 70"),
        ("metrics.health.attainment < 70", 28, "70 is compared with a percentage. Write 70%, or 0.7"),
        ("account.seats + 10% > 5", 16, "10% is compared with a whole number"),
        ("account.arr", 0, "is a number (USD), not a condition. Compare it, for example account.arr >= 1."),
        ("account.arr if account.vip else 3", 0, "for example (account.arr if account.vip else 3) >= 1."),
        ("account.vip and account.name", 16, "account.name is text, not a condition"),
        ("account.renewal_date", 0, "for example days_since(account.renewal_date) >= 1."),
        ("any(c for c in contacts)", 4, "c is a contact, not a condition"),
        ('any(c.rol == "x" for c in contacts)', 4, "a contact has no 'rol'. Did you mean role?"),
        ("any(c == c for c in contacts)", 4, "c cannot be compared as a whole"),
        ("any(c.vip for c in records.team)", 19, "records.team is not in the vocabulary"),
        ("days_until(account.arr) > 1", 11, "days_until takes a date or an instant; account.arr is a number (USD)"),
        ("days_until() > 1", 0, "'days_until' takes 1 argument, not 0"),
        ("hours_since(account.renewal_date) > 1", 12, "hours_since takes an instant"),
        ('days_until("soon") > 1', 11, '"soon" is not a date'),
        ("account.renewal_date - account.start_date > 3", 0, "Count days with days_since or days_until."),
        ("account.renewal_date + 3 > account.start_date", 0, "Say the unit: 3 days."),
        ('account.renewal_date + 2 hours > "2026-01-01"', 0, "A date moves by whole days"),
        ("account.name + 1 > 2", 0, "a whole number cannot be added to text"),
        ("-account.name > 2", 1, "- reckons with numbers; account.name is text"),
        ('account.arr in "x"', 0, '"x" is text, not a list'),
        ('"growth" in account.tier', 0, "Compare it with ==."),
        ('running("renewal-rsk")', 8, 'there is no playbook "renewal-rsk". Did you mean "renewal-risk"?'),
        ("at_start(account.arr + 1) > 1", 0, "at_start takes a name"),
        ("since(metrics.nps.value) < now", 0, "since takes a field of the account"),
        ("round(account.arr, account.seats) > 1", 19, "digits of round"),
        ('min(account.arr, "x") > 1', 17, '"x" is text, where a number (USD) is due'),
        ('(1 if account.vip else "x") > 1', 23, '"x" is text'),
        ("known(account.arrr)", 6, "Did you mean account.arr?"),
        ("at_start(account.arrr) > 1", 9, "Did you mean account.arr?"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_at_its_column(text, column, said):
    found = faults(text)

    assert said in str(found[0])
    assert (found[0].offset, found[0].pointer) == (column, ())


@pytest.mark.parametrize(
    ("logic", "pointer", "said"),
    [
        ({"and": [True], "or": [False]}, (), "one operator, this one has 2"),
        ({}, (), "this one has 0"),
        ({"foo": 1}, (), "'foo' is not an operator"),
        ({"and": [True, {"var": "account.arr"}]}, ("and", 1), "not a condition"),
        ({"!": {"var": "account.arrr"}}, ("!",), "Did you mean account.arr?"),
        ({"==": [{"var": "account.tier"}, None]}, ("==", 1), "null is no value"),
        ({"==": [1]}, (), "takes 2 arguments, not 1"),
        ({"<": [1, 2, 3, 4]}, (), "takes 2 to 3 arguments, not 4"),
        ({"var": 1}, (), "a name must stand as text"),
        ({"some": [{"var": "account.arr"}, True]}, ("some", 0), "only contacts and records"),
        ({"some": [{"var": "contacts"}, {"!!": {"var": "role@4"}}]}, ("some", 1, "!!"), "more items than there are"),
        ({"missing": [{"var": "account.arr"}]}, (), "takes names as text"),
        ({"missing": ["account.arrr"]}, (), "Did you mean account.arr?"),
        ({"<": [1, float("nan")]}, ("<", 1), "not a number"),
        ({"<": [1, 10**400]}, ("<", 1), "a number lies between"),
        ({"if": [True, True]}, (), "takes at least 3"),
        ({"if": [True, True, True, True]}, (), "has no else"),
        ({"!": [True, True]}, (), "takes 1 argument"),
        ({"percent": "x"}, (), "a percentage is a number"),
        ({"==": [{"duration": "3 fortnights"}, 1]}, ("==", 0), "fortnights"),
        ({"date": 5}, (), "not a date"),
        ({"==": [{"var": ""}, 1]}, ("==", 0), '"" is the item that is looked at, and here is none'),
        ({">": [{"var": "account.arr"}, "1e5"]}, (">", 1), "is due. Write 100000."),
        (5, (), "5 is a whole number, not a condition"),
        ([True], (), "not a condition"),
        ({"!!": object()}, ("!!",), "cannot stand in a condition"),
    ],
)  # fmt: skip
def test_json_logic_is_refused_at_its_pointer(logic, pointer, said):
    found = faults(logic)

    assert said in str(found[0])
    assert found[0].pointer == pointer


def test_all_that_is_wrong_is_told_at_once():
    found = faults('account.tier == "big" and account.arr > "x" and nothing.at.all')

    assert [fault.offset for fault in found] == [16, 40, 48]


def test_json_logic_nested_ten_thousand_deep_is_refused():
    logic = True
    for _ in range(10_000):
        logic = {"!": logic}

    assert "too large" in str(faults(logic)[0])


def test_a_boolean_by_itself_is_a_condition():
    assert condition("account.vip").truth(scope(account__vip=True)) is True
    assert condition(source=True).truth(scope()) is True
    assert condition(source=False).text == "false"


def test_a_condition_given_as_json_logic_gets_its_plainest_text():
    found = condition({"<": [{"var": "metrics.health.attainment"}, 0.7]})

    assert found.text == "metrics.health.attainment < 0.7"


def test_the_authors_own_text_is_kept():
    assert condition(" account.arr>5.50 ").text == "account.arr>5.50"


def test_a_ratio_may_be_set_against_a_percentage_or_a_number():
    condition("metrics.nps.value / metrics.nps.previous >= 80%")
    condition("metrics.nps.value / metrics.nps.previous >= 2")
    condition("metrics.logins.change + 10% > 20%")


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("account.arr > 5 and known(account.name)", {"account.arr", "account.name"}),
        ('any(c.role == "champion" and account.vip for c in contacts)', {"contacts", "account.vip"}),
        ("count(t for t in records.teams if t.seats > 1) > 1", {"records.teams"}),
        ("account.arr > at_start(account.arr)", {"account.arr", "at_start.account.arr"}),
        ("days_since(since(account.tier)) > 3", {"since.account.tier"}),
        ('running("renewal-risk")', {"runs.renewal-risk.running"}),
        ("now > account.signed_at", {"account.signed_at"}),
        ('{"!": {"missing": ["account.arr", "account.name"]}}', {"account.arr", "account.name"}),
        ('{"!": {"missing_some": [1, ["account.arr", "account.name"]]}}', {"account.arr", "account.name"}),
    ],
)
def test_reads_are_the_flat_paths_that_can_change_it(text, reads):
    assert condition(text).reads == reads


@pytest.mark.parametrize(
    ("source", "want", "value"),
    [
        ("account.arr * 2", NUMBER, 10),
        ("growth", TIERS, None),
        ('"growth"', TIERS, "growth"),
        ("account.tier", TIERS, "starter"),
        ('"2026-01-05"', DATE, "2026-01-05"),
        ("account.start_date", NUMBER, None),
        ("1.5", INTEGER, None),
        ("round(1.5)", INTEGER, 2),
        ("70", PERCENT, None),
        ("70%", PERCENT, Decimal("0.7")),
        ("account.tier", TEXT, "starter"),
        (Decimal("1.5"), NUMBER, Decimal("1.5")),
        (True, BOOLEAN, True),
        ("account.name", TIERS, None),
    ],
)
def test_an_expression_must_have_the_type_that_is_wanted(source, want, value):
    found = compile_expression(source, Known(), want)

    if value is None:
        assert isinstance(found, list)
        assert isinstance(found[0], Fault)
    else:
        known = found.value(scope({"account.arr": 5, "account.tier": "starter"}))
        assert (known.isoformat() if want == DATE else known) == value


def test_a_stored_condition_carries_its_types():
    compiled = condition('account.renewal_date > "2026-01-05" and metrics.logins.change < -30%')

    stored = json.loads(compiled.model_dump_json())

    assert stored["logic"] == {
        "and": [
            {">": [{"var": "account.renewal_date"}, {"date": "2026-01-05"}]},
            {"<": [{"var": "metrics.logins.change"}, {"percent": -30}]},
        ]
    }
    assert Condition.model_validate(stored) == compiled
    assert hash(Condition.model_validate(stored)) == hash(compiled)


def test_a_stored_condition_that_was_tampered_with_is_refused():
    with pytest.raises(ValueError, match="not an operator"):
        Condition.model_validate({"text": "x", "logic": {"eval": "1"}})


def test_two_conditions_of_one_logic_share_their_closures():
    assert condition("account.arr > 5").truth is condition("account.arr  >  5").truth


def test_a_value_whose_type_has_changed_since_is_unknown():
    changed = scope({"account.renewal_date": 5, "account.arr": "much", "account.name": 7, "contacts": ("Kim",)})

    assert condition("days_until(account.renewal_date) < 9").truth(changed) is None
    assert condition("account.arr > 9").truth(changed) is None
    assert condition("account.arr + 1 > account.seats * 2").truth(changed) is None
    assert condition('starts_with(account.name, "x")').truth(changed) is None
    assert condition('any(c.role == "champion" for c in contacts)').truth(changed) is None
    assert expression("account.renewal_date + 3 months").value(changed) is UNKNOWN


def test_outer_names_are_seen_from_inside_an_item():
    people = (contact("Kim", relationship=3), contact("Lee", relationship=5))
    text = "count(c.relationship >= account.seats for c in contacts) == 1"

    assert condition(text).truth(scope(contacts=people, account__seats=4)) is True


def test_an_operator_of_the_package_can_be_asked_through_the_package():
    from jsonlogic.evaluation import EvaluationContext

    tree = read({">": [{"var": "account.arr"}, 5]})
    Checker(Known()).type_of(tree)

    assert tree.evaluate(EvaluationContext(scope(account__arr=6))) is True


def test_conditions_are_typed_against_names_only():
    from jsonlogic.typechecking import TypecheckContext

    with pytest.raises(TypeError, match="against the names"):
        read({"!": [True]}).typecheck(TypecheckContext({}))


def test_names_are_asked_for_suggestions_only_when_something_is_wrong():
    class Costly(Known):
        def paths(self):
            raise AssertionError("nobody needs these")

    assert isinstance(compile_condition("account.arr > 5", Costly()), Condition)


def test_a_type_says_itself_in_words():
    assert Type("list", of=Type("item", unit="contact")).name == "a list of contacts"
    assert Type("number", unit="USD").name == "a number (USD)"
