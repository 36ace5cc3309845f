"""What people do with tasks: the first outcome wins, everything is history, the run is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from activities import runs, tasks
from activities.store import inputs, tables, wakes
from activities.store.tasks import history, listed
from engine.run import Operated
from tests.support.hosts import acme, host_on, only_run, playbook, tell

START = "start: {when: metrics.nps.value < 5}\n"
CALL = "  - {task: call, assign: csm, title: Call them, due: 3 days, outcomes: [won, lost]}\n"
ALARM = "  - {escalate: fire, reason: It burns, ladder: [{to: csm, within: 1 day}]}\n"


@pytest.fixture
def opened(database):
    """A host and its one open task."""

    def make(steps=CALL, head="", contact=False):
        host = host_on(database, playbook(steps, head=head, start=START))
        acme(host)
        if contact:
            tell(host, "acme", contact={"id": "c1", "name": "Kim", "role": "champion", "email": "kim@acme.test"})
        tell(host, "acme", metric="nps", value=3)
        host.database.write(lambda c: wakes.delivered(c, wakes.lease(c, host.clock.real(), 10)))
        (task,) = host.database.read(listed)
        return host, task.id

    return make


def the_task(host):
    (task,) = host.database.read(listed)
    return task


def verbs(host, task):
    return [(one.verb, one.by) for one in host.database.read(lambda c: history(c, task))]


def test_a_completed_task_tells_the_run_and_wakes_it(opened):
    host, task = opened()

    done = tasks.complete(host, task, "won", by="ana")

    assert isinstance(done, tasks.Done)
    assert (the_task(host).state, the_task(host).outcome, the_task(host).by) == ("done", "won", "ana")
    assert host.database.read(lambda c: wakes.any_due(c, host.clock.real()))
    runs.advance(host, only_run(host).id)
    assert (only_run(host).outcome, only_run(host).run.outcomes) == ("completed", {"call": "won"})
    assert the_task(host).outcome == "won"


def test_the_first_outcome_wins_and_the_second_is_told_kindly(opened):
    host, task = opened()
    tasks.complete(host, task, "won", by="ana")

    second = tasks.complete(host, task, "lost", by="ben")

    assert second == tasks.Refused(the_task(host), "It is done already: won by ana.", "ana")
    assert verbs(host, task) == [("complete", "ana")]


def test_of_two_clicks_at_once_one_wins(opened):
    host, task = opened()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda by: tasks.complete(host, task, "won", by=by), ["ana", "ben"]))

    assert sorted(type(one).__name__ for one in answers) == ["Done", "Refused"]
    assert len(verbs(host, task)) == 1


def test_an_outcome_that_the_task_does_not_have_is_refused_with_those_it_has(opened):
    host, task = opened()

    answer = tasks.complete(host, task, "wonn")

    said = "'wonn' is no outcome of this task; what can be said of it: won, lost. Did you mean 'won'?"
    assert answer == tasks.Refused(the_task(host), said, wrong="outcome")
    assert the_task(host).state == "open"
    assert verbs(host, task) == []


def test_a_snooze_needs_an_instant_ahead_and_holds_the_ladder(opened):
    host, task = opened()
    now = host.clock.now()

    refused = tasks.snooze(host, task, now)
    assert isinstance(refused, tasks.Refused)
    assert refused.wrong == "until"
    tasks.snooze(host, task, now + timedelta(days=1), by="ana", note="on a train")
    runs.advance(host, only_run(host).id)

    assert the_task(host).snoozed == now + timedelta(days=1)
    assert only_run(host).look_at == now + timedelta(days=1)
    assert host.database.read(lambda c: history(c, task))[0].fields["note"] == "on a train"


@pytest.mark.parametrize(("days", "fits"), [(3 + 365, True), (3 + 366, False)])
def test_a_task_sleeps_for_a_year_after_it_is_due_at_most(opened, days, fits):
    host, task = opened()

    answer = tasks.snooze(host, task, the_task(host).opened + timedelta(days=days), by="ana")

    assert isinstance(answer, tasks.Done) is fits
    assert fits or (answer.wrong, "at most, a year after it is due" in answer.reason) == ("until", True)


def test_a_reassigned_task_belongs_to_somebody_else_at_once(opened):
    host, task = opened()

    tasks.reassign(host, task, "ben", by="ana")
    tasks.claim(host, task, by="cleo")

    assert the_task(host).person == "cleo"
    runs.advance(host, only_run(host).id)
    assert (the_task(host).person, verbs(host, task)) == ("cleo", [("reassign", "ana"), ("claim", "cleo")])


def test_a_note_is_history_and_wakes_nobody(opened):
    host, task = opened()

    tasks.note(host, task, "she is away", by="ana")

    assert verbs(host, task) == [("note", "ana")]
    assert not host.database.read(lambda c: wakes.any_due(c, host.clock.real()))


def test_a_task_opened_again_is_work_again_while_the_run_has_gone_on(opened):
    host, task = opened()
    tasks.complete(host, task, "won", by="ana")
    runs.advance(host, only_run(host).id)

    tasks.reopen(host, task, by="ben", note="not so")
    assert the_task(host).state == "open"
    tasks.complete(host, task, "lost", by="ben")
    runs.advance(host, only_run(host).id)

    assert (the_task(host).outcome, only_run(host).run.outcomes) == ("lost", {"call": "won"})


def test_a_task_stays_open_that_is_opened_again_before_its_run_has_heard_that_it_was_closed(opened):
    host, task = opened()
    tasks.complete(host, task, "won", by="ana")

    answer = tasks.reopen(host, task, by="ben")
    runs.advance(host, only_run(host).id)

    assert "The run went on with 'won'" in answer.aside
    assert (the_task(host).state, only_run(host).run.outcomes) == ("open", {"call": "won"})


@pytest.mark.parametrize(
    ("word", "instead"), [("approved", "kept back by `playbook skip"), ("refused", "Write it yourself")]
)
def test_what_decided_on_a_mail_stays_closed_and_says_what_can_be_done(opened, word, instead):
    host, task = opened("  - {email: hello, to: champion, subject: Hi, text: Hi, approval: csm}\n", contact=True)
    assert tasks.complete(host, task, word, by="ana").aside == ""

    answer = tasks.reopen(host, task, by="ana")

    assert isinstance(answer, tasks.Refused)
    assert instead in answer.reason
    assert the_task(host).state == "done"


def test_an_acknowledged_escalation_is_closed(opened):
    host, task = opened(ALARM)

    tasks.acknowledge(host, task, by="ana")
    runs.advance(host, only_run(host).id)

    assert (the_task(host).state, the_task(host).outcome) == ("done", "acknowledged")
    assert only_run(host).outcome == "completed"


def test_an_escalation_is_closed_with_acknowledged_alone(opened):
    host, task = opened(ALARM)

    refused = tasks.complete(host, task, "done", by="ana")
    assert isinstance(refused, tasks.Refused)
    assert refused.reason == "'done' is no outcome of an escalation; what can be said of it: acknowledged."
    assert the_task(host).state == "open"
    tasks.complete(host, task, "acknowledged", by="ana")
    runs.advance(host, only_run(host).id)

    assert (the_task(host).outcome, only_run(host).run.outcomes) == ("acknowledged", {"fire": "acknowledged"})


def test_only_an_escalation_is_acknowledged(opened):
    host, task = opened()

    answer = tasks.acknowledge(host, task)

    assert isinstance(answer, tasks.Refused)
    assert answer.reason == "Only an escalation is acknowledged; complete this task with one of won, lost."


def test_a_task_that_was_taken_back_says_so(opened):
    host, task = opened()
    runs.operate(host, only_run(host).id, "stop")
    runs.advance(host, only_run(host).id)

    answer = tasks.complete(host, task, "won")

    assert "not needed any more" in answer.reason


def test_a_task_that_nobody_knows_is_said_so(opened):
    host, _ = opened()

    with pytest.raises(tasks.NoSuchTask):
        tasks.complete(host, "nobody")


LIMITED = "  - {task: call, assign: csm, due: 3 days, at_most: 2 days, otherwise: []}\n"


class TestARunThatIsBehind:
    """The world has gone on, and nobody has advanced the run yet."""

    def test_a_task_whose_time_was_over_is_not_done_any_more(self, opened):
        host, task = opened(LIMITED)
        host.clock.real.go(days=3)

        refused = tasks.complete(host, task, by="ana")

        assert refused.reason == "It is not needed any more: the playbook has taken it back."
        assert only_run(host).run.outcomes == {"call": "timed_out"}

    def test_a_goal_that_was_reached_before_takes_the_task_back(self, opened):
        host, task = opened(head="goal: {when: metrics.nps.value > 8, outcome: well}\n")
        tell(host, "acme", metric="nps", value=9)
        host.clock.real.go(seconds=1)

        refused = tasks.complete(host, task, "won", by="ana")

        assert isinstance(refused, tasks.Refused)
        assert only_run(host).outcome == "well"

    def test_that_cannot_be_advanced_keeps_nobody_from_acting(self, opened):
        host, task = opened()
        run = only_run(host).id
        skip = Operated(at=host.clock.now(), verb="skip", path="call")
        host.database.write(lambda c: inputs.latch(c, [(run, skip)], host.clock.real()))
        unreadable = tables.runs.update().values(state='{"format": 1}')
        host.database.write(lambda c: c.execute(unreadable))

        assert isinstance(tasks.complete(host, task, "won", by="ana"), tasks.Done)


def test_an_escalation_cannot_be_put_off(opened):
    host, task = opened(ALARM)

    answer = tasks.snooze(host, task, host.clock.now() + timedelta(days=1), by="ana")

    assert isinstance(answer, tasks.Refused)
    assert "acknowledge it" in answer.reason
    assert the_task(host).snoozed is None
