"""What mails and playbooks have led to, against the accounts that were held out."""

from datetime import timedelta

import pytest

from activities.applied import texts_of
from activities.mail.results import MailResult, Share, results_of
from activities.store import effects, mail_events, traces, versions
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, Noting, acme, host_on, playbook, tell
from tests.support.workspaces import FOLDER

WITHIN = timedelta(days=30)
HEAD = "goal: {when: metrics.nps.value >= 7, outcome: saved}\n"
START = "start: {when: metrics.nps.value < 5}\n"
STEPS = """
  - sequence: win_back
    to: champion
    mails:
      - {template: renewal/value-recap}
      - {after: 2 days, subject: Two, text: Hello again}
  - {wait: a_while, for: 8 days}
"""
ACCOUNTS = ("a0", "a1", "a2", "a3", "a4", "a5")


@pytest.fixture
def begun(database):
    """Six accounts of which a salted share is held out; all are told to be in trouble at once."""
    clock = HandClock()
    host = host_on(database, playbook(STEPS, name="save", head=HEAD, start=START), real=clock, email=Noting())
    texts = texts_of(FOLDER)
    texts["policy"] += 'holdout: {share: 50%, salt: "1"}\n'
    plan = playbook(STEPS, name="save", head=HEAD, start=START)
    database.write(lambda c: versions.apply(c, [plan], texts, at=clock.at, by="test"))
    for account in ACCOUNTS:
        acme(host, account)
        tell(host, account, metric="nps", value=3)
    return host, clock


def out_of(host):
    told = host.database.read(lambda c: {one: traces.of_account(c, one, "save") for one in ACCOUNTS})
    held = [one for one in ACCOUNTS if told[one][0].run == ""]
    assert 0 < len(held) < len(ACCOUNTS)
    return held, [one for one in ACCOUNTS if one not in held]


def the_results(host):
    (found,) = results_of(host, NOW - timedelta(days=1), WITHIN)
    return found


def test_whoever_was_in_it_is_compared_with_whoever_was_held_out_over_the_same_time(begun):
    host, clock = begun
    held, inside = out_of(host)
    drive(host, clock, NOW + timedelta(days=5))
    tell(host, inside[0], metric="nps", value=8)  # while its run lasts
    drive(host, clock, NOW + timedelta(days=20))
    tell(host, inside[1], metric="nps", value=8)  # after its run has ended in the normal way
    tell(host, held[0], metric="nps", value=9)
    drive(host, clock, NOW + timedelta(days=40))
    for late in (inside[-1], held[-1]):
        tell(host, late, metric="nps", value=8)  # too late

    found = the_results(host)

    assert (found.playbook, found.runs) == ("save", len(inside))
    assert found.entered == Share(len(inside), 2)
    assert found.held_out == Share(len(held), 1)


def test_what_is_not_looked_at_is_counted_and_never_left_out_unsaid(begun):
    host, clock = begun
    held, inside = out_of(host)
    drive(host, clock, NOW + timedelta(days=40))

    (few,) = results_of(host, NOW - timedelta(days=1), WITHIN, most=1)
    (whole,) = results_of(host, NOW - timedelta(days=1), WITHIN, most=None)

    assert (few.entered, few.held_out) == (Share(1, 0, len(inside) - 1), Share(1, 0, len(held) - 1))
    assert [mail.goal for mail in few.mails] == [Share(1, 0, len(inside) - 1)] * 2
    assert (whole.entered, whole.held_out) == (Share(len(inside), 0), Share(len(held), 0))


def test_of_runs_that_a_goal_ended_and_of_those_that_live_all_are_counted_without_their_facts(begun):
    host, clock = begun
    _, inside = out_of(host)
    drive(host, clock, NOW + timedelta(days=5))
    for account in inside:
        tell(host, account, metric="nps", value=8)
    drive(host, clock, NOW + timedelta(days=40))

    (found,) = results_of(host, NOW - timedelta(days=1), WITHIN, most=0)

    assert found.entered == Share(len(inside), len(inside))


def test_who_has_not_had_the_whole_time_yet_is_not_judged(begun):
    host, clock = begun
    drive(host, clock, NOW + timedelta(days=12))

    found = the_results(host)

    assert (found.entered, found.held_out) == (Share(0, 0), Share(0, 0))
    assert [mail.goal for mail in found.mails] == [Share(0, 0)] * 2


def test_a_goal_in_time_counts_for_a_mail_also_when_its_run_was_over_and_late_for_the_earlier_one_alone(begun):
    host, clock = begun
    _, (first, second, *_) = out_of(host)
    drive(host, clock, NOW + timedelta(days=20))
    tell(host, first, metric="nps", value=8)
    drive(host, clock, NOW + timedelta(days=31))
    tell(host, second, metric="nps", value=8)  # 31 days after the first mail, 29 after the second
    drive(host, clock, NOW + timedelta(days=40))

    assert [mail.goal.reached for mail in the_results(host).mails] == [1, 2]


def test_each_mail_counts_once_for_each_thing_that_came_of_it(begun):
    host, clock = begun
    _, inside = out_of(host)
    drive(host, clock, NOW + timedelta(days=1))
    (mail, *_) = host.database.read(lambda c: effects.listed(c, account=inside[0], channel="email"))
    for kind, detail in (("delivered", ""), ("opened", ""), ("clicked", "1"), ("clicked", "2"), ("replied", "")):
        at = clock.at
        host.database.write(
            lambda c, k=kind, d=detail, a=at: mail_events.add(c, mail.account, mail.recipient, mail.id, k, a, d)
        )
    tell(host, inside[0], metric="nps", value=8)
    drive(host, clock, NOW + timedelta(days=40))

    first, second = the_results(host).mails

    assert first == MailResult(
        "win_back/mail/1",
        "renewal/value-recap",
        {
            "sent": len(inside),
            "delivered": 1,
            "opened": 1,
            "clicked": 1,
            "replied": 1,
            "unsubscribed": 0,
            "bounced": 0,
            "complained": 0,
        },
        Share(len(inside), 1),
    )
    assert (second.step, second.template, second.counts["sent"]) == ("win_back/mail/2", "", len(inside) - 1)


def test_without_a_holdout_there_is_nothing_to_compare_with(database):
    clock = HandClock()
    host = host_on(database, playbook(STEPS, name="save", head=HEAD, start=START), real=clock, email=Noting())
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW + timedelta(days=1))

    found = the_results(host)

    assert (found.entered, found.held_out) == (None, None)
    assert results_of(host, NOW, WITHIN, "another") == []
