"""`raci` of a task: who answers for it, who is told when it opens and when it closes, and who is only shown."""

import pytest

from engine.run import Task
from tests.support.playbooks import compiled, problems, source, story, told
from tests.support.unkind_hosts import Watched

STEPS = """
  - task: review
    assign: csm
    outcomes: [saved, lost]
    raci: {accountable: vp_cs, consulted: [technical_lead, contact.champion], informed: [ae, csm]}
"""


def world_of(steps, **said):
    world = Watched(compiled(source(steps, start="start: by hand\n")), story(**said))
    world.tell()
    return world


def the_task(world) -> Task:
    (task,) = world.tasks.values()
    return task


def test_one_is_accountable_and_the_rest_are_shown_as_written():
    task = the_task(world_of(STEPS))

    assert (task.person, task.accountable) == ("ana", "gwen")
    assert (task.consulted, task.informed) == (("technical_lead", "contact.champion"), ("ae", "csm"))


def test_the_assignees_manager_is_accountable_where_nobody_is_named():
    task = the_task(world_of("  - {task: review, assign: csm}"))

    assert task.accountable == "max"


def test_whoever_gets_the_task_brings_their_own_manager():
    world = world_of("  - {task: review, assign: csm}", then=[{"after": "1 day", "reassign": "review", "to": "noor"}])

    assert the_task(world).accountable == "gwen"


def test_consulted_are_told_when_it_opens_and_contacts_are_never_messaged():
    world = world_of(STEPS, then=[{"after": "1 day", "complete": "review", "outcome": "saved"}])

    assert world.seen.bodies == [
        ("ana", "Review"),
        ("ben", "You are consulted: Review"),
        ("noor", "For your information: Review: saved"),
    ]


def test_whoever_is_informed_hears_of_a_task_that_closes_by_itself():
    steps = "  - {task: review, assign: csm, auto_close: metrics.nps.value >= 8, raci: {informed: ae}}"

    world = world_of(steps, metrics={"nps": 3}, then=[{"after": "1 day", "metrics": {"nps": 9}}])

    assert ("noor", "For your information: Review: auto closed") in world.seen.bodies


def test_the_accountable_is_named_in_the_trace_where_the_author_says_who():
    opened = next(one for one in told(STEPS).trace if one.event == "opened")

    assert opened.fields["accountable"] == "gwen"


def test_the_accountable_may_complete_the_task():
    done = [{"after": "1 day", "complete": "review", "outcome": "saved", "by": "gwen"}]

    completed = next(one for one in told(STEPS, then=done).trace if one.event == "completed")

    assert completed.fields == {"outcome": "saved", "by": "gwen"}


@pytest.mark.parametrize(
    ("raci", "message"),
    [
        ("{accountable: [csm, ae]}", "exactly one is accountable"),
        ("{accountable: contact.champion}", "a contact cannot be accountable for our task"),
        ("{consulted: [contact.champio]}", "'champio' is not a role of contacts. Did you mean 'champion'?"),
        ("{informed: boss}", "nobody has the role 'boss'"),
        ("{responsible: csm}", "'responsible' is not a key of a raci"),
    ],
)
def test_a_raci_that_cannot_be_is_refused(raci, message):
    found = str(problems(source(f"  - {{task: review, assign: csm, raci: {raci}}}")))

    assert message in found
