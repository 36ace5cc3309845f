"""Laws that hold for every condition: what is known stays settled, texts and stored forms keep their meaning."""

import operator
from decimal import Decimal
from fractions import Fraction
from math import trunc

import datalogic_py
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.conditions.closures import lower
from engine.conditions.tree import read
from engine.conditions.wording import plain
from engine.expression import parse, write
from engine.logic import Condition
from engine.values import UNKNOWN, to_json
from tests.support.logics import conditions, few_conditions, few_values, standard_conditions, whole_accounts
from tests.support.wording import condition, expression, scope

few = settings(max_examples=150, deadline=None)


def forgotten(values, paths, fields):
    """The same account with some names unknown: absent, or told to be unknown."""
    kept = {path: UNKNOWN if path in paths else value for path, value in values.items() if path not in paths[:2]}
    if "contacts" in kept and kept["contacts"] is not UNKNOWN:
        kept["contacts"] = tuple({k: v for k, v in one.items() if k not in fields} for one in kept["contacts"])
    return kept


def nested(values):
    """Flat paths as the tree that plain JsonLogic reads."""
    tree = {}
    for path, value in values.items():
        *way, last = path.split(".")
        inside = tree
        for step in way:
            inside = inside.setdefault(step, {})
        inside[last] = to_json(value)
    return tree


@few
@given(standard_conditions, whole_accounts)
def test_where_nothing_is_missing_an_answer_is_that_of_plain_json_logic(logic, values):
    """But for `all` over none, and for what is not asked here since our types refuse it: text beside numbers, a number
    or text as a condition. Quotients are of fours, which floats hold exactly.
    """
    found = condition(logic).truth(scope(values))

    assert found is datalogic_py.apply(plain(all_over_none(logic, values)), nested(values))


def all_over_none(logic, values):
    """`all` over nothing is true here and false there: in the oracle's copy it is written as none that is not."""
    if isinstance(logic, list):
        return [all_over_none(one, values) for one in logic]
    if not isinstance(logic, dict):
        return logic
    (name, arguments), *_ = logic.items()
    if name == "all":
        return {"none": [all_over_none(arguments[0], values), {"!": [all_over_none(arguments[1], values)]}]}
    return {name: all_over_none(arguments, values)}


@few
@given(
    conditions,
    whole_accounts,
    st.lists(st.sampled_from(["account.arr", "account.seats", "account.tier", "account.vip", "contacts"]), max_size=4),
    st.sets(st.sampled_from(["role", "relationship"])),
)
def test_what_was_settled_without_a_value_stays_so_when_it_becomes_known(logic, values, paths, fields):
    asked = condition(logic)

    before, after = asked.truth(scope(forgotten(values, paths, fields))), asked.truth(scope(values))

    assert after is not None
    assert before in {None, after}


@few
@given(st.one_of(conditions, few_conditions))
def test_text_and_logic_give_each_other_back(logic):
    text = write(logic)

    assert not text.startswith("{")
    assert condition(text).logic == condition(logic).logic
    assert write(parse(text)) == text


@few
@given(st.one_of(conditions, few_conditions))
def test_the_text_that_is_shown_is_the_one_that_can_be_read_back(logic):
    assert condition(logic).text == write(logic)


@few
@given(st.one_of(conditions, few_conditions), st.one_of(whole_accounts, few_values))
def test_the_stored_form_means_what_was_written(logic, values):
    as_written = lower(read(logic))

    assert condition(logic).truth(scope(values)) is as_written(scope(values))


fractions = st.recursive(
    st.one_of(
        st.tuples(st.integers(-999_999, 999_999), st.integers(0, 6)).map(lambda two: Decimal(two[0]).scaleb(-two[1])),
        st.integers(-9, 9),
    ),
    lambda inner: st.tuples(st.sampled_from("+-*/%"), inner, inner).map(lambda three: {three[0]: list(three[1:])}),
    max_leaves=6,
)
STEPS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else None,
    "%": lambda a, b: a - b * trunc(a / b) if b else None,
}


def exactly(logic):
    """By the rules of fractions; None where something is divided by 0."""
    if not isinstance(logic, dict):
        return Fraction(logic)
    (sign, (left, right)), *_ = logic.items()
    one, two = exactly(left), exactly(right)
    return None if one is None or two is None else STEPS[sign](one, two)


@few
@given(fractions, fractions)
def test_numbers_are_compared_as_fractions_without_any_rounding(left, right):
    one, two = exactly(left), exactly(right)

    for sign, compare in (("<", operator.lt), ("==", operator.eq), (">=", operator.ge)):
        found = condition({sign: [left, right]}).truth(scope())
        assert found is (None if one is None or two is None else compare(one, two))


@few
@given(fractions, st.integers(-4, 4))
def test_a_number_is_rounded_to_the_nearest_with_halves_away_from_zero(logic, digits):
    number, step = exactly(logic), Fraction(10) ** -digits

    found = expression({"round": [logic, digits]}).value(scope())

    if number is None:
        assert found is UNKNOWN
    else:
        away = abs(Fraction(found)) - abs(number)
        assert Fraction(found) % step == 0
        assert -step / 2 < away <= step / 2


@few
@given(conditions, whole_accounts)
def test_a_condition_that_was_stored_is_asked_without_its_vocabulary(logic, values):
    compiled = condition(logic)

    stored = Condition.model_validate_json(compiled.model_dump_json())

    assert stored == compiled
    assert stored.truth(scope(values)) is compiled.truth(scope(values))
    assert stored.reads == compiled.reads


@few
@given(conditions, whole_accounts)
def test_a_condition_asks_for_nothing_that_it_does_not_name_in_its_reads(logic, values):
    compiled = condition(logic)

    read = {path: value for path, value in values.items() if path in compiled.reads}

    assert compiled.truth(scope(read)) is compiled.truth(scope(values))


@few
@given(conditions, whole_accounts, st.sets(st.sampled_from(["role", "relationship"])))
def test_a_why_tells_the_truth_and_the_parts_that_decided_it_share_it(logic, values, fields):
    compiled, seen = condition(logic), scope(forgotten(values, [], fields))

    why = compiled.why(seen).deciding()

    assert why.truth is compiled.truth(seen)
    assert sum(part.decided for _, part in why.walk()) >= 1
