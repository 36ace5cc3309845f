"""What a condition asks, in words for people who do not read conditions."""

import pytest

from engine.render.asked import InWords
from engine.steps.wait import WaitSpec
from tests.support.playbooks import compiled, setting, source


def asked(text):
    steps = "  - {task: review, outcomes: [at_risk, fine, lost]}\n"
    wait = f"  - wait: w\n    for: >-\n      {text}\n    at_most: 3 days\n    otherwise: []"
    spec = compiled(source(steps + wait)).steps["w"].spec
    assert isinstance(spec, WaitSpec)
    return InWords(setting().vocabulary).said(spec.condition)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metrics.nps.value < 5", "NPS is less than 5"),
        ("5 > metrics.nps.value", "NPS is less than 5"),
        ("metrics.nps.change <= -30%", "the change of NPS is -30% or less"),
        ("account.arr >= 20000", "ARR is $20,000 or more"),
        ('outcome.review == "at_risk"', "“Review” came out as at risk"),
        ('account.tier in ["growth", "starter"]', "tier is growth or starter"),
        ('account.tier not in ["growth", "starter"]', "tier is neither growth nor starter"),
        ("not known(metrics.nps.value)", "NPS is not known"),
        ("0 <= days_until(account.renewal_date) <= 90", "number of days to renewal date is from 0 to 90"),
        ("account.renewal_date > at_start(account.renewal_date)", "renewal date is after renewal date at the start"),
        ('account.renewal_date >= "2026-06-01"', "renewal date is not before 1 June 2026"),
        ('not any(c.role == "end_user" for c in contacts)', "there is no contact with the role of end user"),
    ],
)
def test_a_comparison_is_said_with_titles_and_units(text, said):
    assert asked(text) == said


def test_parts_are_joined_as_they_hold_together_and_what_has_no_words_stands_as_written():
    said = asked('running("other") and (account.seats > 2 or account.arr > account.seats)')

    assert said == 'running("other") and (seats is more than 2 or ARR is more than seats)'
