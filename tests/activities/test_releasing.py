"""Starts over a limit and during a pause: held, listed, released or dropped; nothing is lost."""

import threading
from contextlib import suppress

import pytest

from activities import facts, releasing, starts
from activities.desks import bench
from activities.erasing import erase
from activities.starts import NoSuchPlaybook
from activities.store import holds, runs, traces
from tests.support.hosts import HandClock, acme, apply, host_on, playbook, tell

RED = "start: {when: metrics.nps.value <= 5, again: always}\n"
TWO = "limit: 2 per day\n"
STEPS = "- wait: long\n  for: 30 days"
NAMES = ("a1", "a2", "a3", "a4")


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def host(database, clock):
    made = host_on(database, playbook(STEPS, "saver", head=TWO, start=RED), real=clock)
    for name in NAMES:
        acme(made, name)
    return made


def fall(host, *names):
    for name in names:
        tell(host, name, metric="nps", value=3)


def live(host, name="saver"):
    return [row.account for row in host.database.read(lambda c: runs.listed(c, playbook=name, live=True))]


def waiting(host, **which):
    return host.database.read(lambda connection: releasing.waiting(connection, host, **which))


def reasons(host, account):
    told = host.database.read(lambda connection: traces.of_account(connection, account, "saver"))
    return [one.entry.fields.get("reason") for one in told if one.entry.event in {"started", "not_started"}]


def test_more_starts_than_the_limit_are_held_and_nothing_is_lost(host):
    fall(host, *NAMES)

    assert sorted(live(host)) == ["a1", "a2"]
    assert [(one.account, one.reason, one.still) for one in waiting(host)] == [
        ("a3", "limit", True),
        ("a4", "limit", True),
    ]
    assert reasons(host, "a3") == ["limit"]


def test_in_one_batch_the_limit_counts_too(host):
    items = [{"id": f"b{name}", "account": name, "at": host.clock.now(), "metric": "nps", "value": 2} for name in NAMES]

    facts.post(host, items)

    assert (len(live(host)), len(waiting(host))) == (2, 2)


def test_the_next_day_has_room_again(host, clock):
    fall(host, "a1", "a2", "a3")
    clock.go(hours=10)  # midnight in the policy's zone

    fall(host, "a4")

    assert sorted(live(host)) == ["a1", "a2", "a4"]


def test_a_period_that_is_over_leaves_nothing_behind(host, clock, database):
    fall(host, "a1")
    clock.go(days=3)
    fall(host, "a2")

    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM counters").scalar() == 1


def test_a_released_start_begins_and_is_held_no_more(host):
    fall(host, *NAMES)

    tally = releasing.release(host, "saver", releasing.held_of(host, "saver"), "ana")

    assert sorted(tally.started) == ["a3", "a4"]
    assert sorted(live(host)) == list(NAMES)
    assert waiting(host) == []
    assert reasons(host, "a3") == ["limit", None]


def test_a_release_is_foreseen_with_counts_and_nothing_is_done(host):
    fall(host, *NAMES)

    tally = releasing.foresee(host, "saver", ["a3", "a1"])

    assert (tally.started, tally.barred) == ({"a3": None}, {"not held": ["a1"]})
    assert len(waiting(host)) == 2


def test_released_twice_is_started_once(host):
    fall(host, *NAMES)
    releasing.release(host, "saver", ["a3"])

    assert releasing.release(host, "saver", ["a3"]).barred == {"not held": ["a3"]}


def test_it_may_be_released_though_its_condition_has_cleared_and_the_listing_says_so(host):
    fall(host, *NAMES)
    tell(host, "a3", metric="nps", value=9)

    assert [one.still for one in waiting(host, account="a3")] == [False]
    assert list(releasing.release(host, "saver", ["a3"]).started) == ["a3"]


def test_a_release_that_is_barred_by_now_says_so_and_is_held_no_more(database, clock):
    head = f"{TWO}goal: {{when: account.arr >= 90000, outcome: grown}}\n"
    host = host_on(database, playbook(STEPS, "saver", head=head, start=RED), real=clock)
    for name in NAMES:
        acme(host, name)
    fall(host, *NAMES)
    tell(host, "a3", fields={"arr": 100000})

    assert releasing.release(host, "saver", ["a3"]).barred == {"goal": ["a3"]}
    assert [one.account for one in waiting(host)] == ["a4"]
    assert reasons(host, "a3") == ["limit", "goal"]


def test_a_held_start_that_is_dropped_starts_nothing(host):
    fall(host, *NAMES)

    assert releasing.drop(host, "saver", ["a3", "a1"]) == 1
    assert ([one.account for one in waiting(host)], sorted(live(host))) == (["a4"], ["a1", "a2"])


