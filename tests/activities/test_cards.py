"""Tasks as messages in Slack: posted once, edited in place, whatever happens on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities import erasing, putting_off, runs, tasks
from activities.effect import perform
from activities.ledger import Leased
from activities.slack import cards, removing
from activities.slack.messages import Slack
from activities.store import cards as rows
from activities.store import effects
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook, tell
from tests.support.standins import Answers, Drops, StandInSlack
from workers.looking import attention

START = "start: {when: metrics.nps.value < 5}\n"
RING = """\
  - task: ring
    title: Ring {{ account.name }}
    due: 2 business days
    outcomes: [reached, silent]
    overdue: [{after: 1 day, remind: assignee}, {after: 2 days, escalate: cs_manager}]
"""


BOTH = pytest.mark.parametrize("made", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.people |= {f"{name}@vendor.test": f"U0{name.upper()}" for name in ("ana", "ben", "max", "gwen")}
        yield stand_in


@pytest.fixture
def made(request, slack):
    database, clock = request.getfixturevalue(getattr(request, "param", "sqlite")), HandClock()
    transport = Slack(slack.token, api=slack.api)

    def make(steps=RING):
        host = host_on(database, playbook(steps, start=START), real=clock, slack=transport, cards=True)
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        work(host)
        return host, clock

    return make


def work(host):
    """What Temporal and the process that shows cards would do by now."""
    directive = runs.advance(host, only_run(host).id)
    for one in directive.effects:
        perform(host, one.id, None, lambda receipt: None)
    show(host)


def show(host):
    while leased := cards.lease(host, 10):
        for row in leased:
            cards.show(host, row)


def the_task(host):
    return host.database.read(lambda c: tasks.tasks.listed(c, account="acme"))[0]


def to(slack, person):
    """What stands in the conversation with them: (first line, buttons), and the words of its threads."""
    room = slack.rooms.get(slack._direct.get(f"U0{person.upper()}", ""))
    if room is None:
        return [], []
    top = [one for one in room.messages if one.thread_ts is None]
    return [(one.shown.split("\n")[:2], one.buttons) for one in top], [m.shown for m in room.messages if m.thread_ts]


def test_a_task_reaches_its_owner_as_one_message_with_its_reason_and_buttons(made, slack):
    made()

    [message] = slack.messages
    assert message.buttons == ["Done", "Snooze", "Reassign", "Note"]
    assert message.shown.startswith("*Ring Acme*\nWith Ana Diaz\n")
    assert "Started because NPS is 3 (less than 5)" in message.shown
    assert "ARR: $40,000" in message.text


@BOTH
def test_every_act_edits_the_same_message_and_stands_in_its_thread(made, slack):
    host, clock = made()
    task = the_task(host)

    tasks.snooze(host, task.id, clock() + timedelta(days=1), by="ana", note="Kim is away")
    work(host)
    tasks.note(host, task.id, "She is back", by="max")
    work(host)
    tasks.complete(host, task.id, "reached", by="ana")
    work(host)

    [card], thread = to(slack, "ana")
    assert card == (["~Ring Acme~", "Done by Ana Diaz: reached"], [])
    assert [one.split("\n")[0].partition(" until")[0] for one in thread] == [
        "Ana Diaz put it off", "Max Roth:", "Ana Diaz closed it: reached.",
    ]  # fmt: skip


def test_whoever_gets_the_task_has_a_card_of_their_own_and_the_former_holder_no_buttons(made, slack):
    host, _ = made()

    tasks.reassign(host, the_task(host).id, "ben", by="ana")
    work(host)

    assert to(slack, "ana")[0] == [(["*Ring Acme*", "With Ben Okoro"], [])]
    assert to(slack, "ben")[0] == [(["*Ring Acme*", "With Ben Okoro"], ["Done", "Snooze", "Reassign", "Note"])]


def test_a_reminder_goes_into_the_thread_and_an_escalation_is_a_card_for_who_is_told(made, slack):
    host, clock = made()

    clock.go(days=3, hours=12)
    work(host)
    clock.go(days=1)
    work(host)

    [card], thread = to(slack, "ana")
    assert card[0] == ["*Ring Acme*", "Overdue. With Ana Diaz"]
    assert thread == ["Ring Acme is overdue", "It went up to Max Roth."]
    assert [one.broadcast for one in slack.messages if one.thread_ts] == [True, False]
    assert to(slack, "max")[0] == [(["*Ring Acme*", "Overdue. With Ana Diaz"], ["Done", "I take it", "Note"])]


def test_what_is_told_while_the_card_is_on_its_way_waits_for_it(made, slack):
    slack.fail(Drops("after", on="chat.postMessage"))
    host, clock = made()
    [first] = host.database.read(effects.listed)

    clock.go(days=4)
    directive = runs.advance(host, only_run(host).id)

    [later] = [one.id for one in directive.effects if one.id != first.id][:1]
    with pytest.raises(Leased):
        perform(host, later, None, lambda receipt: None)


def test_an_outage_loses_nothing_and_says_nothing_twice(made, slack):
    host, clock = made()
    task = the_task(host)
    slack.fail(Answers(503, on="chat.update"), Drops("after", on="chat.postMessage"))

    tasks.note(host, task.id, "one", by="ana")
    tasks.complete(host, task.id, "silent", by="ana")
    for _ in range(4):
        work(host)
        clock.go(seconds=70)

    [card], thread = to(slack, "ana")
    assert card == (["~Ring Acme~", "Done by Ana Diaz: silent"], [])
    assert thread == ["Ana Diaz:\n>one", "Ana Diaz closed it: silent."]
    assert host.database.read(lambda c: rows.troubled(c, 10)) == []


def test_a_crash_in_the_middle_of_an_edit_is_made_up_for(made, slack):
    host, clock = made()
    tasks.complete(host, the_task(host).id, "reached", by="ana")
    cards.lease(host, 10)  # and then the process dies

    clock.go(seconds=61)
    show(host)

    assert to(slack, "ana")[0] == [(["~Ring Acme~", "Done by Ana Diaz: reached"], [])]


@BOTH
def test_who_fell_behind_first_is_shown_first(made):
    host, _ = made()
    acme(host, "beta", name="Beta")
    tell(host, "beta", metric="nps", value=3)
    for one in runs.advance(host, only_run(host, "beta").id).effects:
        perform(host, one.id, None, lambda receipt: None)
    first, second = sorted(host.database.read(tasks.tasks.listed), key=lambda one: one.id, reverse=True)

    for one in (first, second, first):
        tasks.note(host, one.id, "hm", by="ana")

    assert [row.task for row in cards.lease(host, 1) + cards.lease(host, 1)] == [first.id, second.id]


@BOTH
def test_what_somebody_did_is_shown_before_a_burst_of_what_changed_by_itself(made):
    host, _ = made()
    for name in ("beta", "gamma"):
        acme(host, name, name=name)
        tell(host, name, metric="nps", value=3)
        for one in runs.advance(host, only_run(host, name).id).effects:
            perform(host, one.id, None, lambda receipt: None)
    *burst, clicked = [one.id for one in host.database.read(tasks.tasks.listed)]

    host.database.write(lambda c: rows.touch(c, [*burst, clicked]))
    tasks.note(host, clicked, "hm", by="ana")

    assert [row.task for row in cards.lease(host, 10)] == [clicked, *burst]


def test_a_token_that_was_revoked_holds_what_is_for_slack_and_shows_in_attention(made, slack):
    host, _ = made()
    slack.token = "xoxb-new"
    acme(host, "beta", name="Beta")
    tell(host, "beta", metric="nps", value=3)
    [effect] = runs.advance(host, only_run(host, "beta").id).effects

    perform(host, effect.id, None, lambda receipt: None)

    row = host.database.read(lambda c: effects.find(c, effect.id))
    [told] = host.database.read(lambda c: attention(c, host))
    assert (row.state, row.held) == ("deferred", "provider")
    assert (told["kind"], told["id"]) == ("provider", "slack")
    assert "invalid_auth" in told["reason"]


class Dying:
    """A database whose process is killed before it writes."""

    def __init__(self, database):
        self.read = database.read

    def write(self, work):
        raise KeyboardInterrupt


def test_what_was_said_in_a_thread_before_a_crash_is_not_said_again(made, slack):
    host, clock = made()
    tasks.note(host, the_task(host).id, "hm", by="ana")
    [row] = cards.lease(host, 1)
    with pytest.raises(KeyboardInterrupt):
        cards.show(replace(host, database=Dying(host.database)), row)

    clock.go(seconds=61)
    show(host)

    assert to(slack, "ana")[1] == ["Ana Diaz:\n>hm"]


def test_what_may_have_been_said_in_a_thread_is_not_said_again_before_slack_lets_us_look(made, slack):
    host, clock = made()
    tasks.note(host, the_task(host).id, "hm", by="ana")
    slack.fail(Drops("after", on="chat.postMessage"), Answers(429, on="conversations.replies"))

    for _ in range(3):
        show(host)
        clock.go(seconds=61)

    assert to(slack, "ana")[1] == ["Ana Diaz:\n>hm"]


def test_how_long_slack_wants_nothing_is_told_to_who_shows_the_others(made, slack):
    host, _ = made()
    tasks.claim(host, the_task(host).id, "ben")
    slack.fail(Answers(429, {"Retry-After": "7"}, on="chat.update"))

    [row] = cards.lease(host, 1)

    assert cards.show(host, row) == timedelta(seconds=7)


def test_what_slack_refuses_for_good_is_not_asked_for_again_before_the_next_change(made, slack):
    host, _ = made()
    slack.fail(Answers(200, body={"ok": False, "error": "cant_update_message"}, on="chat.update"))
    tasks.claim(host, the_task(host).id, "ben")

    show(host)
    calls = slack.calls("chat.update")
    show(host)

    assert (slack.calls("chat.update"), calls) == (1, 1)
    [row] = host.database.read(lambda c: rows.troubled(c, 10))
    assert row.reason == "The message is not one of this app's. (cant_update_message)"


def test_what_cannot_be_shown_for_one_reason_is_one_line_of_attention(made, slack):
    host, clock = made()
    acme(host, "beta", name="Beta")
    tell(host, "beta", metric="nps", value=3)
    for one in runs.advance(host, only_run(host, "beta").id).effects:
        perform(host, one.id, None, lambda receipt: None)
    slack.token = "xoxb-new"

    for task in host.database.read(tasks.tasks.listed):
        tasks.claim(host, task.id, "ben")
    for _ in range(7):
        show(host)
        clock.go(minutes=5)

    [told] = host.database.read(lambda c: attention(c, host))
    assert (told["kind"], told["number"]) == ("card", 2)
    assert told["reason"].startswith("2 messages do not show how their tasks stand: ")


def test_what_waits_long_to_be_shown_is_shown_at_once_when_a_person_says_that_slack_is_mended(made, slack):
    host, clock = made()
    token, slack.token = slack.token, "xoxb-new"
    tasks.claim(host, the_task(host).id, "ben")
    for _ in range(7):
        show(host)
        clock.go(minutes=5)
    show(host)
    slack.token = token
    assert cards.lease(host, 10) == []

    putting_off.try_now(host, "slack")
    show(host)

    assert to(slack, "ana")[0][-1][0] == ["*Ring Acme*", "With Ben Okoro"]
    assert host.database.read(lambda c: rows.troubled(c, 10)) == []


def test_a_message_that_somebody_deleted_is_posted_again_and_followed(made, slack):
    host, _ = made()
    slack.messages[0].ts, task = "1.000001", the_task(host)

    tasks.claim(host, task.id, "ben")
    work(host)
    tasks.complete(host, task.id, "reached", by="ben")
    work(host)

    said = [card for card, _ in to(slack, "ana")[0]]
    assert said == [["*Ring Acme*", "With Ana Diaz"], ["~Ring Acme~", "Done by Ben Okoro: reached"]]


def test_nothing_is_edited_where_nothing_can_be_seen_to_change(made, slack):
    host, _ = made()
    tell(host, "acme", fields={"seats": 12})

    work(host)

    assert slack.calls("chat.update") == 0


def test_an_incident_is_one_message_that_closes_itself_on_recovery(made, slack):
    slack.room("fires")
    host, _ = made(
        "  - escalate: fire\n    reason: Low\n    ladder: [{to: csm, within: 1 day}]\n"
        '    channel: "#fires"\n    clears: metrics.nps.value > 7\n'
    )
    open_ = slack.messages[0].buttons

    tell(host, "acme", metric="nps", value=9)
    work(host)

    assert open_ == ["Acknowledge", "Take over", "Note"]
    top, threads = ([one for one in slack.messages if bool(one.thread_ts) is below] for below in (False, True))
    assert [one.shown.split("\n")[:2] for one in top] == [["~Low~", "Cleared: what it was about has passed"]] * 2
    assert [one.buttons for one in top] == [[], []]
    assert [one.shown for one in threads] == ["It closed by itself: what it was about has passed."] * 2


def test_the_thread_tells_what_the_playbook_did_by_itself_but_not_twice_to_who_was_told(made, slack):
    host, clock = made(RING.replace("silent]", "silent]\n    auto_close: metrics.nps.value > 7"))
    clock.go(days=4)
    work(host)
    clock.go(days=1)
    work(host)

    tell(host, "acme", metric="nps", value=9)
    work(host)

    assert to(slack, "ana")[1] == [
        "Ring Acme is overdue", "It went up to Max Roth.", "It closed by itself: what it was about has passed.",
    ]  # fmt: skip
    assert to(slack, "max")[1] == ["It closed by itself: what it was about has passed."]
    told = host.database.read(lambda c: tasks.tasks.history(c, the_task(host).id))
    assert [(one.verb, one.by) for one in told] == [("reminded", None), ("escalated", None), ("completed", None)]


def test_what_a_person_passes_on_is_told_once(made, slack):
    host, _ = made()

    tasks.reassign(host, the_task(host).id, "ben")
    work(host)

    assert to(slack, "ana")[1] == ["Somebody gave it to Ben Okoro."]


def take_away(host):
    while leased := removing.lease(host, 10):
        for one in leased:
            removing.remove(host, one)


@BOTH
def test_an_account_that_is_erased_is_gone_from_slack_with_its_threads(made, slack):
    host, clock = made()
    tasks.note(host, the_task(host).id, "Kim was rude", by="ana")
    clock.go(days=5)
    work(host)
    before = len(slack.messages)

    erasing.erase(host, "acme")
    take_away(host)

    assert (before > 2, slack.messages) == (True, [])
    assert removing.lease(host, 10) == []


def test_what_people_wrote_is_theirs_to_delete_and_attention_says_so_until_it_is_gone(made, slack):
    host, clock = made()
    [card] = slack.messages
    room = slack.rooms[card.channel]
    room.messages.append(replace(card, ts="9999.000001", thread_ts=card.ts, by_person=True))

    erasing.erase(host, "acme")
    take_away(host)
    [told] = host.database.read(lambda c: attention(c, host))
    room.messages.clear()
    clock.go(days=1)
    take_away(host)

    assert (told["kind"], told["reason"].partition(":")[0]) == (
        "erased", "1 message of an erased account not deleted in Slack",
    )  # fmt: skip
    assert host.database.read(lambda c: attention(c, host)) == []


def test_slack_that_is_down_keeps_nothing_of_an_erased_account(made, slack):
    host, clock = made()
    slack.fail(Answers(503, on="chat.delete"))

    erasing.erase(host, "acme")
    take_away(host)
    clock.go(minutes=5)
    take_away(host)

    assert slack.messages == []
