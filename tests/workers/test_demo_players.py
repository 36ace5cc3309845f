"""People act on what they are given, at the time that the script says, through what real people use."""

from datetime import timedelta

import pytest

from activities import runs, tasks
from activities.host import Host
from activities.store.tasks import listed
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell
from workers.demo.people_play import played
from workers.demo.players import Players, item_of

START = "start: {when: metrics.nps.value < 5}\n"
TASK = "  - {task: call, title: Call them, assign: csm, due: 2 business days, outcomes: [helped, hopeless]}\n"
ESCALATE = "  - {escalate: fire, reason: It burns, ladder: [{to: csm, within: 1 business day}]}\n"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def with_work(database, clock, steps: str = TASK) -> Host:
    host = host_on(database, playbook(steps, start=START), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    return host


def only_task(host: Host):
    (task,) = host.database.read(listed)
    return task


def acting_seed(host: Host) -> str:
    """A seed under which somebody does it in time."""
    item = item_of(only_task(host))
    return next(seed for seed in map(str, range(100)) if (deed := played(item, seed)) and deed.at <= item.due)


def idle_seed(host: Host) -> str:
    return next(seed for seed in map(str, range(100)) if played(item_of(only_task(host)), seed) is None)


def test_a_task_is_completed_at_its_time_by_whoever_has_it(sqlite, clock):
    host = with_work(sqlite, clock)
    seed = acting_seed(host)
    deed = played(item_of(only_task(host)), seed)
    players = Players(host, seed)

    players.look()
    players.act(deed.at - timedelta(seconds=1))
    before = only_task(host).state
    players.act(deed.at)

    task = only_task(host)
    assert (before, task.state, task.outcome, task.by) == ("open", "done", deed.outcome, "ana")
    assert players.played.done == 1


def test_the_run_goes_on_with_what_was_done(sqlite, clock):
    host = with_work(sqlite, clock)
    players = Players(host, acting_seed(host))

    players.look()
    clock.go(days=20)
    players.act(host.clock.now())
    runs.advance(host, only_run(host).id)

    assert only_run(host).outcome == "completed"


def test_an_escalation_is_acknowledged(sqlite, clock):
    host = with_work(sqlite, clock, ESCALATE)
    players = Players(host, acting_seed(host))

    players.look()
    players.act(host.clock.now() + timedelta(days=20))

    assert only_task(host).outcome == "acknowledged"


def test_what_nobody_does_stays_open(sqlite, clock):
    host = with_work(sqlite, clock)
    players = Players(host, idle_seed(host))

    players.look()
    players.act(host.clock.now() + timedelta(days=90))

    assert only_task(host).state == "open"


def test_whoever_comes_too_late_is_counted_and_changes_nothing(sqlite, clock):
    host = with_work(sqlite, clock)
    players = Players(host, acting_seed(host))
    players.look()
    tasks.complete(host, only_task(host).id, "hopeless", "max")

    players.act(host.clock.now() + timedelta(days=20))

    assert only_task(host).by == "max"
    assert players.played.too_late == 1


def test_the_same_work_of_another_run_of_the_demo_is_the_same_to_the_dice(sqlite, clock):
    task = only_task(with_work(sqlite, clock))

    again = task.model_copy(update={"id": "another", "run": "example-drawn-by-lot"})

    assert item_of(again) == item_of(task)
