"""What changes between two versions of a playbook, in words."""

import pytest

from engine.diff import differences
from engine.plan import Plan
from tests.support.playbooks import compiled, source

STEPS = """\
- task: review
  due: 3 business days
  outcomes: [saved, lost]
- branch: how_bad
  cases:
    - when: outcome.review == "lost"
      then: [{end: lost}]
  otherwise: []
- wait: pause
  for: 3 days
"""


def plan(steps: str = STEPS, head: str = "", start: str = "") -> Plan:
    return compiled(source(steps, head=head, start=start))


def test_the_same_text_changes_nothing():
    assert differences(plan(), plan()) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("due: 3 business days", "due: 5 business days", "task review: due: 3 business days -> 5 business days"),
        ("[saved, lost]", "[saved, lost, late]", "task review: outcomes: saved, lost -> saved, lost, late"),
        ('== "lost"', '!= "saved"', 'branch how_bad: cases: outcome.review == "lost" -> outcome.review != "saved"'),
        ("for: 3 days", "for: 4 days", "wait pause: until: 3 days -> 4 days"),
        ("- wait: pause\n  for: 3 days\n", "", "removes wait pause for 3 days"),
        ("{end: lost}", "{end: gone}", "adds end gone first in how_bad/case/1"),
    ],
)
def test_a_changed_step_is_told_by_its_id_and_key(old, new, said):
    found = differences(plan(), plan(STEPS.replace(old, new)))

    assert said in found


def test_a_new_step_is_told_with_the_one_before_it():
    more = STEPS.replace("- wait: pause", "- slack: tell\n  to: csm\n  text: hello\n- wait: pause")

    assert differences(plan(), plan(more)) == ['adds slack tell to csm: "hello" after how_bad']


def test_steps_that_change_places_are_told():
    first, rest = STEPS.split("- branch", 1)
    branch, wait = rest.split("- wait", 1)

    found = differences(plan(), plan(f"{first}- wait{wait}- branch{branch}"))

    assert found == ["the order of the steps changes"]


def test_what_stands_at_the_head_is_told_too():
    head = 'goal: {when: metrics.health.zone == "green", outcome: recovered}\npriority: 80\n'

    found = differences(plan(), plan(head=head))

    assert found == ['goal: none -> metrics.health.zone == "green": recovered', "priority: 50 -> 80"]


def test_another_start_is_told_in_its_own_words():
    found = differences(plan(), plan(start="start: {again: always}\n"))

    assert found == ["starts: when stage and tier match; once -> when stage and tier match; each time"]
