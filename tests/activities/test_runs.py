"""Runs: an advance is one transaction, told again it changes nothing, and what fails is left as it was."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from activities import runs, tasks
from activities.store import effects, inputs, tables, wakes, watches
from activities.store.tables import runs as rows
from activities.store.tasks import listed as tasks_of
from activities.store.traces import of_run
from activities.store.writing import change
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell

START = "start: {when: metrics.nps.value < 5}\n"
WAITS = "  - {wait: pause, for: 2 days}\n  - {slack: note, to: csm, text: Hello}\n"
TASKS = "  - {task: call, assign: csm, title: Call them, due: 1 day}\n"


@pytest.fixture
def waiting(database):
    """A host with one run of the steps given."""

    def make(steps=WAITS, scale=1):
        host = host_on(database, playbook(steps, start=START), real=HandClock(), scale=scale)
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        return host, only_run(host).id

    return make


def traced(host, run):
    return [one.event for one in host.database.read(lambda c: of_run(c, run))]


def spoil(host, run, **columns):
    host.database.write(lambda c: c.execute(sa.update(rows).where(rows.c.id == run).values(columns)))


def test_an_advance_with_nothing_to_feed_changes_nothing(waiting):
    host, run = waiting()
    before = only_run(host)

    directive = runs.advance(host, run)

    assert only_run(host) == before
    assert (directive.rev, directive.look_at, directive.done) == (1, before.look_at, False)


def test_a_look_that_is_reached_moves_the_run_and_names_what_it_then_wants(waiting):
    host, run = waiting()
    look_at = runs.advance(host, run).look_at
    host.clock.real.at = look_at

    directive = runs.advance(host, run, look_at)

    assert directive.rev == 2
    assert [one.queue for one in directive.effects] == ["test-slack"]
    assert runs.advance(host, run, look_at) == directive


def test_a_clock_that_is_a_little_short_of_the_look_counts_as_there(waiting):
    host, run = waiting()
    look_at = runs.advance(host, run).look_at

    host.clock.real.at = look_at - timedelta(seconds=3)
    assert runs.advance(host, run, look_at).effects == ()
    host.clock.real.at = look_at - timedelta(seconds=2)
    assert len(runs.advance(host, run, look_at).effects) == 1


def test_a_scaled_look_is_never_a_hair_short(waiting):
    host, run = waiting(scale=7_777_777)
    look_at = runs.advance(host, run).look_at

    host.clock.real.at = look_at

    assert host.clock.now() >= only_run(host).look_at
    assert len(runs.advance(host, run).effects) == 1


def test_inputs_are_consumed_once(waiting):
    host, run = waiting(TASKS)
    runs.operate(host, run, "skip", path="call", by="ana")

    first = runs.advance(host, run)
    again = runs.advance(host, run)

    assert (first, only_run(host).outcome) == (again, "completed")
    assert host.database.read(lambda c: inputs.waiting(c, run)) == []


def test_a_paused_run_keeps_what_came_meanwhile(waiting):
    host, run = waiting()
    runs.operate(host, run, "pause")
    paused = runs.advance(host, run)
    host.clock.real.go(days=3)

    assert runs.advance(host, run, None).look_at is None
    runs.operate(host, run, "resume")
    resumed = runs.advance(host, run)

    assert (paused.look_at, len(resumed.effects)) == (None, 1)
    assert traced(host, run)[-1] == "waited"


def test_what_people_did_meanwhile_is_fed_when_the_run_is_resumed(waiting):
    host, run = waiting(TASKS)
    runs.operate(host, run, "pause")
    runs.advance(host, run)
    tasks.complete(host, host.database.read(tasks_of)[0].id, by="ana")

    runs.advance(host, run)
    assert only_run(host).outcome is None
    assert len(host.database.read(lambda c: inputs.waiting(c, run))) == 1
    runs.operate(host, run, "resume")
    runs.advance(host, run)

    assert only_run(host).outcome == "completed"


def test_a_run_that_is_left_at_once_does_nothing_more_of_any_step(waiting):
    host, run = waiting(TASKS)
    (wanted,) = host.database.read(effects.listed)
    earlier = wanted.effect.model_copy(update={"key": "of a step that is long over", "path": "earlier"})
    host.database.write(lambda c: effects.add(c, [("acme", "example", earlier)], host.clock.real()))

    runs.operate(host, run, "stop")
    runs.advance(host, run)

    assert {one.state for one in host.database.read(effects.listed)} == {"skipped"}


def test_a_stop_ends_the_run_and_takes_back_what_it_watches(waiting):
    host, run = waiting(TASKS)
    runs.operate(host, run, "stop", by="ana", outcome="not_now")

    directive = runs.advance(host, run)

    assert (only_run(host).outcome, directive.done) == ("not_now", True)
    assert [one.state for one in host.database.read(tasks_of)] == ["withdrawn"]
    assert host.database.read(lambda c: watches.of_accounts(c, ["acme"])) == {"acme": []}


def test_a_run_that_nobody_knows_is_said_so(waiting):
    host, _ = waiting()

    with pytest.raises(runs.NoSuchRun):
        runs.advance(host, "nobody")
    with pytest.raises(runs.NoSuchRun):
        runs.operate(host, "nobody", "stop")


def test_details_name_steps_and_instants_and_nothing_else(waiting):
    host, run = waiting()

    assert runs.advance(host, run).details == "pause: until 2026-03-04T14:00Z"


class TestAFault:
    @pytest.fixture
    def broken(self, waiting):
        host, run = waiting(TASKS)
        runs.operate(host, run, "skip", path="call")
        spoil(host, run, plan="nowhere", state=only_run(host).state.replace(only_run(host).plan, "nowhere"))
        return host, run

    def test_leaves_everything_as_it_was_until_the_fifth(self, broken):
        host, run = broken
        before = only_run(host)

        for _ in range(4):
            with pytest.raises(runs.AdvanceFailed):
                runs.advance(host, run)

        assert (only_run(host).failures, only_run(host).state) == (4, before.state)
        assert len(host.database.read(lambda c: inputs.waiting(c, run))) == 1

    def given_up(self, host, run):
        for _ in range(4):
            with pytest.raises(runs.AdvanceFailed):
                runs.advance(host, run)
        return runs.advance(host, run)

    def test_is_given_up_with_the_number_of_the_input(self, broken):
        host, run = broken
        ((seq, _),) = host.database.read(lambda c: inputs.waiting(c, run))

        directive = self.given_up(host, run)

        assert f"at input {seq}: LookupError" in only_run(host).fault
        assert (directive.done, directive.look_at, directive.effects) == (False, None, ())
        assert directive.details.startswith("needs attention")
        assert runs.advance(host, run) == directive

    def test_can_be_stopped_without_its_plan(self, broken):
        host, run = broken
        self.given_up(host, run)

        runs.operate(host, run, "stop", by="ana")

        assert runs.advance(host, run).done
        assert (only_run(host).outcome, only_run(host).fault) == ("stopped", None)
        assert [one.state for one in host.database.read(tasks_of)] == ["withdrawn"]
        assert traced(host, run)[-1] == "ended"

    def test_is_tried_again_after_a_deploy(self, broken):
        host, run = broken
        state = only_run(host)
        self.given_up(host, run)
        plan = next(iter(host.applied._plans.values()))
        spoil(host, run, plan=plan.hash, state=state.state.replace("nowhere", plan.hash))

        runs.mend(host, [run])

        assert host.database.read(lambda c: wakes.any_due(c, host.clock.real()))
        assert runs.advance(host, run).done

    def test_goes_on_without_the_input_that_broke_it(self, broken):
        host, run = broken
        self.given_up(host, run)
        ((seq, _),) = host.database.read(lambda c: inputs.waiting(c, run))

        runs.discard_input(host, run, seq, by="ana")

        assert host.database.read(lambda c: inputs.waiting(c, run)) == []
        assert only_run(host).fault is None
        assert traced(host, run)[-1] == "discarded"

    def test_an_input_that_nobody_can_read_is_named_discarded_and_no_bar_to_a_stop(self, broken):
        host, run = broken
        ((seq, _),) = host.database.read(lambda c: inputs.waiting(c, run))
        host.database.write(lambda c: change(c, tables.inputs, seq, body='{"kind": "of tomorrow"}'))
        self.given_up(host, run)

        assert f"at input {seq}:" in only_run(host).fault
        runs.operate(host, run, "stop")
        assert only_run(host).outcome == "stopped"


def test_what_a_stopped_run_still_wanted_is_not_done(waiting):
    host, run = waiting("  - {slack: note, to: csm, text: Hello}\n")
    runs.operate(host, run, "stop")
    runs.advance(host, run)

    assert [one.state for one in host.database.read(effects.listed)] == ["skipped"]
