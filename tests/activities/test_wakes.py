"""Wakes: one row a run, leased, deleted when nothing was added; and the looks for what got lost."""

from datetime import timedelta

import pytest

from activities import facts, ledger, runs, wakes
from activities.store import effects, late
from activities.store import wakes as rows
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell

START = "start: {when: metrics.nps.value < 5}\n"
WAITS = "  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}\n"
SLACK = "  - {slack: note, to: csm, text: It is red}\n"
MAIL = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def begun(database):
    def make(steps=WAITS):
        host = host_on(database, playbook(steps, start=START), real=HandClock())
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        return host, only_run(host).id

    return make


def leased(host):
    return wakes.lease(host, 50)


def quiet(host):
    """Everything that is due is delivered."""
    wakes.delivered(host, [one.wake for one in leased(host)])


def test_a_start_is_delivered_with_what_the_workflow_is_to_do(begun):
    host, run = begun(SLACK)

    ((delivery,)) = leased(host)

    assert delivery.wake.run == run
    assert len(delivery.directive.effects) == 1


def test_when_something_waits_to_be_fed_the_run_advances_first(begun):
    host, _ = begun()
    tell(host, "acme", metric="nps", value=9)

    (delivery,) = leased(host)

    assert delivery.directive is None


def test_a_leased_wake_is_nobody_elses_until_the_lease_ends(begun):
    host, _ = begun()
    leased(host)

    assert leased(host) == []
    host.clock.real.go(seconds=31)
    assert len(leased(host)) == 1


def test_what_is_added_during_a_delivery_is_delivered_too(begun):
    host, _ = begun()
    (first,) = leased(host)
    tell(host, "acme", metric="nps", value=9)

    wakes.delivered(host, [first.wake])

    (second,) = leased(host)
    assert second.wake.generation > first.wake.generation
    wakes.delivered(host, [second.wake])
    assert leased(host) == []


def test_a_late_delivery_does_not_delete_the_wake_that_came_after(begun):
    host, run = begun()
    (stalled,) = leased(host)
    host.clock.real.go(seconds=31)
    quiet(host)
    tell(host, "acme", metric="nps", value=9)

    wakes.delivered(host, [stalled.wake])

    assert [one.wake.run for one in leased(host)] == [run]


def test_a_failed_delivery_is_due_again_after_a_growing_pause(begun):
    host, _ = begun()
    pauses = []
    for _ in range(4):
        (delivery,) = leased(host)
        failed_at = host.clock.real()
        wakes.failed(host, delivery.wake)
        while not host.database.read(lambda c: rows.any_due(c, host.clock.real())):
            host.clock.real.go(seconds=0.5)
        pauses.append((host.clock.real() - failed_at).total_seconds())

    assert pauses == [0.5, 1, 2, 5]


def test_fresh_wakes_go_before_checks(begun):
    host, first = begun()
    quiet(host)
    acme(host, account="other")
    host.database.write(lambda c: rows.write_checks(c, [first], host.clock.real() - MINUTE))
    tell(host, "other", metric="nps", value=3)

    fresh, check = leased(host)

    assert (fresh.wake.run != first, check.wake.run) == (True, first)


class TestLate:
    def test_nothing_is_late_within_a_minute(self, begun):
        host, _ = begun(SLACK)
        quiet(host)
        host.clock.real.go(seconds=59)

        assert wakes.look_for_late(host) == 0

    def test_an_input_that_nobody_fed_wakes_its_run_again(self, begun):
        host, run = begun()
        tell(host, "acme", metric="nps", value=9)
        quiet(host)
        host.clock.real.go(seconds=61)

        assert wakes.look_for_late(host) == 1
        assert [one.wake.run for one in leased(host)] == [run]

    def test_a_look_that_went_by_wakes_its_run_again(self, begun):
        host, run = begun("  - {wait: pause, for: 2 days}\n")
        quiet(host)
        host.clock.real.go(days=2, seconds=61)

        assert wakes.look_for_late(host) == 1
        assert [one.wake.run for one in leased(host)] == [run]

    def test_an_effect_that_nobody_claimed_is_named_under_a_higher_revision(self, begun):
        host, run = begun(SLACK)
        before = runs.advance(host, run)
        quiet(host)
        host.clock.real.go(seconds=61)

        assert wakes.look_for_late(host) == 1

        (delivery,) = leased(host)
        assert delivery.directive.order > before.order
        assert delivery.directive.effects == before.effects

    def test_a_claim_that_nobody_came_back_for_is_in_doubt(self, begun):
        host, _run = begun(SLACK)
        quiet(host)
        (effect,) = host.database.read(effects.listed)
        ledger.claim(host, effect.id)
        host.clock.real.go(seconds=63)

        wakes.look_for_late(host)

        (delivery,) = leased(host)
        assert [one.id for one in delivery.directive.effects] == [effect.id]

    def test_what_was_found_late_is_left_alone_for_a_minute(self, begun):
        host, _ = begun(SLACK)
        quiet(host)
        host.clock.real.go(seconds=61)
        wakes.look_for_late(host)

        assert wakes.look_for_late(host) == 0
        host.clock.real.go(seconds=61)
        assert wakes.look_for_late(host) == 1

    def test_a_paused_run_is_not_late(self, begun):
        host, run = begun(SLACK)
        runs.operate(host, run, "pause")
        runs.advance(host, run)
        tell(host, "acme", metric="nps", value=9)
        quiet(host)
        host.clock.real.go(days=1)

        assert wakes.look_for_late(host) == 0


