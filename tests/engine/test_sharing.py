"""One piece of work at a time: tasks of one identity, and escalations of one step."""

import pytest

from tests.support.playbooks import lines, told

AGAIN = "start: {when: metrics.nps.value < 5, again: always}\n"
FALL = [{"after": "1 day", "metrics": {"nps": 9}}, {"after": "2 days", "metrics": {"nps": 2}}]
FIND = """
  - {task: find, title: "Find a champion, NPS is {{ metrics.nps.value }}", same_as: champion, then: continue}
"""
WAIT_FOR_IT = """
  - task: find
    same_as: champion
    outcomes: [found, gave_up]
    then: continue
  - task: search
    title: Search again
    same_as: champion
    outcomes: [found, gave_up]
  - branch: how
    cases: [{when: outcome.search == "found", then: [{end: well}]}]
    otherwise: [{end: badly}]
"""


def events(story, *wanted):
    return [(str(one.to_json()["at"])[:10], one.event, one.path) for one in story.trace if one.event in wanted]


def test_an_open_task_of_the_same_identity_is_updated_and_not_doubled():
    story = told(FIND, start=AGAIN, metrics={"nps": 3}, then=FALL)

    assert events(story, "opened", "updated") == [
        ("2026-03-02", "opened", "find"),
        ("2026-03-04", "updated", "find"),  # what the second run says
        ("2026-03-04", "updated", "find"),  # what becomes of the task of the first
    ]
    assert story.trace[-1].fields["set"] == {"title": "Find a champion, NPS is 2"}


@pytest.mark.parametrize("name", ["find", "search"])
def test_both_hear_its_outcome_by_whichever_name_it_is_completed(name):
    story = told(WAIT_FOR_IT, then=[{"after": "3 days", "complete": name, "outcome": "found", "by": "ana"}])

    assert events(story, "opened", "completed") == [
        ("2026-03-02", "opened", "find"),
        ("2026-03-05", "completed", "find"),
        ("2026-03-05", "completed", "search"),
    ]
    assert story.outcome == "well"


def test_what_is_told_of_anothers_work_is_marked_and_one_run_tells_an_update_once():
    steps = WAIT_FOR_IT.replace("title: Search again", "title: Seek")

    story = told(steps, then=[{"after": "3 days", "complete": "find", "outcome": "found", "by": "ana"}])

    marked = [(one.event, one.path, one.fields.get("joined", False)) for one in story.trace]
    assert [one for one in marked if one[0] in {"updated", "completed"}] == [
        ("updated", "search", True), ("completed", "find", False), ("completed", "search", True),
    ]  # fmt: skip


def test_when_it_is_closed_the_next_one_is_a_new_one():
    then = [{"after": "12 hours", "complete": "find"}, *FALL]

    story = told(FIND, start=AGAIN, metrics={"nps": 3}, then=then)

    assert events(story, "opened", "updated") == [("2026-03-02", "opened", "find"), ("2026-03-04", "opened", "find")]


def test_what_its_owner_takes_back_is_opened_anew_by_whoever_waits():
    steps = WAIT_FOR_IT.replace("then: continue", "then: continue\n    at_most: 2 days\n    otherwise: []", 1)

    story = told(steps, then=[{"after": "3 days", "complete": "search", "outcome": "found"}])

    assert events(story, "opened", "withdrawn", "completed") == [
        ("2026-03-02", "opened", "find"),
        ("2026-03-04", "withdrawn", "find"),
        ("2026-03-04", "opened", "search"),
        ("2026-03-05", "completed", "search"),
    ]


def test_whoever_waits_closes_its_own_side_when_its_own_reason_has_gone():
    steps = WAIT_FOR_IT.replace("title: Search again", "auto_close: metrics.nps.value >= 8")

    story = told(steps, metrics={"nps": 3}, then=[{"after": "1 day", "metrics": {"nps": 9}}])

    assert events(story, "completed") == [("2026-03-03", "completed", "search")]
    assert story.outcome == "badly"


def test_identities_may_name_what_they_are_about():
    steps = """
  - {task: first, same_as: "plan for {{ account.tier }}", then: continue}
  - {task: second, same_as: "plan for {{ account.stage }}", then: continue}
"""

    assert lines(told(steps), "opened") == [("2026-03-02T14:00:00Z", "first"), ("2026-03-02T14:00:00Z", "second")]


FIRE = """
  - escalate: fire
    reason: "NPS is {{ metrics.nps.value }}"
    ladder: [{to: csm, within: 2 business days}, {to: cs_manager, within: 1 day}]
    then: continue
"""


def test_while_an_incident_lasts_a_second_escalation_of_the_step_updates_it():
    story = told(FIRE, start=AGAIN, metrics={"nps": 3}, then=FALL)

    assert events(story, "opened", "escalated", "updated") == [
        ("2026-03-02", "opened", "fire/ladder/1"),
        ("2026-03-04", "updated", "fire"),
        ("2026-03-04", "updated", "fire"),
        ("2026-03-04", "escalated", "fire/ladder/2"),
    ]


def test_work_that_a_newcomer_leaves_as_it_is_says_so_once():
    one = "{escalate: fire, reason: Red, then: continue, ladder: [{to: csm, within: 9 days}]}"
    twice = f"  - every: round\n    schedule: day\n    times: 2\n    do: [{one}]"

    result = told(twice)

    assert [(event, path) for _, event, path in events(result, "opened", "updated")] == [
        ("opened", "round#1/fire/ladder/1"), ("updated", "round#2/fire"),
    ]  # fmt: skip


def test_after_an_incident_is_acknowledged_the_next_one_is_a_new_one():
    then = [{"after": "12 hours", "acknowledge": "fire", "by": "ana"}, *FALL]

    story = told(FIRE, start=AGAIN, metrics={"nps": 3}, then=then)

    assert [event for _, event, _ in events(story, "opened", "updated", "acknowledged")] == [
        "opened", "acknowledged", "opened",
    ]  # fmt: skip
