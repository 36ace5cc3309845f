"""What an operator says to a run, what comes for a step that is parked, and what an input of another time does."""

from datetime import timedelta

import pytest

from engine.run import Flipped, Operated, Settled, TaskActed
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, source, story
from tests.support.unkind_hosts import Watched, after

START = read_instant(MONDAY_MORNING)
RUN = "account/example/1"
GOAL = "goal: {when: metrics.nps.value >= 9, outcome: won}\n"


class Table:
    """A run at hand: what is said to it, and what it then says."""

    def __init__(self, steps, head="", **said):
        self.world = Watched(compiled(source(steps, head, "start: by hand\n")), story(**said))
        self.world.happen(self.world.story.moments[:1], START)

    @property
    def run(self):
        return self.world.desk.runs.get(RUN) or self.last

    def say(self, *inputs, day):
        """Mails are not answered for by themselves here."""
        self.world.desk.advance(RUN, inputs, after(START, day))
        self.last = self.world.desk.runs[RUN]
        self.world.absorb(after(START, day))
        self.world.inputs.clear()

    def operate(self, verb, day=1, **more):
        self.say(Operated(at=after(START, day), verb=verb, **more), day=day)

    def complete(self, path, day, outcome="done"):
        self.say(TaskActed(at=after(START, day), path=path, visit=1, verb="complete", outcome=outcome), day=day)

    def settle(self, path, to, state, day=1, reason=None):
        self.say(
            Settled(at=after(START, day), path=path, visit=1, effect=to, to=to, state=state, reason=reason), day=day
        )

    def events(self, *names):
        return [(one.event, one.path) for _, one in self.world.seen.entries if not names or one.event in names]


def test_a_stop_by_an_operator_withdraws_what_is_open_and_says_so():
    table = Table("  - {task: call}")

    table.operate("stop", by="ana", outcome="not_needed")

    assert table.events()[-2:] == [("withdrawn", "call"), ("ended", "stop")]
    assert (table.run.outcome, table.run.over) == ("not_needed", True)


def test_a_paused_run_has_no_look_and_goes_on_by_event_time_when_resumed():
    table = Table("  - {wait: pause, for: 3 days}\n  - {wait: more, for: 3 days}")

    table.operate("pause", day=1)
    asleep = table.run.look_at
    table.operate("resume", day=5)

    assert asleep is None
    # The first wait was over on day 3, the run saw it on day 5, and the second counts from there.
    assert table.run.look_at == after(START, 8) - timedelta(hours=1)


def test_a_goal_ends_a_paused_run():
    table = Table("  - {task: call}", head=GOAL, metrics={"nps": 3})
    table.operate("pause")
    fact = story(metrics={"nps": 9}).moments[0]

    table.world.happen([fact], after(START, 2))
    table.world.run_until_quiet(after(START, 2))

    assert table.world.told.outcome == "won"


def test_what_outlives_a_run_that_was_paused_goes_by_its_own_clock():
    steps = (
        "  - {task: call, then: continue, due: 48 hours, overdue: [{after: 1 hour, remind: assignee}]}\n  - {task: ask}"
    )
    table = Table(steps)

    done = TaskActed(at=after(START, 1), path="ask", visit=1, verb="complete", outcome="done")
    table.say(Operated(at=after(START, 1), verb="pause"), done, day=1)
    table.say(Operated(at=after(START, 1), verb="resume"), done, day=1)

    assert table.run.outcome == "completed"
    assert table.run.look_at == after(START, 2) + timedelta(hours=1)


def test_a_skipped_step_gives_way_to_the_next_with_all_that_is_open_inside_it():
    table = Table("""
  - branch: size
    cases: [{when: account.arr >= 1, then: [{task: inner}, {task: never}]}]
    otherwise: []
  - {task: behind}
""")

    table.operate("skip", path="size", by="ana")

    assert table.events("withdrawn", "skipped", "opened") == [
        ("opened", "size/case/1/inner"),
        ("skipped", "size"),
        ("withdrawn", "size/case/1/inner"),
        ("opened", "behind"),
    ]
    assert list(table.run.open) == ["behind"]


def test_a_skipped_task_has_the_outcome_skipped():
    table = Table("""
  - {task: call}
  - branch: how
    cases: [{when: outcome.call == "skipped", then: [{end: passed_over}]}]
    otherwise: []
""")

    table.operate("skip", path="call")

    assert table.run.outcome == "passed_over"