class TestRecovery:
    def test_wakes_every_run_that_is_not_over_those_to_be_looked_at_first_in_front(self, begun):
        host, later = begun()
        for account in ("b", "c"):
            acme(host, account=account)
        host.clock.real.go(days=1)
        tell(host, "b", metric="nps", value=3)
        tell(host, "c", metric="nps", value=3)
        over = only_run(host, "c").id
        tell(host, "c", metric="nps", value=9)
        runs.advance(host, over)
        quiet(host)

        assert wakes.recover(host) == 2

        assert [one.wake.run for one in leased(host)] == [later, only_run(host, "b").id]

    def test_is_safe_to_run_twice(self, begun):
        host, _ = begun()
        wakes.recover(host)
        wakes.recover(host)

        assert len(leased(host)) == 1

    def test_after_a_restore_mail_is_asked_for_and_not_sent(self, begun):
        host, run = begun(MAIL)
        backup = host.clock.now()
        before = runs.advance(host, run)
        host.clock.real.go(hours=1)

        wakes.recover(host, restored_from=backup)

        directive = runs.advance(host, run)
        (effect,) = host.database.read(effects.listed)
        assert (effect.state, directive.order > before.order, directive.epoch) == ("uncertain", True, 1)
        assert isinstance(ledger.claim(host, effect.id), ledger.Doubted)

    def test_mail_of_the_lost_time_that_is_made_again_begins_as_uncertain(self, begun):
        host, run = begun("  - {wait: pause, for: 1 hour}\n" + MAIL)
        backup = host.clock.now()
        host.clock.real.go(hours=2)
        wakes.recover(host, restored_from=backup)

        runs.advance(host, run)

        (effect,) = host.database.read(effects.listed)
        assert (effect.state, effect.asking) == ("uncertain", True)


def test_lag_is_how_far_the_oldest_due_thing_is_behind(begun):
    host, _ = begun("  - {wait: pause, for: 2 days}\n")
    assert wakes.lag(host) == timedelta(0)
    quiet(host)

    host.clock.real.go(days=2, seconds=3)

    assert wakes.lag(host) == timedelta(seconds=3)


def test_lag_is_also_how_long_nobody_has_begun_what_is_to_be_sent(begun):
    host, run = begun("  - {wait: pause, for: 2 days}\n" + MAIL)
    quiet(host)
    host.clock.real.go(days=2)
    runs.advance(host, run)
    quiet(host)

    host.clock.real.go(seconds=3)

    assert wakes.lag(host) == timedelta(seconds=3)


def test_a_run_that_cannot_be_advanced_beforehand_is_left_to_its_workflow(begun):
    host, run = begun()
    spoilt = "UPDATE runs SET state = '{}', look_at = last_instant FROM accounts"
    host.database.write(lambda c: c.exec_driver_sql(spoilt))
    host.clock.real.go(days=1)

    assert wakes.advanced(host, run) is None
    assert wakes.advanced(host, "nobody's") is None


def test_an_account_that_breaks_our_code_holds_up_no_other(begun):
    host, _ = begun()
    acme(host, account="broken")
    host.database.write(
        lambda c: c.exec_driver_sql("UPDATE accounts SET state = '{}', due_at = last_instant WHERE id = 'broken'")
    )

    assert facts.wake_due(host) == 1

    assert host.database.read(lambda c: late.oldest(c, host.clock.now())) == []
