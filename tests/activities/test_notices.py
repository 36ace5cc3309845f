"""What Slack does not bring to a colleague goes to them by mail: after a while, once, and in order."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from activities import ledger, putting_off, runs, tasks
from activities.effect import TryAgain, perform
from activities.ledger import Granted, Leased
from activities.mail import notice, notices
from activities.slack import cards
from activities.slack.messages import Slack
from activities.store import effects
from activities.store import tasks as stored
from activities.transport import Busy, Uncertain
from tests.support.hosts import HandClock, Noting, acme, always, host_on, only_run, playbook, tell, then_sent
from tests.support.standins import StandInSlack
from workers.looking import attention, trace_told

START = "start: {when: metrics.nps.value < 5}\n"
RING = """\
  - task: ring
    title: Ring {{ account.name }}
    due: 2 business days
    outcomes: [reached, silent]
    overdue: [{after: 1 day, remind: assignee}]
"""
TELL = '  - {slack: say, to: "#cs", text: Hello}\n'
DUE = "Due 4 March 2026, 17:00 (America/New_York)"
DOWN = Busy("Slack is down.", timedelta(seconds=30))
BOTH = pytest.mark.parametrize("made", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def made(request):
    database, clock = request.getfixturevalue(getattr(request, "param", "sqlite")), HandClock()

    def make(slack, steps=RING, head=""):
        mail = Noting()
        host = host_on(
            database, playbook(steps, start=START, head=head), real=clock, slack=slack, notice=mail, cards=True
        )
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        return host, clock, mail

    return make


def work(host):
    """What Temporal and the relay would do by now."""
    notices.fall_back(host)
    putting_off.take_up(host)
    for one in runs.advance(host, only_run(host).id).effects:
        with suppress(TryAgain, Leased):
            perform(host, one.id, None, lambda receipt: None)
    while leased := cards.lease(host, 10):
        for row in leased:
            cards.show(host, row)


def pass_time(host, clock, minutes):
    for _ in range(minutes):
        work(host)
        clock.go(minutes=1)
    work(host)


def the_rows(host):
    return host.database.read(effects.listed)


@BOTH
def test_what_slack_does_not_take_for_half_an_hour_goes_by_mail_once(made):
    host, clock, mail = made(Noting(always(DOWN)))

    pass_time(host, clock, 25)
    before = list(mail.sent)
    pass_time(host, clock, 20)

    [sent] = mail.sent
    [task] = host.database.read(stored.listed)
    assert (before, sent.to, sent.subject) == ([], "ana@vendor.test", "Ring Acme")
    assert notice.DOWN in sent.body
    assert DUE in sent.body
    assert "NPS is 3 (less than 5)" in sent.body
    assert f"    playbook task complete {task.id} --outcome reached --by ana\n" in sent.body
    assert [(row.channel, row.state, row.reason) for row in the_rows(host)] == [("notice", "sent", notices.DOWN)]
    told = host.database.read(lambda c: trace_told(c, only_run(host).id))
    assert told[-1]["reason"] == notices.DOWN


def test_a_long_message_goes_by_mail_whole(made):
    host, clock, mail = made(Noting(always(DOWN)), f'  - {{slack: say, to: csm, text: "{"word " * 1_600}THE END"}}\n')

    pass_time(host, clock, 40)

    assert [one.body.endswith("THE END") for one in mail.sent] == [True]


def test_what_is_for_a_channel_waits_for_slack(made):
    host, clock, mail = made(Noting(always(DOWN)), TELL)

    pass_time(host, clock, 45)

    assert mail.sent == []
    assert [(row.channel, row.state) for row in the_rows(host)] == [("slack", "deferred")]


def test_what_may_have_arrived_in_slack_is_not_mailed_too(made):
    host, clock, mail = made(Noting(then_sent(Uncertain("The answer was lost."), *[DOWN] * 90)))

    pass_time(host, clock, 45)

    assert mail.sent == []
    assert [(row.channel, row.looks) for row in the_rows(host)] == [("slack", 1)]


def test_a_mail_to_a_colleague_counts_for_no_customers_cap_or_opt_out(made):
    host, clock, mail = made(Noting(always(DOWN)))
    host.database.write(lambda c: ledger.care.suppressions.add(c, "ana@vendor.test", "bounced", clock()))

    pass_time(host, clock, 40)

    [row] = the_rows(host)
    assert len(mail.sent) == 1
    assert host.database.read(lambda c: ledger.care.mails.gone(c, row.account, clock() - timedelta(days=9))) == []


def test_the_reminder_does_not_overtake_the_task(made):
    host, clock, _ = made(Noting(always(DOWN)))
    pass_time(host, clock, 25)
    [first] = the_rows(host)
    clock.go(days=4)
    runs.advance(host, only_run(host).id)
    [later] = [row.id for row in the_rows(host) if row.id != first.id]
    putting_off.take_up(host)
    perform(host, first.id, None, lambda receipt: None)  # it finds that Slack is still down

    notices.fall_back(host)
    ledger.claim(host, later)

    assert [row.channel for row in the_rows(host)] == ["notice", "notice"]
    with pytest.raises(Leased):
        ledger.claim(host, later)
    perform(host, first.id, None, lambda receipt: None)
    assert isinstance(ledger.claim(host, later), Granted)


@pytest.fixture
def workspace():
    with StandInSlack() as stand_in:
        stand_in.people |= {f"{name}@vendor.test": f"U0{name.upper()}" for name in ("ana", "max")}
        yield stand_in


def test_slack_shows_the_task_with_its_next_change_when_it_is_back(made, workspace):
    token, workspace.token = workspace.token, "xoxb-revoked"
    host, clock, mail = made(Slack(token, api=workspace.api))
    pass_time(host, clock, 36)
    workspace.token = token

    pass_time(host, clock, 10)
    before = list(workspace.messages)
    tasks.note(host, host.database.read(stored.listed)[0].id, "She is back", by="max")
    work(host)

    assert (len(mail.sent), before) == (1, [])
    assert [one.shown.split("\n")[0] for one in workspace.messages] == ["*Ring Acme*", "Max Roth:"]


def test_what_is_over_when_slack_is_back_is_not_shown_any_more(made, workspace):
    token, workspace.token = workspace.token, "xoxb-revoked"
    host, clock, _ = made(Slack(token, api=workspace.api))
    pass_time(host, clock, 36)
    workspace.token = token

    tasks.complete(host, host.database.read(stored.listed)[0].id, "reached", by="ana")
    pass_time(host, clock, 10)

    assert workspace.messages == []


def test_whom_slack_does_not_know_gets_it_by_mail_at_once_and_attention_says_so(made, workspace):
    del workspace.people["ana@vendor.test"]
    host, _, mail = made(Slack(workspace.token, api=workspace.api))

    work(host)
    work(host)

    told = host.database.read(lambda c: attention(c, host))
    assert [(one.to, notice.LOST in one.body) for one in mail.sent] == [("ana@vendor.test", True)]
    assert [(one["kind"], one["id"], one["reason"]) for one in told] == [
        ("lost", "ana", "Slack does not know ana: 1 message of the last day went by mail")
    ]


def test_without_mail_all_of_it_waits(made):
    host, clock, mail = made(Noting(always(DOWN)))

    pass_time(replace(host, falls_back=False), clock, 40)

    assert (mail.sent, [row.channel for row in the_rows(host)]) == ([], ["slack"])


def test_who_approves_by_mail_reads_all_that_would_be_sent(made):
    body = " ".join(f"word{number}" for number in range(600))
    steps = f"  - {{email: hello, to: champion, subject: Hi, text: 'Dear Kim, {body}', approval: cs_manager}}\n"
    host, clock, mail = made(Noting(always(DOWN)), steps)

    pass_time(host, clock, 35)

    [told] = mail.sent
    assert f"Subject: Hi\n\nDear Kim, {body}" in told.body
