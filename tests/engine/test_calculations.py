"""Texts calculate as conditions do: `{{ account.arr / account.seats | money }}`."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.placeholders import cut_out
from engine.problems import START
from engine.templates import Piece, Template, Templates, Unfit
from engine.values import UNKNOWN
from tests.support.playbooks import lines, told
from tests.support.workspaces import workspace

NAMES = {
    "account": {
        "name": "Acme",
        "arr": Decimal(40000),
        "seats": 7,
        "renewal_date": date(2026, 6, 1),
        "tier": "growth",
        "time_zone": "America/New_York",
        "country": UNKNOWN,
    },
    "metrics": {"adoption": {"value": Decimal("0.725")}, "nps": {"value": 5}},
    "contact": {"name": "Kim Lee"},
    "now": datetime(2026, 3, 2, 14, tzinfo=UTC),
}


def text(source: str) -> str | Unfit:
    return workspace().templates.render_text(source, NAMES)


UNTOLD = {
    "account": {"name": UNKNOWN, "arr": UNKNOWN, "renewal_date": UNKNOWN},
    "metrics": {"adoption": {"value": UNKNOWN}},
}


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ('{{ account.arr | money | or("not told") }}', "not told"),
        ('{{ account.arr | or("not told") | money }}', "not told"),
        ("{{ account.arr | or(0) | money }}, {{ account.arr * 2 | or(0) | money }}", "$0, $0"),
        ('{{ account.renewal_date | date | or("some day") }}', "some day"),
        ('{{ metrics.adoption.value | percent | or("-") }}, {{ metrics.adoption.value | or(0.5) }}', "-, 50%"),
        ('{{ account.name | first_name | or("there") }}', "there"),
        ("{% if known(account.arr) %}{{ account.arr | money }}{% else %}none{% endif %}", "none"),
        ("{% if not known(account.arr) and 1 < 2 %}a{% elif known(account.name) %}b{% endif %}", "a"),
        ("{{ account.arr | money }}", Unfit("account.arr")),
        ("{% if account.arr > 5 %}much{% endif %}", Unfit("account.arr")),
    ],
)
def test_what_is_not_known_goes_through_filters_to_or_and_can_be_asked_for(source, made):
    assert workspace().templates.render_text(source, UNTOLD) == made
    assert faults(source) == []


def faults(source: str) -> list[str]:
    names = workspace().vocabulary.names(outcomes={}, playbooks=["other"], roles=["csm"])
    found = workspace().templates.faults(source, names)
    return [f"{one.offset}: {one.message}. {one.fix}" for one in found]


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("{{ days_until(account.renewal_date) }} days", "91 days"),
        ("{{ (account.renewal_date + 30 days) | date }}", "1 July 2026"),
        ("{{ account.renewal_date - 30 days | date }}", "2 May 2026"),
        ("{{ account.arr * 1.1 }}", "44000"),
        ("{{ account.arr * 2 | money }}", "$80,000"),
        ("{{ account.arr / account.seats }}", "5714.29"),
        ("{{ account.arr / account.seats | money }}", "$5,714.29"),
        ("{{ account.seats / 10 | percent }}", "70%"),
        ("{{ metrics.adoption.value - 10% }}", "62.5%"),
        ("{{ max(account.seats, 20) - round(metrics.nps.value / 2) }}", "17"),
        ('{{ "big" if account.tier == "enterprise" else "small" }}', "small"),
        ('{{ account.renewal_date > "2026-01-05" }}', "true"),
        ("{{ 1 / 3 }}, {{ account.name }}, {{ 2 / 3 | percent(1) }}", "0.33, Acme, 66.7%"),
        ("{% set half = account.seats %}{{ half * 2 }}", "14"),
        ("{% for n in [1, 2] %}{{ loop.index * n }}{% endfor %}", "14"),
        ("{% raw %}{{ 1 + account.seats }}{% endraw %}{# {{ 1 / 0 }} #}", "{{ 1 + account.seats }}"),
    ],
)
def test_a_text_calculates_what_a_condition_may(source, made):
    assert faults(source) == []
    assert text(source) == made


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ metrics.logins.value / account.seats }}", Unfit("metrics.logins.value")),
        ('{{ metrics.logins.value / account.seats | or("?") }}', "?"),
        ("{{ 10 + account.arr / (account.seats - 7) }}", Unfit("account.arr / (account.seats - 7)")),
        ('{{ account.arr / (account.seats - 7) | or("many") }}', "many"),
        ("{% set x = account.arr / 0 %}", Unfit("a value that fits (nothing can be divided by 0)")),
        ("{{ known(account.country) }}", "false"),
        ('{{ account.country == "US" or account.seats > 5 }}', "true"),
    ],
)
def test_what_cannot_be_known_is_unknown_as_in_a_condition(source, said):
    assert text(source) == said


def test_what_may_be_of_one_or_another_type_is_what_it_is_now():
    texts = Templates()

    found = [texts.render_text("{{ event.score * 2 }}", {"event": {"score": score}}) for score in (4, "four")]

    assert found == ["8", Unfit("event.score * 2")]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ acount.arr * 2 }}", "3: acount.arr is not in the vocabulary. Did you mean account.arr?"),
        ("Of\n{{ 2 * account.ar }}", "10: account.ar is not in the vocabulary. Did you mean account.arr?"),
        ("{{ account.name - account.arr }}", "3: a number (USD) cannot be taken from text."),
        ("{{ account.name * 2 | money }}", "3: "),
        ('{{ account.tier == "big" }}', '19: "big" is not one of its choices. '),
        ("{{ lower(account.name) | money }}", "3: lower(account.name) is text, which `money` does not take. "),
        ("{{ abs(account.arr) }}", "3: 'abs' is not a function. "),
        ("{{ round() }}", "3: 'round' takes 1 to 2 arguments, not 0. Give it what it takes."),
        ("{{ round(account.arr, account.seats) }}", "22: the digits of round are a whole number from -15 to 15."),
        ("{{ account.arr > 5 and }}", "22: something is missing behind the last 'and'. "),
        (f"{{{{ {'(' * 300}1 + 1{')' * 300} }}}}", "67: brackets nest too deep here. "),
        ("{{ 30 days }}", "3: 30 days is a duration, which a text cannot show. "),
        ("{{ account.arr / 0 }}", "3: account.arr / 0 can never be known. A division by 0 has no answer"),
        ("{{ item.seats / 2 }}", "3: item.* can be read only in a playbook that runs for `each` contact or record. "),
        ('{{ running("nothing") }}', '11: there is no playbook "nothing". Known: other.'),
        ("{{ (account.arr }} x", "0: this is no template: unexpected '}', expected ')'."),
    ],
)
def test_a_calculation_that_is_wrong_is_told_as_in_a_condition(source, said):
    assert [one for one in faults(source) if one.startswith(said)], faults(source)


def test_what_was_so_at_the_start_is_asked_in_a_playbook_and_not_in_a_template():
    source = "{{ account.seats - at_start(account.seats) }}"
    template = Template("plan", "plan.md", Piece(source, START))

    (problem,) = Templates((template,)).check("plan", workspace().vocabulary.names())

    assert faults(source) == []
    assert "at_start(…) can be read in the texts of a playbook, and not in a template's file" in str(problem)


_PLAIN = st.sampled_from(
    ["account.name", "account.arr", "account.arr | money", "now | date", 'account.country | or("x")', "nothing.at.all"]
)
_WORDS = st.text(st.characters(blacklist_characters="{}%#\r", blacklist_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(_WORDS, _PLAIN, st.sampled_from([" ", "", "\n"]))))
def test_law_a_text_of_plain_names_is_left_as_it_is(parts):
    source = "".join(f"{words}{{{{{space}{name}{space}}}}}" for words, name, space in parts)

    assert cut_out(source).source == source


@given(_WORDS, _PLAIN)
def test_law_a_calculation_beside_it_changes_no_plain_name(words, name):
    plain = f"{words}{{{{ {name} }}}}"

    beside = text(f"{plain}{{{{ 1 + account.seats }}}}")

    assert beside == (made if isinstance(made := text(plain), Unfit) else f"{made}8")


_BITS = [
    "account.arr", "account.name", "account.seats", "now", "contacts", "at_start(", "round(", "known(", "count(",
    "(", ")", "1", "30%", '"x"', "2 days", "+", "-", "/", "*", "%", "==", "<", "and", "not", "in", "if", "else", "for",
    "[", "]", ",", "|", "money", "date", "or(", ".", "is", "~", "{", "}", "\n", "}}", "{{", "{%", "#",
]  # fmt: skip


@given(st.lists(st.sampled_from(_BITS), max_size=9))
def test_law_whatever_stands_there_is_made_or_told_and_what_is_no_fault_can_be_made(bits):
    source = f"{{{{ {' '.join(bits)} }}}}"

    found, made = faults(source), text(source)

    assert isinstance(made, str | Unfit)
    assert found or not str(getattr(made, "missing", "")).startswith("a value that fits")


# In a run


def test_a_title_reads_contacts_and_what_was_so_at_the_start():
    title = "{{ count(c.role == 'champion' for c in contacts) }} of {{ account.seats - at_start(account.seats) }} more"
    steps = f'  - {{wait: on, for: 2 days}}\n  - task: call\n    title: "{title}"'

    result = told(steps, account={"seats": 10}, then=[{"after": "1 day", "account": {"seats": 14}}])

    assert [*result.words.values()] == ["1 of 4 more"]


def test_a_division_by_zero_waits_for_a_number_that_fits():
    steps = '  - {task: call, title: "{{ account.arr / account.seats }} each"}'

    result = told(steps, account={"seats": 0}, then=[{"after": "1 day", "account": {"seats": 8}}])

    (parked,) = [one for one in result.trace if one.event == "parked"]
    assert "account.arr / account.seats" in str(parked.fields["reason"])
    assert lines(result, "opened") == [("2026-03-03T14:00:00Z", "call")]
    assert [*result.words.values()] == ["5000 each"]
