"""Mails in turn: each recipient at their own pace, until they answer or something stops all of it."""

import pytest

from tests.support.playbooks import KIM, lines, told

LEE = KIM | {"id": "c2", "name": "Lee", "email": "lee@acme.test"}
THREE = """
  - sequence: win_back
    to: {to}
    mails:
      - {{subject: One, text: "Dear {{{{ contact.name }}}}"}}
      - {{after: 2 days, subject: Two, text: Hello again}}
      - {{after: 3 business days, subject: Three, text: Good bye}}
{more}
  - branch: came_of_it
    cases: [{{when: outcome.win_back == "{outcome}", then: [{{end: as_expected}}]}}]
    otherwise: []
"""
ALL = "{each: contact.relationship >= 0}"


def steps(to="champion", outcome="finished", more=""):
    return THREE.format(to=to, outcome=outcome, more=more)


def sent(result):
    return [(at[:10], path.removeprefix("win_back/")) for at, path in lines(result, "sent")]


def test_mails_go_in_turn_each_counted_from_when_the_one_before_had_gone():
    result = told(steps())

    assert lines(result, "sent") == [
        ("2026-03-02T14:00:00Z", "win_back/mail/1"),
        ("2026-03-04T14:00:00Z", "win_back/mail/2"),
        ("2026-03-09T13:00:00Z", "win_back/mail/3"),  # the start of working hours, after the clock change
    ]
    assert result.outcome == "as_expected"


def test_a_mail_that_was_held_moves_those_behind_it():
    late = steps().replace("Two, text: Hello again", "Two, text: Hello again, send: {on: [friday]}")

    result = told(late)

    assert [day for day, _ in sent(result)] == ["2026-03-02", "2026-03-06", "2026-03-11"]


def test_what_the_sequence_says_of_its_mails_holds_where_one_does_not_say_otherwise():
    shared = steps().replace("    mails:", "    send: {on: [friday]}\n    expires: 5 days\n    cc: csm\n    mails:")
    otherwise = shared.replace(
        "Two, text: Hello again", "Two, text: Hello again, send: {on: [wednesday]}, cc: cs_manager"
    )

    result = told(otherwise)

    assert [day for day, _ in sent(result)] == ["2026-03-06", "2026-03-11", "2026-03-20"]
    assert [mail.content["cc"] for mail in result.mails] == [
        ["ana@vendor.test"],
        ["max@vendor.test"],
        ["ana@vendor.test"],
    ]


def test_a_reply_ends_it_for_whoever_replied_and_for_nobody_else():
    result = told(steps(to=ALL, outcome="replied"), contacts=[KIM, LEE], then=[{"after": "1 day", "reply": "c1"}])

    to_lee = [one for one in result.trace if one.event == "sent" and one.fields["contact"] == "c2"]
    assert (len(lines(result, "sent")), len(to_lee)) == (4, 3)
    assert result.outcome == "as_expected"


def test_unsubscribing_ends_it_and_holds_for_every_later_mail():
    more = "  - {email: later, to: champion, subject: Hi, text: Hello}"
    result = told(steps(outcome="unsubscribed", more=more), then=[{"after": "1 day", "unsubscribe": "c1"}])

    skipped = [(one.path, one.fields["reason"]) for one in result.trace if one.event == "skipped"]
    assert sent(result) == [("2026-03-02", "mail/1")]
    assert [(path.rpartition("/")[2], reason) for path, reason in skipped] == [
        ("2", "unsubscribed"), ("later", "unsubscribed"),
    ]  # fmt: skip
    assert result.outcome == "as_expected"


def test_a_hard_bounce_ends_it():
    result = told(steps(outcome="bounced"), then=[{"after": "1 day", "bounce": "c1"}])

    assert (len(sent(result)), result.outcome) == (1, "as_expected")


def test_a_reply_while_a_mail_is_held_keeps_that_mail_from_going():
    held = steps(outcome="replied").replace("One, text:", "One, send: {on: [friday]}, text:")

    result = told(held, then=[{"after": "1 day", "reply": "c1"}])

    assert (sent(result), result.outcome) == ([], "as_expected")


def test_a_click_stops_it_for_all_where_that_is_said_and_means_nothing_elsewhere():
    click = [{"after": "1 day", "click": "c1"}]

    stopped = told(steps(to=ALL, outcome="stopped", more="    stop_on: [click]"), contacts=[KIM, LEE], then=click)
    ignored = told(steps(), then=click)

    assert (len(sent(stopped)), stopped.outcome) == (2, "as_expected")
    assert len(sent(ignored)) == 3


def test_an_event_stops_it_if_it_is_one_that_is_meant():
    more = "    stop_on: [{event: ticket, where: event.severity == 2}]"
    other = {"after": "1 day", "event": "ticket", "data": {"severity": 3}}
    meant = {"after": "3 days", "event": "ticket", "data": {"severity": 2}}

    result = told(steps(outcome="stopped", more=more), then=[other, meant])

    assert (len(sent(result)), result.outcome) == (2, "as_expected")


def test_a_condition_that_is_true_already_stops_it_before_the_first_mail():
    more = '    stop_on: [{when: account.status == "active"}]'

    result = told(steps(outcome="stopped", more=more))

    assert (sent(result), result.outcome) == ([], "as_expected")


def test_the_goal_ends_it_for_all():
    goal = "goal: {when: metrics.nps.value >= 8, outcome: happy}\n"

    result = told(steps(), head=goal, then=[{"after": "1 day", "metrics": {"nps": 9}}])

    assert (len(sent(result)), result.outcome) == (1, "happy")


