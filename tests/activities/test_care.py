"""Care at the moment of sending, over all playbooks of an account: caps, hours, topics, and what waits for room."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import event

from activities import ledger, putting_off, runs
from activities.applied import texts_of
from activities.effect import perform
from activities.store import effects, mails, suppressions, versions
from activities.store.traces import of_account
from activities.transport import Refused
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, Noting, acme, always, host_on, playbook, tell, then_sent
from tests.support.workspaces import FOLDER

START = "start: {when: metrics.nps.value < 5}\n"
MAIL = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"
TWO_A_WEEK = "caps: [{email: 2 per 7 days, per: contact, gather: 1 hour}]\n"
HOUR = timedelta(hours=1)


@pytest.fixture
def made(database):
    """A host with that policy and these playbooks, whose runs each want to write to Kim."""

    def make(policy, *plans, email=None, accounts=("acme",)):
        clock = HandClock()
        host = host_on(database, real=clock, email=email or Noting())
        texts = texts_of(FOLDER)
        texts["policy"] += policy
        host.database.write(lambda c: versions.apply(c, plans, texts, at=NOW, by="test"))
        for one in accounts:
            acme(host, account=one)
            tell(host, one, metric="nps", value=3)
        return host, clock

    return make


def mailing(name, priority=50, steps=MAIL, head=""):
    return playbook(steps, name=name, start=START, head=f"priority: {priority}\n{head}")


def sent(host):
    """Playbook and logical instant of every mail that went, in that order."""
    rows = [one for one in host.database.read(lambda c: effects.listed(c, limit=1_000)) if one.state == "sent"]
    return sorted((one.settled_at, one.playbook) for one in rows)


def states(host):
    return Counter(one.state for one in host.database.read(lambda c: effects.listed(c, limit=1_000)))


def deferred(host):
    """Reason and instant of every deferral, in the order of the trace."""
    entries = [one.entry for one in host.database.read(lambda c: of_account(c, "acme"))]
    return [(one.fields["reason"], one.fields["until"]) for one in entries if one.event == "deferred"]


def the_only(host):
    (row,) = host.database.read(lambda c: effects.listed(c, channel="email"))
    return row


def test_of_a_hundred_runs_the_most_important_write_and_the_rest_later_or_never_with_the_reason(made):
    late = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim, expires: 10 days}\n"
    plans = [mailing(f"play-{n:02}", priority=n, steps=late) for n in range(100)]
    host, clock = made(TWO_A_WEEK, *plans)

    drive(host, clock, NOW + timedelta(days=11))

    # The clocks go forward in between: seven days later it is an hour earlier in UTC.
    first, second = NOW + HOUR, NOW + timedelta(days=7)
    assert sent(host) == [(first, "play-98"), (first, "play-99"), (second, "play-96"), (second, "play-97")]
    assert states(host) == {"sent": 4, "skipped": 96}
    rows = host.database.read(lambda c: effects.listed(c, limit=1_000, states_in=["skipped"]))
    assert {one.reason for one in rows} == {"expired"}
    assert {row.outcome for row in (host.database.read(lambda c: [_run(c, one.run) for one in rows]))} == {"completed"}
    assert {reason for reason, _ in deferred(host)} == {"gathering", "at most 2 per 7 days and contact"}


def _run(connection, run):
    from activities.store import runs as stored

    return stored.find(connection, run)


def test_of_those_that_wait_for_one_hour_the_most_important_go_when_it_comes_for_they_have_gathered_by_then(made):
    policy = f'{TWO_A_WEEK}quiet_hours: {{customers: "08:00-20:00"}}\n'
    host, clock = made(policy, *(mailing(f"play-{n}", priority=n) for n in range(5)))

    drive(host, clock, NOW + timedelta(days=1))

    assert sent(host) == [(NOW + 11 * HOUR, "play-3"), (NOW + 11 * HOUR, "play-4")]


def test_a_cap_counts_over_all_playbooks_and_frees_when_the_first_leaves_its_window(made):
    host, clock = made("caps: [{email: 1 per 2 days, per: account}]\n", mailing("low", 10), mailing("high", 90))

    drive(host, clock, NOW + timedelta(days=5))

    assert sent(host) == [(NOW, "high"), (NOW + timedelta(days=2), "low")]
    assert deferred(host)[0] == ("at most 1 per 2 days and account", "2026-03-04T14:00:00Z")


def test_an_essential_mail_is_never_held(made):
    policy = "caps: [{email: 1 per 2 days, per: contact}]\ntopics: {general: {title: Invoices, essential: true}}\n"
    host, clock = made(policy, mailing("one"), mailing("two"))

    drive(host, clock, NOW + HOUR)

    assert sent(host) == [(NOW, "one"), (NOW, "two")]


def test_room_that_is_given_back_lets_the_next_go_at_once(made):
    answers = Noting(then_sent(Refused("no such address", "http_400")))
    host, clock = made(
        "caps: [{email: 1 per 2 days, per: account}]\n", mailing("low", 10), mailing("high", 90), email=answers
    )

    drive(host, clock, NOW + timedelta(hours=1))

    assert sent(host) == [(NOW, "low")]


def test_a_run_that_ends_gives_back_its_turn(made):
    policy = "caps: [{email: 1 per 2 days, per: account}]\n"
    leaving = mailing("high", 90, head="goal: {when: account.arr >= 90000, outcome: happy}\n")
    host, clock = made(policy, mailing("first", 99), leaving, mailing("low", 10))
    drive(host, clock, NOW + HOUR)
    assert sorted(until for _, until in deferred(host)) == ["2026-03-04T14:00:00Z", "2026-03-06T14:00:00Z"]

    tell(host, "acme", fields={"arr": 95000})
    drive(host, clock, NOW + timedelta(days=3))

    assert sent(host) == [(NOW, "first"), (NOW + timedelta(days=2), "low")]


def test_after_a_cap_frees_quiet_hours_apply_again(made):
    policy = 'caps: [{email: 1 per 12 hours, per: account}]\nquiet_hours: {customers: "20:00-08:00"}\n'
    host, clock = made(policy, mailing("low", 10), mailing("high", 90))

    drive(host, clock, NOW + timedelta(days=2))

    # Twelve hours later it is 21:00 in New York.
    assert sent(host) == [(NOW, "high"), (NOW + timedelta(hours=23), "low")]


def test_quiet_hours_are_those_on_the_recipients_own_clock(made):
    host, clock = made('quiet_hours: {customers: "20:00-08:00"}\n', mailing("hello"), accounts=())
    acme(host)
    tell(host, "acme", contact={"id": "c1", "time_zone": "Asia/Tokyo"})
    tell(host, "acme", metric="nps", value=3)

    drive(host, clock, NOW + timedelta(days=2))

    assert sent(host) == [(NOW + timedelta(hours=9), "hello")]  # 14:00Z is 23:00 in Tokyo
    assert deferred(host) == [("quiet hours", "2026-03-02T23:00:00Z")]


def test_a_mail_that_was_put_off_says_what_is_so_when_it_goes(made):
    steps = MAIL.replace("Dear Kim", "'{{ metrics.nps.value }} for {{ contact.name }}'")
    host, clock = made('quiet_hours: {customers: "08:00-20:00"}\n', mailing("hello", steps=steps))
    tell(host, "acme", contact={"id": "c1", "name": "Kim Lee"})
    tell(host, "acme", metric="nps", value=9)

    drive(host, clock, NOW + timedelta(days=1))

    assert (the_only(host).state, the_only(host).effect.content["body"]) == ("sent", "9 for Kim Lee")


def test_who_has_unsubscribed_from_a_topic_gets_no_mail_of_it(made):
    host, clock = made("topics: {product: {title: News}}\n", mailing("hello"))
    host.database.write(lambda c: suppressions.opt_out(c, "Kim@acme.test", "general", NOW))

    drive(host, clock, NOW + HOUR)

    assert (the_only(host).state, the_only(host).reason) == ("skipped", "unsubscribed")


def test_two_claims_at_one_time_never_both_take_the_last_room(postgres):
    clock = HandClock()
    host = host_on(postgres, real=clock)
    texts = texts_of(FOLDER)
    texts["policy"] += "caps: [{email: 1 per 2 days, per: account}]\n"
    plans = [mailing("one"), mailing("two")]
    host.database.write(lambda c: versions.apply(c, plans, texts, at=NOW, by="test"))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    ready, claims = Barrier(2), []

    def claim(effect):
        ready.wait()
        claims.append(ledger.claim(host, effect))

    threads = [Thread(target=claim, args=[one.id]) for one in host.database.read(effects.listed)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(type(one).__name__ for one in claims) == ["Granted", "Left"]


def test_a_provider_that_was_down_is_tried_by_one_and_then_taken_up_by_priority(made):
    names = [f"a{n}" for n in range(6)]
    email = Noting(then_sent(Refused("bad key", "http_401", credentials=True)))
    host, clock = made("", mailing("low", 10), mailing("high", 90), email=email, accounts=names)
    _claim_all(host)
    assert (len(email.sent), states(host)) == (1, {"deferred": 12})

    clock.go(minutes=5)
    assert putting_off.take_up(host) == 0  # nobody has tried it yet
    _advance_all(host, clock)
    _claim_all(host)
    assert (len(email.sent), states(host)) == (2, {"deferred": 11, "sent": 1})

    assert putting_off.take_up(host, seconds=0.25) == 5
    rows = host.database.read(lambda c: effects.listed(c, states_in=["wanted"]))
    assert {one.priority for one in rows} == {90}


def test_a_probe_that_fails_keeps_all_others_waiting(made):
    email = Noting(always(Refused("bad key", "http_401", credentials=True)))
    host, clock = made("", mailing("hello"), email=email, accounts=[f"a{n}" for n in range(4)])
    _claim_all(host)

    for _ in range(3):
        clock.go(minutes=5)
        putting_off.take_up(host)
        _advance_all(host, clock)
        _claim_all(host)

    assert (len(email.sent), states(host)) == (4, {"deferred": 4})


def test_when_whoever_would_try_the_provider_again_is_gone_another_does(made):
    email = Noting(then_sent(Refused("bad key", "http_401", credentials=True)))
    host, clock = made("", mailing("hello"), email=email, accounts=[f"a{n}" for n in range(3)])
    _claim_all(host)
    (probe,) = [one for one in host.database.read(effects.listed) if one.until is not None]
    runs.operate(host, probe.run, "stop")
    runs.advance(host, probe.run)

    clock.go(minutes=7)

    assert putting_off.take_up(host) == 1
    _claim_all(host)
    assert states(host)["sent"] == 1


def test_what_waits_for_a_provider_costs_no_look_at_the_others(made):
    email = Noting(always(Refused("bad key", "http_401", credentials=True)))
    host, _ = made("", mailing("hello"), email=email, accounts=[f"a{n}" for n in range(40)])
    _claim_all(host)
    asked = []
    event.listen(host.database.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))

    putting_off.take_up(host)

    assert len(asked) <= 4 * len(host.channels)  # a few for each channel, and none for each mail


def test_what_is_taken_up_next_is_found_by_an_index(sqlite):
    asked = []
    event.listen(sqlite.engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    sqlite.read(lambda c: mails.put_off(c, "email", 20))

    (query, values) = asked[-1]
    plan = sqlite.read(lambda c: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all())

    assert any("ix_effects_put_off" in str(row) for row in plan), plan


def test_a_contact_who_has_gone_while_the_mail_was_held_gets_none(made):
    host, clock = made('quiet_hours: {customers: "08:00-20:00"}\n', mailing("hello"))
    drive(host, clock, NOW + HOUR)

    tell(host, "acme", contact={"id": "c1", "active": False})
    drive(host, clock, NOW + timedelta(days=1))

    assert (the_only(host).state, the_only(host).reason) == ("skipped", "missing")


def _claim_all(host):
    for one in host.database.read(lambda c: effects.listed(c, states_in=["wanted"], limit=1_000)):
        perform(host, one.id, None, lambda receipt: None)


def _advance_all(host, clock):
    for one in host.database.read(lambda c: effects.listed(c, limit=1_000)):
        runs.advance(host, one.run, clock.at)


def test_mails_of_one_instant_go_within_the_time_that_policy_spreads_them_over(made):
    names = [f"a{number}" for number in range(9)]
    host, clock = made("spread: 20 minutes\n", mailing("one"), accounts=names)

    drive(host, clock, NOW + HOUR)

    gone = [at - NOW for at, _ in sent(host)]
    assert len(set(gone)) == len(names)
    assert timedelta(minutes=4) < gone[-1] - gone[0] < gone[-1] < timedelta(minutes=20)


def test_an_essential_mail_waits_for_no_spread(made):
    billing = "spread: 20 minutes\ntopics: {general: {title: All, essential: true}}\n"
    host, clock = made(billing, mailing("one"))

    drive(host, clock, NOW + HOUR)

    assert sent(host) == [(NOW, "one")]
