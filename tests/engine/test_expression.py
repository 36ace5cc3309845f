"""The author's text into JsonLogic and back, and what is said where it cannot be read."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expression import Fault, parse, parse_at, write

NINE = {"var": "account.arr"}


@pytest.mark.parametrize(
    ("text", "logic"),
    [
        ("account.arr >= 50000", {">=": [NINE, 50000]}),
        ("metrics.logins.change <= -30%", {"<=": [{"var": "metrics.logins.change"}, {"percent": -30}]}),
        ("0 <= account.arr <= 90", {"<=": [0, NINE, 90]}),
        ("0 < account.arr <= 90", {"and": [{"<": [0, NINE]}, {"<=": [NINE, 90]}]}),
        ("account.arr not in [1, 2]", {"!": [{"in": [NINE, [1, 2]]}]}),
        ("1.50", Decimal("1.5")),
        ("7 % 2", {"%": [7, 2]}),
        ("1 + 2 + 3 - 4", {"-": [{"+": [1, 2, 3]}, 4]}),
        ("1 if true else 2 if false else 3", {"if": [True, 1, False, 2, 3]}),
        ("now + 2 days", {"+": [{"var": "now"}, {"duration": "2 days"}]}),
        ('account.class == "x"', {"==": [{"var": "account.class"}, "x"]}),
        ("'it''s'".replace("''", "\\'"), "it's"),
        ("any(c.vip for c in contacts)", {"some": [{"var": "contacts"}, {"var": "vip"}]}),
        ("any(p.vip for p in contacts)", {"some": [{"var": "contacts"}, {"var": "vip"}, "p"]}),
        ("count(c for c in contacts)", {"count": [{"var": "contacts"}, True]}),
        ("all(t.seats > account.arr for t in records.teams if t.vip)",
         {"all": [{"filter": [{"var": "records.teams"}, {"var": "vip"}]}, {">": [{"var": "seats"}, NINE]}]}),
        ('{"<": [{"var": "account.arr"}, 0.7]}', {"<": [NINE, Decimal("0.7")]}),
    ],
)  # fmt: skip
def test_text_is_read_as_json_logic(text, logic):
    assert parse(text) == logic


@pytest.mark.parametrize(
    "text",
    [
        'metrics.health.zone == "red" and 0 <= days_until(account.renewal_date) <= 90',
        'not any(c.role == "champion" and c.relationship >= 3 for c in contacts)',
        'all(c.role == "end_user" or c.active for c in contacts if c.relationship > 1)',
        "any(any(t.lead == c.id for t in records.teams) for c in contacts)",
        "any(person.vip for person in contacts)",
        'account.tier not in ["growth", "starter"]',
        "(account.arr + 1) * 2 - 3 - (4 - 5) > -account.seats",
        "not (account.vip and account.arr > 1) or account.vip",
        "account.vip and (account.arr > 1 or account.seats > 1)",
        "account.arr > (1 if account.vip else 2)",
        "1 if account.vip else 2 if account.arr > 1 else 3",
        "90 >= account.arr > 0",
        "0 <= account.arr and account.arr <= 5",
        "account.arr > 0 and account.arr < 5 and account.vip",
        "account.arr <= -12.5%",
        "account.renewal_date - 3 business days < now",
        'starts_with(lower(account.name), "a \\"b\\" \\\\ ü\\n")',
        'last_outcome("renewal-risk") == "saved"',
        "round(account.arr / 7 % 2, 2) == max(1, 2.5)",
        "-(account.arr + 1) < 0",
        "-(-account.arr) < 0",
        "(account.arr == 1) == (account.seats == 2)",
        "0 < count(c.now for c in contacts) < 5",
    ],
)
def test_a_text_in_its_plainest_form_comes_back_the_same(text):
    assert write(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "plainer"),
    [
        ("((account.arr))>=5", "account.arr >= 5"),
        ("account.arr   in [ 'a' ]", 'account.arr in ["a"]'),
        ("0 < account.arr and account.arr <= 5", "0 < account.arr <= 5"),
        ("not (account.arr in [1])", "account.arr not in [1]"),
        ("account.arr > 5.00", "account.arr > 5"),
        ("account.arr\n  > 1", "account.arr > 1"),
        ("now + 1   days", "now + 1 day"),
        ("count(true for c in contacts)", "count(c for c in contacts)"),
    ],
)
def test_a_text_is_written_in_its_plainest_form(text, plainer):
    assert write(parse(text)) == plainer


def test_what_has_no_text_form_is_written_as_json():
    logic = {"cat": [{"var": "account.name"}, Decimal("0.5")]}

    assert write(logic) == '{"cat": [{"var": "account.name"}, 0.5]}'
    assert parse(write(logic)) == logic


def test_every_part_knows_where_its_text_begins():
    parsed = parse_at('account.vip and any(c.role == "x" for c in contacts)')

    assert parsed.offset(("and", 0)) == 0
    assert parsed.offset(("and", 1)) == 16
    assert parsed.offset(("and", 1, "some", 1, "==", 0)) == 20
    assert parsed.offset(("and", 1, "some", 1, "==", 1)) == 30
    assert parsed.offset(("and", 1, "some", 0, "no such place")) == 43


def test_places_count_characters_not_bytes():
    text = 'account.name == "ü" and account.arr = 1'

    (fault,) = parse(text)

    assert text[fault.offset] == "="
    assert fault.offset == 36


@pytest.mark.parametrize(
    ("text", "offset", "said"),
    [
        ("", 0, "there is no condition"),
        ("account.arr = 5", 12, "write =="),
        ("account.arr > 5 && true", 16, "write and"),
        ("account.arr > 5 AND true", 16, "write and"),
        ("account.arr is 5", 12, "write =="),
        ("account.vip == True", 15, "write true"),
        ("account.arr == None", 15, "write known"),
        ("account.arr >= 50k", 15, "'50k' is not a number"),
        ("account.arr >= 1e5", 15, "'1e5' is not a number"),
        ("account.arr >= 1_000", 15, "'1_000' is not"),
        ("account.arr >= 1,000", 17, "1000"),
        ("account.arr >= 1234567890.1234567", 15, "15 digits"),
        ("7%2 == 1", 0, "spaces around %"),
        ('account.name == "x', 16, "no closing quote"),
        ("account.name == “x”", 16, "straight quotes"),
        ("(account.arr > 5", 0, "never closed"),
        ("account.arr > 5)", 15, "closes nothing"),
        ("account.arr in [1)", 17, "closes nothing"),
        ("account.arr > 5 and", 19, "missing behind the last 'and'"),
        ("account.arr >", 13, "missing behind the last '>'"),
        ("account.arr account.seats", 12, "cannot be read from 'account.seats'"),
        ("growth == account.tier", 0, "text stands in quotes"),
        ("known == true", 0, "write known(…)"),
        ("anny(c.vip for c in contacts)", 0, "did you mean any(…)"),
        ("account.name.lower() == 'x'", 0, "write lower(account.name)"),
        ("now() > account.signed_at", 0, "without brackets"),
        ("any(contacts)", 0, "looks at the items"),
        ("min(c.relationship for c in contacts) > 1", 0, "takes no 'for'"),
        ("any(c.vip for c in account.arr)", 19, "only contacts and records"),
        ("any(now.vip for now in contacts)", 16, "name of its own"),
        ("any(account.vip for account in contacts)", 20, "name of its own"),
        ("any(c.vip for c in contacts for d in contacts)", 4, "one 'for' with one 'if'"),
        ("contacts[0] == 1", 8, "closes nothing|cannot"),
        ("account.arr ** 2 > 1", 12, "multiply"),
        ("account.arr // 2 > 1", 12, "round"),
        ("+account.arr > 1", 0, "take the + out"),
        ("lambda: 1", 6, "not a sign"),
        ("account.arr > 3 # big", 16, "behind # in the yaml"),
        ("account.start_date + 1.5 days > now", 21, "whole"),
        ("now + 101 years > now", 6, "100 years"),
        ('{"==": [1, 1], "<": [1, 2]}', 0, "one operator"),
        ('{"==": [1, 1]', 13, "no json"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text, offset, said):
    found = parse(text)

    assert isinstance(found, list)
    assert any(word in str(found[0]).lower() for word in said.split("|"))
    if text[offset : offset + 1] != "[":
        assert found[0].offset == offset


def test_all_that_is_wrong_is_told_at_once():
    assert [fault.offset for fault in parse("a = 1 && b")] == [2, 6]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "true" + ")" * 10_000,
        "[" * 70 + "]" * 70 + " == 1",
        "not " * 10_000 + "true",
        "-" * 10_000 + "1 > 0",
        "true if " * 5_000 + "true" + " else true" * 5_000,
        "1" + " + (1" * 200 + ")" * 200,
        "1" + " - 1" * 400 + " > 0",
        '{"!": ' * 10_000 + "true" + "}" * 10_000,
        "account.vip and " * 50_000 + "true",
        "a" * 100_000,
    ],
)
def test_nesting_without_end_is_an_error_and_no_crash(text):
    found = parse(text)

    assert isinstance(found, list)
    assert all(isinstance(one, Fault) for one in found)


WORDS = (
    "account.arr",
    "c",
    "for",
    "in",
    "contacts",
    "any(",
    ")",
    "(",
    "and",
    "not",
    "if",
    "else",
    "==",
    "5",
    "30%",
    "[",
    "]",
    ",",
    "-",
    "+",
    "3_days",
    "now",
    "known(",
)
texts = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="aco.()[]\"'<>=!+-*/% 19_#,{}:\\\n", max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=14).map(lambda words: " ".join(words).replace("_", " ")),
)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_any_text_is_read_or_refused_never_a_crash(text):
    found = parse(text)

    if isinstance(found, list) and found and isinstance(found[0], Fault):
        assert all(0 <= fault.offset <= len(text) and fault.message for fault in found)