EACH = "  - {email: hello, to: {each: contact.relationship >= 0}, subject: Hi, text: Hello}"
TWO = [{"id": f"c{n}", "name": "K", "relationship": n, "email": f"c{n}@acme.test"} for n in (1, 2)]


def test_a_mail_that_was_refused_parks_the_step_only_when_the_others_have_settled():
    table = Table(EACH, contacts=TWO)

    table.settle("hello", "c1", "failed", reason="no such address")
    waiting = table.run.open["hello"].parked
    table.settle("hello", "c2", "sent")

    assert waiting is None
    assert table.events("sent", "parked") == [("sent", "hello"), ("parked", "hello")]


def test_a_parked_mail_that_is_tried_again_wants_only_the_one_that_was_refused():
    table = Table(EACH, contacts=TWO)
    table.settle("hello", "c2", "sent")
    table.settle("hello", "c1", "failed", reason="no such address")
    before = len(table.world.seen.effects)

    table.operate("retry", path="hello")
    table.settle("hello", "c1", "sent", day=2)

    again = table.world.seen.effects[before:]
    assert len(again) == 1
    assert again[0] in table.world.seen.effects[:before]
    assert table.events("resumed", "sent", "ended")[-3:] == [
        ("resumed", "hello"),
        ("sent", "hello"),
        ("ended", "end"),
    ]


@pytest.mark.parametrize("verb", ["retry", "skip"])
def test_an_operators_word_for_a_step_that_is_not_open_is_counted_and_ignored(verb):
    table = Table("  - {task: call}")
    before = table.run

    table.operate(verb, path="elsewhere")

    assert table.world.seen.ignored == [Operated(at=after(START, 1), verb=verb, path="elsewhere")]
    assert table.run.open == before.open


def test_an_operators_word_comes_before_what_came_earlier():
    table = Table("  - {task: call}")

    done = TaskActed(at=after(START, 1), path="call", visit=1, verb="complete", outcome="done")
    table.say(done, Operated(at=after(START, 2), verb="stop"), day=2)

    assert table.run.outcome == "stopped"


def test_a_first_outcome_wins():
    table = Table("  - {task: call, outcomes: [saved, lost]}\n  - {wait: pause, for: 9 days}")

    table.complete("call", 1, "saved")
    table.complete("call", 2, "lost")

    assert table.run.outcomes["call"] == "saved"
    assert len(table.world.seen.ignored) == 1


def test_a_task_that_has_timed_out_can_no_more_be_completed_while_its_otherwise_runs():
    table = Table("  - {task: call, at_most: 2 days, otherwise: [{wait: pause, for: 9 days}]}")

    table.say(day=3)
    table.complete("call", 4)

    assert table.events("completed", "timed_out") == [("timed_out", "call")]
    assert len(table.world.seen.ignored) == 1


def test_what_comes_for_a_parked_step_is_counted_and_ignored():
    table = Table("  - {task: call, title: 'Worth {{ account.arr }}'}", account={"arr": None})

    table.complete("call", 1)

    assert table.run.open["call"].parked is not None
    assert len(table.world.seen.ignored) == 1


def test_an_input_for_another_visit_of_the_step_is_counted_and_ignored():
    table = Table("  - {task: call}")

    table.say(TaskActed(at=after(START, 1), path="call", visit=7, verb="complete", outcome="done"), day=1)

    assert list(table.run.open) == ["call"]
    assert len(table.world.seen.ignored) == 1


def test_what_a_paused_run_held_back_is_counted_when_a_goal_ends_it():
    table = Table("  - {task: call, then: continue}\n  - {task: ask}", head=GOAL, metrics={"nps": 3})
    table.operate("pause", day=1)

    done = TaskActed(at=after(START, 2), path="call", visit=1, verb="complete", outcome="done")
    rise = Flipped(at=after(START, 3), path="goal", visit=0, name="0")
    table.say(done, rise, day=3)

    # The goal withdraws the task; the completion that was held comes too late, and nothing is left unfed.
    assert table.run.over
    assert table.world.desk.changes.left == {}
    assert len(table.world.seen.ignored) == 1


def test_the_time_of_a_step_runs_on_while_it_is_parked_and_when_it_is_tried_again():
    table = Table(
        "  - {task: call, title: 'Worth {{ account.arr }}', at_most: 5 days, otherwise: []}", account={"arr": None}
    )
    table.world.desk.account = Table("  - {task: call}").world.desk.account
    table.world.desk._seen = None

    table.operate("retry", day=2, path="call")

    assert table.run.open["call"].timers["at_most"] == after(START, 5)
