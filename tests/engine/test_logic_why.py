"""Why a condition is what it is: every name with the value it saw, and the parts that decided."""

import pytest

from tests.support.wording import condition, contact, scope


def why(text, **values):
    return condition(text).why(scope(**values)).deciding()


def told(found):
    return [(part.text, part.to_json().get("truth", part.to_json().get("value"))) for _, part in found.walk()]


def decided(found):
    return [part.text for _, part in found.walk() if part.decided]


RED_AND_BIG = 'metrics.health.zone == "red" and account.arr >= 50000'


def test_every_name_is_told_with_the_value_it_saw():
    found = why(RED_AND_BIG, metrics__health__zone="red", account__arr=60000)

    assert told(found) == [
        (RED_AND_BIG, True),
        ('metrics.health.zone == "red"', True),
        ("metrics.health.zone", "red"),
        ("account.arr >= 50000", True),
        ("account.arr", 60000),
    ]


def test_what_was_unknown_is_told_as_null():
    found = why(RED_AND_BIG, metrics__health__zone="red")

    assert found.to_json() == {
        "text": RED_AND_BIG,
        "truth": None,
        "parts": [
            {
                "text": 'metrics.health.zone == "red"',
                "truth": True,
                "parts": [{"text": "metrics.health.zone", "value": "red", "parts": []}],
            },
            {
                "text": "account.arr >= 50000",
                "truth": None,
                "parts": [{"text": "account.arr", "value": None, "parts": []}],
                "decided": True,
            },
        ],
    }


def test_a_false_and_is_decided_by_its_false_part():
    assert decided(why(RED_AND_BIG, metrics__health__zone="green")) == ['metrics.health.zone == "red"']


def test_a_true_and_is_decided_by_all_its_parts():
    assert len(decided(why(RED_AND_BIG, metrics__health__zone="red", account__arr=60000))) == 2


def test_a_true_or_is_decided_by_its_true_part():
    assert decided(why("account.vip or account.arr > 1", account__arr=5)) == ["account.arr > 1"]


def test_a_not_hands_on_the_question():
    assert decided(why("not (account.vip or account.arr > 1)", account__vip=True)) == ["account.vip"]


def test_a_bare_boolean_is_a_truth_known_or_not():
    assert why("account.vip").to_json() == {"text": "account.vip", "truth": None, "parts": [], "decided": True}


def test_items_are_told_by_name_and_the_one_that_decided_is_marked():
    people = (contact("Kim", role="other"), contact("Lee", role="champion"), {"id": "c3"})

    found = why('any(c.role == "champion" for c in contacts)', contacts=people)

    assert told(found)[1:] == [
        ('c = Kim: c.role == "champion"', False),
        ("c.role", "other"),
        ('c = Lee: c.role == "champion"', True),
        ("c.role", "champion"),
        ('c = c3: c.role == "champion"', None),
        ("c.role", None),
    ]
    assert decided(found) == ['c = Lee: c.role == "champion"']


def test_of_many_items_those_that_decided_are_told():
    crowd = (*(contact(f"N{n}", role="other") for n in range(500)), contact("Kim", role="champion"))

    found = why('any(c.role == "champion" for c in contacts)', contacts=crowd)

    assert len(found.parts) == 10
    assert decided(found) == ['c = Kim: c.role == "champion"']


def test_contacts_that_nobody_told_of_are_the_reason():
    found = why('any(c.role == "champion" for c in contacts)')

    assert told(found)[1:] == [("contacts", None)]


def test_functions_are_told_with_what_they_gave_and_saw():
    from datetime import date

    found = why("0 <= days_until(account.renewal_date) <= 90", account__renewal_date=date(2026, 6, 1))

    assert told(found)[1:] == [("days_until(account.renewal_date)", 91), ("account.renewal_date", "2026-06-01")]


def test_what_a_run_remembers_is_told_as_the_author_wrote_it():
    found = why("account.arr > at_start(account.arr)", account__arr=6, at_start__account__arr=5)

    assert ("at_start(account.arr)", 5) in told(found)


def test_operators_without_a_text_are_told_as_json():
    found = why({"in": ["x", {"map": [{"var": "contacts"}, {"var": "name"}]}]}, contacts=(contact("x"),))

    assert found.truth is True
    assert ("contacts", [{"id": "x", "name": "x"}]) in told(found)


@pytest.mark.parametrize(
    ("logic", "text"),
    [
        ({"!": {"missing": ["account.arr", "account.name"]}}, "not missing(account.arr, account.name)"),
        ({"!!": {"missing_some": [1, ["account.arr"]]}}, "missing_some(1, account.arr) is not empty"),
        ({"!!": {"var": "account.name"}}, "account.name is not empty"),
        (
            {"none": [{"var": "contacts"}, {"==": [{"var": "role"}, "other"]}]},
            'not any(c.role == "other" for c in contacts)',
        ),
        ({"<": [{"var": ["account.arr", 7]}, 9]}, "(account.arr if known(account.arr) else 7) < 9"),
        ({">": [9, {"var": "account.arr"}, 3]}, "9 > account.arr > 3"),
        ({"and": [{"log": {"var": "account.vip"}}]}, "account.vip"),
        ({"==": [{"cat": [{"var": "account.name"}, "!"]}, "Acme!"]}, 'cat(account.name, "!") == "Acme!"'),
        ({"==": [{"substr": [{"var": "account.name"}, 0, 2]}, "Ac"]}, 'substr(account.name, 0, 2) == "Ac"'),
        (
            {"in": ["champion", {"map": [{"var": "contacts"}, {"var": "role"}]}]},
            '"champion" in [c.role for c in contacts]',
        ),
        ({"in": [{"var": "account.arr"}, {"merge": [[1, 2], 3]}]}, "account.arr in merge([1, 2], 3)"),
        ({"some": [[1, 2], {">": [{"var": ""}, {"var": "account.arr"}]}]}, "any(i > account.arr for i in [1, 2])"),
        (
            {"!": {"filter": [{"var": "contacts"}, {">": [{"var": "relationship"}, 2]}]}},
            "not [c for c in contacts if c.relationship > 2]",
        ),
        (
            {"<": [{"reduce": [{"var": "contacts"}, {"+": [{"var": "accumulator"}, 1]}, 0]}, 9]},
            "reduce(accumulator + 1 for contacts, from 0) < 9",
        ),
        (
            {"some": [{"var": "contacts"}, {"some": [{"var": "contacts"}, {"!=": [{"var": "id"}, {"var": "id@1"}]}]}]},
            "any(any(c2.id != c.id for c2 in contacts) for c in contacts)",
        ),
    ],
)  # fmt: skip
def test_every_operator_of_json_logic_is_told_in_words(logic, text):
    told_as = condition(logic)

    assert told_as.text == text
    assert all("{" not in part.text for _, part in told_as.why(scope()).walk())
