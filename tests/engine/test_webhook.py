"""`webhook`: what is posted, and what becomes of the run."""

import json
from typing import Any

import pytest

from tests.support.playbooks import compiled, lines, problems, source, story, told
from tests.support.unkind_hosts import Watched

POST = """\
  - webhook: tell
    url: crm
    body:
      account: account.id
      arr: account.arr * 2
      note: "{{ account.name }} is red"
      kind: renewal
      number: 7
      share: 0.5
      flag: true"""


def posted(steps: str, **said: Any) -> list[tuple[str, str, Any]]:
    world = Watched(compiled(source(steps)), story(**said))
    world.tell()
    return [(to, address, body) for to, address, body in world.seen.posts]


def test_calculations_texts_and_plain_values_become_json():
    result = told(POST)

    assert lines(result, "posted") == [("2026-03-02T14:00:00Z", "tell")]
    assert result.trace[1].fields == {"to": "crm"}
    assert result.outcome == "completed"


def test_the_body_is_what_the_author_wrote_with_its_values():
    [(to, address, body)] = posted(POST)

    assert (to, address) == ("crm", "https://crm.vendor.test/hooks")
    assert json.loads(body) == {
        "account": "account",
        "arr": 80000,
        "note": "Acme is red",
        "kind": "renewal",
        "number": 7,
        "share": 0.5,
        "flag": True,
    }


def test_a_body_may_have_mappings_and_lists_of_parts_inside():
    nested = (
        POST.partition("    body:")[0]
        + """\
    body:
      deal: {arr: account.arr * 2, tags: [renewal, "{{ account.name }}"], rows: [{tier: account.tier}], none: []}"""
    )

    [(_, _, body)] = posted(nested)

    assert json.loads(body) == {
        "deal": {"arr": 80000, "tags": ["renewal", "Acme"], "rows": [{"tier": "growth"}], "none": []}
    }


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("5 > 3", True),
        ("Version 1 < 2", "Version 1 < 2"),
        ("a -> b", "a -> b"),
        ("<b>hi</b>", "<b>hi</b>"),
        ("status=ok", "status=ok"),
        ("example.com", "example.com"),
        ("account.name is great", "account.name is great"),
        ("'account.name'", "account.name"),
    ],
)
def test_words_that_are_no_calculation_and_name_nothing_are_sent_as_they_are(written, sent):
    [(_, _, body)] = posted(f'  - webhook: tell\n    url: crm\n    body: {{said: "{written}"}}')

    assert json.loads(body) == {"said": sent}


@pytest.mark.parametrize(
    "written", ["account.nmae", "acount.name", "account.arr > ", "days_sinc(now)", "account.arr - x y"]
)
def test_words_that_begin_as_a_calculation_and_are_none_are_at_fault(written):
    assert len(problems(source(f'  - webhook: tell\n    url: crm\n    body: {{said: "{written}"}}'))) == 1


def test_what_is_not_known_waits_until_it_is():
    steps = "  - webhook: tell\n    url: crm\n    body: {seats: account.seats}"

    result = told(steps, then=[{"after": "2 days", "account": {"seats": 5}}])

    assert [(one.event, one.at.day) for one in result.trace if one.step] == [
        ("parked", 2),
        ("resumed", 4),
        ("posted", 4),
    ]
    assert result.trace[1].fields["reason"] == "seats is 'account.seats', which is not known"


def test_a_later_step_reads_what_became_of_it():
    cases = '[{when: outcome.tell == "posted", then: [{end: told}]}]'
    steps = f"{POST}\n  - branch: well\n    cases: {cases}\n    otherwise: []"

    assert told(steps).outcome == "told"


def test_an_address_that_policy_does_not_name_and_a_misspelt_field_are_told_in_their_places():
    text = source(
        '  - webhook: tell\n    url: crn\n    body:\n      a: acount.arr\n      b: [1]\n      c: "{{ account.nam }}"'
    )

    found = [(one.line, one.message) for one in problems(text)]

    assert found == [
        (6, "'crn' is not a webhook of policy.yaml"),
        (8, "acount.arr is not in the vocabulary"),
        (10, "account.nam is not in the vocabulary"),
    ]
