"""Conditions that can never be true, never be false or never be known are told; all others are left alone."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.conditions.checking import Checker
from engine.conditions.tree import read
from engine.conditions.ways import TooMany, Ways
from engine.logic import Condition, compile_asking
from tests.support.logics import few_conditions, few_values
from tests.support.wording import Known, condition, scope


def told(source):
    found = compile_asking(source, Known())
    return [] if isinstance(found, Condition) else found


NEVER_TRUE = (
    "account.arr > 5 and account.arr < 3",
    "account.arr > 5 and account.vip and account.arr <= 5",
    "3 < account.arr < 2",
    "account.seats > 3 and account.seats < 4",
    "account.arr * 2 > 10 and account.arr < 3",
    "account.arr < metrics.nps.value and account.arr > metrics.nps.value",
    "account.arr > account.arr",
    'account.name == "x" and account.name == "y"',
    'account.tier != "enterprise" and account.tier != "growth" and account.tier != "starter"',
    'account.tier == "growth" and account.tier in ["starter", "enterprise"]',
    "account.tier in []",
    'metrics.health.zone == "red" and metrics.health.zone == "green"',
    "metrics.health.value > 100",
    "metrics.health.value < 0",
    "days_until(account.renewal_date) > 10 and days_until(account.renewal_date) < 5",
    "days_until(account.renewal_date) > 10 and days_since(account.renewal_date) > 5",
    "business_days_until(account.renewal_date) == 1.5",
    'account.renewal_date > "2026-06-01" and account.renewal_date < "2026-06-02"',
    "not known(account.arr) and account.arr > 5",
    "not known(account.arr) and account.arr / account.seats > 5",
    "account.vip and not account.vip",
    "account.vip == true and account.vip == false",
    "any(c.relationship > 5 and c.relationship < 3 for c in contacts)",
    "count(c.relationship > 5 and c.relationship < 3 for c in contacts) >= 1",
    "count(c for c in contacts) < 0",
    'lower(account.name) == "Acme"',
    "account.arr > 5 and 1 == 2",
    "(account.vip if account.arr > 5 else not account.vip) and account.vip and account.arr < 4",
    "known(account.arr / 0)",
    "known(account.seats % 0)",
    "account.seats % 2 == 5",
    "min(account.seats, 3) > 5",
    "max(account.seats + 1, 7) < 5",
    "min(metrics.health.value, account.arr) > 100",
    "metrics.health.value + 5 < 5",
    "metrics.health.value * -2 > 0",
    "hours_since(now) > 3",
    "days_until(now) != 0",
    "account.vip == (not account.vip)",
    "(account.arr > 5) == (account.arr <= 5)",
    'contains(lower(account.name), "ABC")',
    'starts_with(lower(account.name), "Acme")',
    '"ABC" in lower(account.name)',
    "false",
)  # fmt: skip


@pytest.mark.parametrize("text", NEVER_TRUE)
def test_a_condition_that_can_never_be_true_is_told(text):
    (fault,) = told(text)

    assert "never true" in fault.message
    assert fault.fix


@pytest.mark.parametrize(
    "text",
    [
        "metrics.nps.value >= 0 or metrics.nps.value < 0",
        "metrics.health.value >= 0",
        "account.tier not in []",
        'account.tier in ["enterprise", "growth", "starter"]',
        "not (account.arr > 5 and account.arr < 3)",
        "account.arr == account.arr",
        "known(account.arr) or not known(account.arr)",
        "all(c.relationship > 5 or c.relationship <= 5 for c in contacts)",
        "count(c for c in contacts) >= 0",
        "account.vip == account.vip",
        "account.seats % 3 < 3",
        "max(account.seats, 7) >= 7",
        "account.vip or true",
        "true",
    ],
)
def test_a_condition_that_can_never_be_false_is_told(text):
    (fault,) = told(text)

    assert "never false" in fault.message
    assert fault.fix


@pytest.mark.parametrize(
    "text", ["account.arr / 0 > 3", "account.arr / (1 - 1) == account.arr", "1 + 2 / 0 < 3", "account.seats % 0 > 3"]
)
def test_a_condition_that_can_never_be_known_is_told(text):
    assert "can never be known" in told(text)[0].message


@pytest.mark.parametrize(
    "text",
    [
        "account.arr > 3 and account.arr < 4",
        "account.arr >= 3 and account.arr <= 3",
        "account.seats > 3 and account.seats < 5",
        "account.arr < metrics.nps.value and account.arr > metrics.nps.value - 1",
        'account.name == "x" or account.name == "y"',
        "metrics.health.value >= 100",
        "metrics.logins.change > 100%",
        "0 <= days_until(account.renewal_date) <= 0",
        "not known(account.arr) or account.arr > 5",
        "not known(account.arr) and account.seats > 5",
        "account.renewal_date > at_start(account.renewal_date)",
        "business_days_until(account.renewal_date) > 1 and business_days_since(account.renewal_date) > -2",
        'any(c.role == "champion" for c in contacts) and any(c.role == "other" for c in contacts)',
        'not any(c.role == "champion" for c in contacts) and not all(c.role == "champion" for c in contacts)',
        "count(c for c in contacts) == 0 and not any(c.relationship > 1 for c in contacts)",
        'contains(account.name, "a") and contains(account.name, "b")',
        "account.signed_at + 3 days < now and account.signed_at + 1 day > now",
        "account.seats % 2 == -1",
        "min(account.seats, 7) == 7",
        "max(account.seats, account.arr) < 0",
        "min(account.renewal_date, account.start_date) < account.renewal_date",
        "account.vip == (account.arr > 5)",
        'contains(lower(account.name), "abc")',
        'contains(account.name, "ABC")',
        "metrics.health.value + account.arr < 0",
    ],
)  # fmt: skip
def test_a_condition_that_can_be_true_and_false_is_left_alone(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        (
            "account.vip and account.arr > 5 and account.arr < 3",
            36,
            "account.arr > 5 and account.arr < 3 are never both true, so this condition is never true.",
        ),
        (
            "account.vip and metrics.health.value > 100",
            16,
            "metrics.health.value > 100 is never true (metrics.health.value is from 0 to 100), so this condition is",
        ),
        ("account.vip and 1 == 2", 16, "1 == 2 is never true (it asks nothing of the account), so this condition"),
        ("not (account.arr == account.arr)", 5, "account.arr == account.arr is never false, so this condition is nev"),
        (
            "metrics.nps.value > 0 or metrics.nps.value <= 0",
            25,
            "never both false, so this condition is never false. Change it, or write known(metrics.nps.value) if",
        ),
    ],
)
def test_the_parts_that_are_to_blame_are_told_at_their_column(text, column, said):
    (fault,) = told(text)

    assert said in str(fault)
    assert (fault.offset, fault.pointer) == (column, ())


def test_json_logic_is_blamed_at_its_pointer():
    (fault,) = told({"and": [{">": [{"var": "account.arr"}, 5]}, {"<": [{"var": "account.arr"}, 3]}]})

    assert fault.pointer == ("and", 1)


def test_what_is_wrong_otherwise_is_told_first():
    (fault,) = told("account.arrr > 5 and 1 == 2")

    assert "account.arrr" in fault.message


def test_a_condition_too_involved_to_judge_is_left_alone():
    parts = [f"(account.arr > {n} or account.seats > {n} or account.vip)" for n in range(12)]

    assert told(" and ".join([*parts, "account.arr < 0", "account.seats < 0", "not account.vip"])) == []


# --- the law: what is called impossible never happens


@settings(max_examples=600, deadline=None)
@given(few_conditions, st.lists(few_values, min_size=5, max_size=5))
def test_no_account_comes_to_a_truth_that_was_called_impossible(logic, accounts):
    asked, tree, check = condition(logic), read(logic), Checker(Known())
    check.type_of(tree)

    for truth in (True, False):
        try:
            possible = bool(Ways(check).to(tree, truth))
        except TooMany:
            continue
        event(f"{truth} is {'possible' if possible else 'impossible'}")
        if not possible:
            assert all(asked.truth(scope(values)) is not truth for values in accounts)
