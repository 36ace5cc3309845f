"""Digests: who gets one when, once, whatever happens on the way."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from slack_sdk.models.blocks import Block

from activities import runs
from activities.applied import texts_of
from activities.effect import perform
from activities.mail.notice import LOST
from activities.slack import digests
from activities.slack.digest_blocks import blocks, text
from activities.slack.messages import Slack
from activities.store import digests as rows
from activities.store import effects, versions
from activities.transport import Busy, Sent, Uncertain
from engine.policy import Policy
from engine.render.digest import digest
from tests.support.cards import NOW as MORNING
from tests.support.cards import task
from tests.support.hosts import HandClock, Noting, acme, host_on, only_run, playbook, tell
from tests.support.pages_of_slack import texts
from tests.support.standins import Answers, Drops
from tests.support.workspaces import FOLDER
from workers.looking import attention

START = "start: {when: metrics.nps.value < 5}\n"
RING = "  - {task: ring, title: Ring Acme, due: 2 business days}\n"


@pytest.fixture
def made(sqlite, slack):
    """A host, with a task for Ana; it is nine in the morning of a Monday in New York."""

    def make(policy="", steps=RING, mail=None):
        clock = HandClock()
        slack.people |= {f"{name}@vendor.test": f"U0{name.upper()}" for name in ("ana", "ben", "max", "gwen", "noor")}
        by = {"notice": mail} if mail else {}
        host = host_on(sqlite, real=clock, slack=Slack(slack.token, api=slack.api), cards=True, **by)
        texts_ = texts_of(FOLDER) | {}
        texts_["policy"] += policy
        plan = playbook(steps, start=START)
        sqlite.write(lambda c: versions.apply(c, [plan], texts_, at=clock(), by="test"))
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        return host, clock

    return make


def morning(host, known=0):
    """What the process that sends them does, until nothing is due."""
    digests.meet(host, known)
    while found := digests.lease(host, 10):
        for one in found:
            digests.send(host, one)


def said(slack):
    """First lines of all digests."""
    return [one.text.split("\n")[0] for one in slack.messages if one.text.startswith("Your tasks")]


def work(host):
    for one in runs.advance(host, only_run(host).id).effects:
        perform(host, one.id, None, lambda receipt: None)


def test_who_has_something_to_do_is_told_once_each_working_morning(made, slack):
    host, clock = made()

    morning(host)
    morning(host)
    clock.go(days=1)
    morning(host)

    assert said(slack) == ["Your tasks this morning: 1 due within five working days."] * 2
    assert len(slack.messages) == 2
    assert all("• Ring Acme — <!date^" in one.shown for one in slack.messages)


def test_nobody_is_told_before_or_after_their_work_nor_twice_for_an_outage(made, slack):
    host, clock = made()
    clock.go(hours=8)  # Ana has just gone home

    morning(host)
    clock.go(days=2)  # two evenings on: Tuesday and Wednesday were an outage
    morning(host)
    clock.go(hours=15, minutes=59)
    morning(host)
    before = said(slack)
    clock.go(minutes=2)
    morning(host)

    assert (before, said(slack)) == ([], ["Your tasks this morning: 1 overdue."])


def test_who_wants_each_by_itself_gets_no_digest(made, slack):
    host, _ = made("pings: each\n")

    morning(host)

    assert (said(slack), digests.lease(host, 10)) == ([], [])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_sends_nothing_twice(made, slack, when):
    host, clock = made()
    slack.fail(Drops(when, on="chat.postMessage"))

    morning(host)
    clock.go(seconds=5)
    morning(host)

    assert len(said(slack)) == 1
    assert host.database.read(lambda c: rows.troubled(c, 10)) == []


def test_one_that_may_have_arrived_is_not_sent_again_before_slack_lets_us_look(made, slack):
    host, clock = made()
    slack.fail(Drops("after", on="chat.postMessage"), Answers(503, on="conversations.history"))

    for _ in range(3):
        morning(host)
        clock.go(seconds=31)

    assert len(said(slack)) == 1
    assert host.database.read(lambda c: rows.troubled(c, 10)) == []


def test_whoever_dies_over_one_leaves_it_to_others_and_it_comes_once(made, slack):
    host, clock = made()
    digests.meet(host, 0)
    [due] = [one for one in digests.lease(host, 10) if one.person == "ana"]
    found = host.database.read(lambda c: digests._due(c, host, due))
    host.channels["slack"].transport.send(digests._message(found.person, found.day, found.told), timedelta(seconds=2))

    morning(host)
    clock.go(seconds=91)
    morning(host)

    assert len(said(slack)) == 1


def test_a_digest_is_one_process_s_at_a_time(database):
    now, real = MORNING, MORNING + timedelta(days=100)
    database.write(lambda c: rows.meet(c, {"ana": now, "ben": now, "max": now + timedelta(days=1)}))

    first, second, dead = (
        database.write(lambda c, wait=wait: rows.lease(c, now, real + timedelta(seconds=wait), 10))
        for wait in (0, 89, 90)
    )

    assert [one.person for one in first] == [one.person for one in dead] == ["ana", "ben"]
    assert (second, [one.attempts for one in dead]) == ([], [1, 1])


def test_what_slack_refuses_is_told_and_the_next_morning_is_another(made, slack):
    host, clock = made()
    slack.fail(Answers(200, body={"ok": False, "error": "channel_not_found"}, on="chat.postMessage"))

    morning(host)
    [row] = host.database.read(lambda c: rows.troubled(c, 10))
    clock.go(days=1)
    morning(host)

    assert row.person == "ana"
    assert "channel_not_found" in row.reason
    assert (len(said(slack)), host.database.read(lambda c: rows.troubled(c, 10))) == (1, [])


def test_people_come_and_go_with_what_is_applied(made, slack):
    host, _ = made()
    digests.meet(host, 0)

    texts_ = texts_of(FOLDER) | {"people": "people: [{id: zoe, email: zoe@vendor.test, role: cs_manager}]"}
    host.database.write(lambda c: versions.apply(c, [], texts_, at=host.clock.now(), by="test"))
    digests.meet(host, 1)

    assert [one.person for one in digests.lease(host, 10)] == ["zoe"]


def test_with_digests_instead_of_pings_a_card_comes_only_for_what_cannot_wait(made, slack):
    urgent = "  - {task: now, title: Now, due: 48 hours, then: continue}\n"
    host, _ = made("pings: digest\n", urgent + RING)

    work(host)
    morning(host)

    assert [one.text.split("\n")[0] for one in slack.messages] == [
        "Now. With Ana Diaz.", "Your tasks this morning: 2 due within five working days.",
    ]  # fmt: skip
    states = {one.reason: one.state for one in host.database.read(effects.listed)}
    assert states["it is in their digest"] == "skipped"


def test_a_digest_is_within_slacks_limits():
    tasks = [
        task(id=f"t{n}", title="<&>" * 900, due=MORNING + timedelta(days=n - 40), opened=MORNING) for n in range(99)
    ]
    told = digest(tasks, MORNING, Policy().calendar(), MORNING, lambda _: "&" * 900)

    drawn = blocks(told)

    for block in drawn:
        Block.parse(block).validate_json()
        assert all(len(one) <= 3_000 for one in texts(block))
    assert len(json.dumps(drawn, ensure_ascii=False)) < 10_000
    assert len(text(told)) <= 4_000


# --- what Slack does not take

DOWN = [Answers(429, {"Retry-After": "30"}, {"ok": False, "error": "ratelimited"}, on="chat.postMessage")] * 200


def pass_time(host, clock, minutes):
    for _ in range(minutes * 2):
        morning(host)
        clock.go(seconds=30)
    morning(host)


def test_what_slack_does_not_take_for_as_long_as_policy_waits_goes_once_by_mail_and_never_by_both(made, slack):
    host, clock = made(mail=(mail := Noting()))
    slack.fail(*DOWN)

    pass_time(host, clock, 29)
    before = len(mail.sent)
    pass_time(host, clock, 2)
    slack.heal()
    pass_time(host, clock, 20)

    (sent,) = mail.sent
    assert (before, said(slack)) == (0, [])
    assert (sent.channel, sent.to, sent.subject) == (
        "email", "ana@vendor.test", "Your tasks this morning: 1 due within five working days",
    )  # fmt: skip
    assert "- Ring Acme (Acme), due 4 March 2026, 17:00 (America/New_York)" in sent.body
    assert "    playbook tasks --person ana" in sent.body
    assert host.database.read(lambda c: rows.troubled(c, 10)) == []


def test_the_next_morning_is_slacks_again(made, slack):
    host, clock = made(mail=(mail := Noting()))
    slack.fail(*DOWN)
    pass_time(host, clock, 31)
    slack.heal()

    clock.go(days=1)
    morning(host)

    assert (len(mail.sent), len(said(slack))) == (1, 1)


def test_whom_slack_does_not_know_gets_theirs_by_mail_at_once(made, slack):
    host, _ = made(mail=(mail := Noting()))
    slack.people.clear()

    digests.meet(host, 0)
    for one in digests.lease(host, 10):
        digests.send(host, one)
    told = [(one["kind"], one["reason"]) for one in host.database.read(lambda c: attention(c, host))]
    morning(host)

    assert told == [("lost", "Slack does not know ana: the digest of their morning went by mail")]
    assert [LOST in one.body for one in mail.sent] == [True]


def test_what_may_have_arrived_in_slack_is_not_sent_by_mail_as_well(made, slack):
    host, clock = made(mail=(mail := Noting()))
    unseen = [replace(one, on="conversations.history") for one in DOWN]
    slack.fail(Drops("after", on="chat.postMessage"), *DOWN, *unseen)

    pass_time(host, clock, 40)

    assert (mail.sent, len(said(slack))) == ([], 1)


@pytest.mark.parametrize(
    ("answers", "mails"),
    [([Busy("The server is down.", timedelta(seconds=9)), Sent("1")], 2), ([Uncertain("Lost."), Sent("1")], 1)],
    ids=["certain", "lost"],
)
def test_a_mail_that_did_not_go_is_tried_again_and_one_that_may_have_gone_is_not(made, slack, answers, mails):
    host, clock = made(mail=(mail := Noting(iter(answers))))
    slack.people.clear()

    pass_time(host, clock, 5)

    assert (len(mail.sent), len(mail.asked), said(slack)) == (mails, 2 - mails, [])


def test_whoever_dies_over_a_mail_leaves_it_unsent_rather_than_sent_twice(made, slack):
    host, clock = made(mail=(mail := Noting()))
    slack.people.clear()
    digests.meet(host, 0)
    (due,) = [one for one in digests.lease(host, 10) if one.person == "ana"]
    host.database.write(lambda c: rows.go_by_mail(c, due))

    clock.go(seconds=91)
    morning(host)

    assert (mail.sent, said(slack)) == ([], [])