def test_recipients_are_fixed_on_arrival():
    later = {"after": "1 day", "contacts": [LEE]}

    result = told(steps(to=ALL), then=[later])

    assert len(sent(result)) == 3


def test_a_recipient_who_has_gone_gets_no_more():
    result = told(steps(outcome="finished"), then=[{"after": "1 day", "contacts": [{"id": "c1", "active": False}]}])

    assert (len(sent(result)), result.outcome) == (1, "as_expected")
    assert [path for _, path in lines(result, "opened")] == ["win_back/missing"]


def test_a_recipient_who_has_gone_before_the_first_mail_was_nobody():
    gone = {"after": "1 day", "contacts": [{"id": "c1", "active": False}]}

    result = told(steps(outcome="nobody", more="    send: {on: [friday]}"), then=[gone])

    assert [path for _, path in lines(result, "skipped", "opened")] == [
        "win_back/mail/1", "win_back/mail/2", "win_back/missing",
    ]  # fmt: skip
    assert result.outcome == "as_expected"


def test_with_nobody_to_write_to_the_owner_is_asked_and_the_run_goes_on():
    result = told(steps(outcome="nobody"), contacts=[])

    (passed,) = [one for one in result.trace if one.event == "skipped"]
    assert [(one.path, one.kind) for one in result.trace if one.event == "opened"] == [("win_back/missing", "task")]
    assert passed.fields == {"reason": "missing", "outcome": "nobody"}
    assert result.outcome == "as_expected"


def test_it_may_wait_for_somebody_to_write_to():
    result = told(steps(more="    missing: wait"), contacts=[], then=[{"after": "5 days", "contacts": [KIM]}])

    assert sent(result)[0] == ("2026-03-07", "mail/1")


def test_a_text_that_lacks_something_parks_it_until_that_is_known():
    lacking = steps().replace("Hello again", '"{{ account.asked | date }}"')

    result = told(lacking, then=[{"after": "10 days", "account": {"asked": "2026-04-01T09:00:00Z"}}])

    assert [(day, path) for day, path in sent(result)][:2] == [("2026-03-02", "mail/1"), ("2026-03-12", "mail/2")]
    assert [one.event for one in result.trace if one.event in {"parked", "resumed"}] == ["parked", "resumed"]


STOP_ON = "    stop_on: [click, ticket, {when: account.status == 'paused'}]"


@pytest.mark.parametrize(
    ("told_of", "more", "outcome"),
    [
        ({"reply": "c1"}, "", "replied"),
        ({"unsubscribe": "c1"}, "", "unsubscribed"),
        ({"bounce": "c1"}, "", "bounced"),
        ({"click": "c1"}, STOP_ON, "stopped"),
        ({"event": "ticket", "data": {"severity": 2}}, STOP_ON, "stopped"),
        ({"account": {"status": "paused"}}, STOP_ON, "stopped"),
    ],
)
def test_what_ends_it_ends_it_also_while_it_waits_in_attention(told_of, more, outcome):
    lacking = steps(outcome=outcome, more=more).replace("Hello again", '"{{ account.asked | date }}"')

    result = told(lacking, then=[{"after": "5 days", **told_of}])

    assert lines(result, "parked", "completed", "ended") == [
        ("2026-03-04T14:00:00Z", "win_back"),
        ("2026-03-07T14:00:00Z", "win_back"),
        ("2026-03-07T14:00:00Z", "came_of_it/case/1/as_expected"),
    ]


def test_what_changes_nothing_for_one_that_waits_in_attention_is_not_told_twice():
    lacking = steps().replace("Hello again", '"{{ account.asked | date }}"')
    asked = {"after": "9 days", "account": {"asked": "2026-04-01T09:00:00Z"}}

    result = told(lacking, then=[{"after": "5 days", "open": "c1"}, asked])

    assert [one.event for one in result.trace if one.event in {"parked", "resumed"}] == ["parked", "resumed"]
    assert result.outcome == "as_expected"


def test_a_mail_that_lacks_something_for_too_long_is_passed_over():
    lacking = steps().replace("Hello again", '"{{ account.asked | date }}", expires: 3 days')

    result = told(lacking)

    passed = [(str(one.at)[:10], one.path) for one in result.trace if one.fields.get("reason") == "expired"]
    assert passed == [("2026-03-07", "win_back/mail/2")]
    assert result.outcome == "as_expected"


def test_it_may_be_given_up():
    more = "    at_most: 3 days\n    otherwise: [{end: late}]"

    result = told(steps(more=more))

    assert (len(sent(result)), result.outcome) == (2, "late")


def test_who_could_not_be_reached_from_the_first_is_as_if_there_were_nobody():
    waits = "  - {wait: a_day, for: 1 day}\n"

    result = told(waits + steps(), then=[{"after": "0 minutes", "bounce": "c1"}])

    assert ("win_back/missing", "opened") in [(one.path, one.event) for one in result.trace]


def test_a_story_says_which_link_is_clicked():
    waits = (
        "  - {email: ask, to: champion, subject: Hi, text: Hello}\n"
        "  - {wait: yes, on: mail_clicked, where: 'contains(event.link, \"yes\")', at_most: 9 days, otherwise: []}\n"
        "  - {end: yes_please}"
    )
    clicks = [{"after": f"{n} days", "click": "c1", "link": link} for n, link in enumerate(("/no", "/yes"), 1)]

    result = told(waits, start="start: {}\n", then=clicks)

    assert (result.outcome, str(result.ended_at)) == ("yes_please", "2026-03-04 14:00:00+00:00")