def test_whoever_enters_in_another_way_is_held_no_more(host, clock):
    fall(host, *NAMES)
    tell(host, "a3", metric="nps", value=9)
    clock.go(days=1)

    fall(host, "a3")

    assert [one.account for one in waiting(host)] == ["a4"]


def test_by_hand_nobody_is_counted(database, clock):
    start = RED.replace("again", "by_hand: true, again")
    host = host_on(database, playbook(STEPS, "saver", head=TWO, start=start), real=clock)
    for name in NAMES:
        acme(host, name)

    tally = starts.start_all(host, "saver", ["a1", "a2", "a3"])
    fall(host, "a4")

    assert (len(tally.started), sorted(live(host))) == (3, list(NAMES))


def test_during_a_pause_starts_are_held_and_stay_so_when_it_is_over(host):
    releasing.pause(host, "saver", "ana")
    fall(host, "a1")

    assert releasing.resume(host, "saver")
    assert ([one.reason for one in waiting(host)], live(host)) == (["paused"], [])
    fall(host, "a2")
    assert live(host) == ["a2"]


def test_a_pause_is_obeyed_by_whoever_starts_it_by_hand(database, clock):
    host = host_on(database, playbook(STEPS, "saver", start="start: by hand\n"), real=clock)
    acme(host, "a1")
    releasing.pause(host, "saver", None)

    assert starts.start(host, "saver", "a1") == starts.Barred("paused")
    assert waiting(host) == []


def test_a_playbook_that_is_not_applied_is_neither_paused_nor_released(host):
    with pytest.raises(NoSuchPlaybook, match="saver"):
        releasing.pause(host, "savr", None)
    with pytest.raises(NoSuchPlaybook, match="saver"):
        releasing.release(host, "savr", ["a1"])


def test_a_start_by_an_event_is_released_with_what_the_event_said(database, clock):
    steps = "- branch: how\n  cases: [{when: event.score <= 3, then: [{end: bad}]}]\n  otherwise: [{end: fair}]"
    start = "start: {on: survey, where: event.score <= 6, again: always}\n"
    host = host_on(database, playbook(f"  {steps}".replace("\n", "\n  "), "saver", start=start), real=clock)
    acme(host, "a1")
    releasing.pause(host, "saver", None)
    tell(host, "a1", event="survey", data={"score": 2})

    releasing.release(host, "saver", ["a1"])

    row = host.database.read(lambda connection: runs.listed(connection, account="a1"))[0]
    assert row.outcome == "bad"


def test_entries_that_never_cease_are_held(database, clock):
    host = host_on(database, playbook("- end: done", "saver", start="start: {on: login, again: always}\n"), real=clock)
    acme(host, "a1")

    for _ in range(22):
        clock.go(seconds=1)
        tell(host, "a1", event="login")

    assert [one.reason for one in waiting(host)] == ["rate"]
    assert len(host.database.read(lambda connection: runs.listed(connection, account="a1"))) == 20


def test_two_transactions_that_count_the_same_limits_wait_for_one_another_and_never_for_ever(postgres, clock):
    """Held open on PostgreSQL: both have started, each of another playbook, before either goes on."""
    plans = [playbook(STEPS, name, head="limit: 1 per day\n", start=RED) for name in ("one", "two")]
    host = host_on(postgres, *plans, real=clock)
    for name in ("a1", "a2"):
        acme(host, name)
    met, full = threading.Barrier(2, timeout=1), []

    def count(first: str, second: str) -> None:
        def work(connection):
            at = bench(host, connection)
            told = [at.gate.full(at.current.rules.plans[first], host.clock.now())]
            with suppress(threading.BrokenBarrierError):  # the other waits for our lock, as it must
                met.wait()
            told.append(at.gate.full(at.current.rules.plans[second], host.clock.now()))
            at.gate.save()
            return told

        full.extend(postgres.write(work))

    both = [threading.Thread(target=count, args=names) for names in (("one", "two"), ("two", "one"))]
    for one in both:
        one.start()
    for one in both:
        one.join(20)

    assert sorted(full) == [False, False, True, True]


def test_what_is_held_goes_with_its_account(host):
    fall(host, *NAMES)
    erase(host, "a3")

    assert [one.account for one in waiting(host)] == ["a4"]


def test_held_starts_are_counted_and_paged(host):
    fall(host, *NAMES)

    first = waiting(host, limit=1)
    then = waiting(host, after=(first[0].playbook, first[0].account, ""))

    assert ([one.account for one in first], [one.account for one in then]) == (["a3"], ["a4"])
    assert host.database.read(holds.counted) == {("saver", "limit"): 2}


def test_a_version_without_the_limit_lets_everybody_in(host):
    fall(host, "a1", "a2")
    apply(host, playbook(STEPS, "saver", start=RED))

    fall(host, "a3", "a4")

    assert sorted(live(host)) == list(NAMES)
