"""Why something was so, in words for people who do not read conditions."""

import pytest

from engine.render.reasons import reason
from tests.support.playbooks import setting


def part(text, path, value, truth=True):
    return {"text": text, "truth": truth, "parts": [{"text": path, "value": value}], "decided": True}


@pytest.mark.parametrize(
    ("text", "path", "value", "said"),
    [
        ("metrics.nps.value < 5", "metrics.nps.value", 3, "NPS is 3 (less than 5)"),
        ("metrics.nps.previous >= 8", "metrics.nps.previous", 9, "NPS was 9 before (8 or more)"),
        ("metrics.nps.change <= -30%", "metrics.nps.change", -0.42, "NPS fell by 42%"),
        ('metrics.nps.zone == "red"', "metrics.nps.zone", "red", "NPS is red"),
        ("not known(metrics.nps.value)", "metrics.nps.value", None, "NPS: not known"),
        ("account.arr >= 20000", "account.arr", 148000, "ARR is $148,000 (20,000 or more)"),
        ('account.status == "on_hold"', "account.status", "on_hold", "status is on hold"),
        ('account.renewal_date == "x"', "account.renewal_date", "2026-06-01", "renewal date is 1 June 2026"),
        ('outcome.how_bad == "at_risk"', "outcome.how_bad", "at_risk", "“How bad” came out as at risk"),
        (
            "days_until(account.renewal_date) <= 120", "days_until(account.renewal_date)", 1,
            "1 day to the renewal date",
        ),
        ("event.score <= 6", "event.score", 3, "score is 3 (6 or less)"),
    ],
)  # fmt: skip
def test_a_comparison_is_said_with_what_it_saw(text, path, value, said):
    assert reason(part(text, path, value), setting().vocabulary) == said


def test_what_an_event_said_is_told_with_its_name():
    low = part("event.score <= 6", "event.score", 3)
    told = {"text": "on survey where event.score <= 6", "truth": True, "parts": [low]}

    assert reason(told, setting().vocabulary) == "“Survey” came in: score is 3 (6 or less)"


def test_what_was_not_so_says_what_was_instead():
    assert reason(part('account.tier == "starter"', "account.tier", "growth", truth=False), setting().vocabulary) == (
        "tier is growth"
    )


def test_of_contacts_the_question_is_told_and_not_each_answer():
    left = {"text": 'any(c.role == "champion" for c in contacts)', "truth": False, "parts": [
        part('c = Dana: c.role == "champion"', "c.role", "end_user", truth=False)]}  # fmt: skip

    assert reason(left, setting().vocabulary) == "there is no contact with the role of champion"


def test_only_the_parts_that_decided_are_told():
    yes, no = part("metrics.nps.value < 5", "metrics.nps.value", 3), part("account.arr > 9", "account.arr", 1, False)
    either = {"text": "metrics.nps.value < 5 or account.arr > 9", "truth": True, "parts": [yes, no]}

    assert reason(either, setting().vocabulary) == "NPS is 3 (less than 5)"


def test_what_has_no_plain_words_stands_as_its_author_wrote_it():
    odd = {"text": "metrics.nps.value * 2 < account.arr", "truth": True, "parts": [
        {"text": "metrics.nps.value", "value": 3}, {"text": "account.arr", "value": 9}]}  # fmt: skip

    assert reason(odd, setting().vocabulary) == (
        "metrics.nps.value * 2 < account.arr — metrics.nps.value = 3; account.arr = 9"
    )
