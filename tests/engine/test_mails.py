"""What an email may say beside its text: when it goes, until when, who approves it and who gets a copy."""

from dataclasses import replace
from datetime import time

import pytest

from engine.policy import Cap, QuietHours, Topic
from engine.quantities import Duration
from engine.simulate import Simulation, simulate
from tests.support.playbooks import KIM, compiled, lines, problems, setting, source, story, told

MAIL = "  - email: hello\n    to: champion\n    subject: Hello\n    text: Dear {{ contact.name }}\n"
SAYS = """
  - branch: said
    cases: [{when: outcome.hello == "%s", then: [{end: as_expected}]}]
    otherwise: []
"""


def kept(steps, policy, **said):
    """What comes of it under a policy of one's own."""
    own = replace(setting(), policy=replace(setting().policy, **policy))
    return simulate(compiled(source(steps)), story(**said), own)


def deferred(result):
    return [(one.fields["reason"], one.fields["until"]) for one in result.trace if one.event == "deferred"]


def test_a_mail_waits_for_its_window_and_days_on_the_recipients_clock():
    tokyo = KIM | {"time_zone": "Asia/Tokyo"}

    result = told(MAIL + '    send: {window: "09:00-17:00", on: [tuesday, thursday]}\n', contacts=[tokyo])

    assert deferred(result) == [("send window", "2026-03-03T00:00:00Z")]
    assert lines(result, "sent") == [("2026-03-03T00:00:00Z", "hello")]


def test_a_mail_that_came_too_late_is_not_sent_and_its_outcome_says_so():
    result = told(MAIL + "    send: {on: [friday]}\n    expires: 2 days\n" + SAYS % "expired")

    assert lines(result, "sent") == []
    assert [(one.fields["reason"], str(one.at)[:10]) for one in result.trace if one.event == "skipped"] == [
        ("expired", "2026-03-04")
    ]
    assert result.outcome == "as_expected"


def test_a_mail_that_lacks_something_for_too_long_expires():
    lacking = MAIL.replace("{{ contact.name }}", "{{ account.seats }}")

    result = told(lacking + "    expires: 2 days\n" + SAYS % "expired", account={"seats": None})

    assert lines(result, "parked", "skipped", "ended") == [
        ("2026-03-02T14:00:00Z", "hello"),
        ("2026-03-04T14:00:00Z", "hello"),
        ("2026-03-04T14:00:00Z", "said/case/1/as_expected"),
    ]


def test_a_mail_that_lacked_something_expires_when_it_would_have_anyway():
    lacking = MAIL.replace("{{ contact.name }}", "{{ account.seats }}") + "    send: {on: [friday]}\n"

    result = told(lacking + "    expires: 2 days\n", then=[{"after": "1 day", "account": {"seats": 5}}])

    assert lines(result, "resumed", "skipped") == [
        ("2026-03-03T14:00:00Z", "hello"),
        ("2026-03-04T14:00:00Z", "hello"),
    ]


def test_a_goal_that_comes_while_a_mail_is_held_keeps_it_from_going():
    result = told(
        MAIL + "    send: {on: [friday]}\n",
        head="goal: {when: metrics.nps.value >= 8, outcome: happy}\n",
        then=[{"after": "1 day", "metrics": {"nps": 9}}],
    )

    assert (lines(result, "sent"), result.outcome) == ([], "happy")


def test_quiet_hours_hold_customers_mail_and_no_message_to_colleagues():
    steps = MAIL + "  - {slack: note, to: csm, text: Look}\n"

    result = kept(steps, {"quiet_hours": QuietHours((time(8), time(12)))})

    assert lines(result, "sent", "posted") == [("2026-03-02T17:00:00Z", "hello"), ("2026-03-02T17:00:00Z", "note")]


def test_a_cap_holds_what_is_too_much_for_one_person():
    steps = MAIL + MAIL.replace("hello", "again") + MAIL.replace("hello", "third")

    result = kept(steps, {"caps": (Cap("email", 2, Duration(amount=3, unit="day"), "contact"),)})

    assert [at for at, _ in lines(result, "sent")] == [
        "2026-03-02T14:00:00Z", "2026-03-02T14:00:00Z", "2026-03-05T14:00:00Z",
    ]  # fmt: skip
    assert deferred(result) == [("at most 2 per 3 days and contact", "2026-03-05T14:00:00Z")]


def test_essential_mail_is_held_by_no_cap():
    essential = {"general": Topic("general", "Invoices", essential=True)}
    cap = Cap("email", 1, Duration(amount=3, unit="day"), "contact")

    result = kept(MAIL + MAIL.replace("hello", "again"), {"caps": (cap,), "topics": essential})

    assert deferred(result) == []


APPROVED = MAIL + "    approval: cs_manager\n"


def test_a_mail_is_sent_when_it_has_been_approved():
    result = told(APPROVED, then=[{"after": "1 day", "complete": "hello", "outcome": "approved"}])

    assert [(one.event, one.path, one.kind) for one in result.trace if one.step] == [
        ("opened", "hello/approval", "task"),
        ("completed", "hello/approval", "task"),
        ("sent", "hello", "email"),
    ]
    assert lines(result, "sent") == [("2026-03-03T14:00:00Z", "hello")]


def test_a_mail_that_is_refused_is_passed_over():
    steps = APPROVED + SAYS % "refused"

    result = told(steps, then=[{"after": "1 day", "complete": "hello/approval", "outcome": "refused"}])

    assert (lines(result, "sent"), result.outcome) == ([], "as_expected")


@pytest.mark.parametrize(("tier", "approvals"), [("enterprise", ["hello/approval"]), ("growth", [])])
def test_who_approves_may_be_said_by_tier_and_nobody_lets_it_go_at_once(tier, approvals):
    by_tier = APPROVED.replace("cs_manager", "{enterprise: cs_manager, growth: nobody, starter: nobody}")

    result = told(by_tier, account={"tier": tier}, then=[{"after": "1 day", "account": {"arr": 1}}])

    assert [path for _, path in lines(result, "opened")] == approvals
    assert [path for _, path in lines(result, "sent")] == ([] if approvals else ["hello"])


@pytest.mark.parametrize(
    ("track", "reason"), [("{wait: done, for: metrics.nps.value > 8, at_most: 9 days, otherwise: []}", "goal"),
                          ("{wait: done, for: 1 day}, {end: enough}", "end")]
)  # fmt: skip
def test_an_approval_is_withdrawn_where_it_was_opened(track, reason):
    mail = "{email: hello, to: champion, subject: Hi, text: Hi, approval: cs_manager}"
    steps = f"  - {{parallel: both, tracks: {{one: [{mail}], two: [{track}]}}}}\n"
    head = "goal: {when: metrics.nps.value >= 8, outcome: happy}\n"

    result = told(steps, head=head, then=[{"after": "2 days", "metrics": {"nps": 8}}])

    (gone,) = [one for one in result.trace if one.event == "withdrawn"]
    assert (gone.path, gone.kind, gone.fields) == ("both/one/hello/approval", "task", {"reason": reason})


def test_an_approval_is_due_by_policy_and_says_whose_mail_it_is():
    result = told(APPROVED, until="2026-03-04T00:00:00Z")

    assert list(result.words.values()) == ["Approve the mail “hello” to Acme"]

    (opened,) = [one for one in result.trace if one.event == "opened"]
    assert (opened.fields["assigned"], opened.fields["due"]) == ("cs_manager", "2026-03-09T17:00:00Z")


@pytest.mark.parametrize(
    ("expires", "reminded"), [("", "2026-03-09T09:00"), ("    expires: 3 days\n", "2026-03-04T09:00")]
)
def test_who_is_to_approve_is_reminded_before_it_is_too_late(expires, reminded):
    result = told(APPROVED + expires, until="2026-03-20T00:00:00Z")

    found = [(one.path, one.fields["person"]) for one in result.trace if one.event == "reminded"]
    assert found == [("hello/approval", "max")]
    assert lines(result, "reminded")[0][0].startswith(reminded[:10])


def test_an_approval_that_nobody_gives_may_be_given_up():
    steps = APPROVED + "    at_most: 3 days\n    otherwise: [{end: late}]\n"

    result = told(steps)

    assert (lines(result, "sent"), result.outcome) == ([], "late")


@pytest.mark.parametrize("then", [[], [{"after": "1 day", "snooze": "hello", "until": "5 days"}]])
def test_a_mail_that_nobody_approves_in_time_expires_and_its_approval_is_taken_back(then):
    result = told(APPROVED + "    expires: 2 days\n" + SAYS % "expired", then=then)

    assert lines(result, "withdrawn", "skipped") == [
        ("2026-03-04T14:00:00Z", "hello/approval"),
        ("2026-03-04T14:00:00Z", "hello"),
    ]
    assert result.outcome == "as_expected"


KNOWN = MAIL.replace("Dear", "Dear {{ account.seats }}")
ANYBODY = {"id": "c1", "name": "Kim", "role": "champion"}
LAST = [
    (APPROVED, {"complete": "hello", "outcome": "approved"}),
    (MAIL + "    missing: wait\n", {"contacts": [ANYBODY | {"email": "kim@acme.test"}]}),
    (KNOWN, {"account": {"seats": 4}}),
]


@pytest.mark.parametrize("ends", ["at_most: 2 days\n    otherwise: []", "expires: 2 days"])
@pytest.mark.parametrize(("mail", "comes"), LAST, ids=["approved", "found", "known"])
def test_what_lets_a_mail_go_in_its_very_last_instant_lets_it_go(mail, ends, comes):
    nobody = {"contacts": [ANYBODY]} if "missing" in mail else {}

    result = told(f"{mail}    {ends}", then=[{"after": "2 days"} | comes], **nobody)

    assert lines(result, "sent", "timed_out", "skipped") == [("2026-03-04T14:00:00Z", "hello")]
    assert result.trace[-2].event == "sent"


def test_what_may_go_in_no_hour_of_that_instant_does_not():
    held = APPROVED + '    send: {window: "17:00-18:00"}\n    at_most: 2 days\n    otherwise: []\n'

    result = told(held, then=[{"after": "2 days", "complete": "hello", "outcome": "approved"}])

    assert lines(result, "sent", "timed_out") == [("2026-03-04T14:00:01Z", "hello")]


def test_a_contact_who_has_gone_while_the_mail_waited_for_approval_gets_none():
    gone = {"after": "1 hour", "contacts": [{"id": "c1", "active": False}]}

    result = told(APPROVED, then=[gone, {"after": "1 day", "complete": "hello", "outcome": "approved"}])

    assert lines(result, "sent") == []


def test_a_contact_who_has_gone_while_the_mail_was_held_gets_none():
    gone = {"after": "1 hour", "contacts": [{"id": "c1", "active": False}]}

    result = told(MAIL + "    send: {on: [friday]}\n" + SAYS % "skipped", then=[gone])

    assert (lines(result, "sent"), result.outcome) == ([], "as_expected")


@pytest.mark.parametrize("cc", ["cs_manager", "[cs_manager, cs_manager]"])
def test_colleagues_get_a_copy_once(cc):
    simulation = Simulation(compiled(source(MAIL + f"    cc: {cc}\n    send: {{on: [friday]}}\n")), story(), setting())
    simulation.last = simulation.story.start
    simulation.tell()

    (waiting,) = simulation.postbox.waiting.values()
    boss = next(one for one in setting().people.everyone if "cs_manager" in one.roles)
    assert waiting.effect.content["cc"] == [boss.email]


@pytest.mark.parametrize(
    "text",
    ["    text: '{{ sender.name }}'\n    subject: Hi\n", "    text: Hi\n    subject: 'From {{ sender.name }}'\n"],
)
def test_who_a_mail_comes_from_is_who_signs_it(text):
    result = told(f"  - email: hello\n    to: champion\n    from: cs_manager\n{text}")

    (mail,) = result.mails
    assert "Max Roth" in f"{mail.content['subject']} {mail.content['body']}"
    assert mail.content["sender"]["name"] == "Max Roth"


KIM_IS_GONE = {"contacts": [{"id": "c1", "active": False}]}
LEE = {"id": "c2", "name": "Lee", "role": "champion", "email": "lee@acme.test"}
TO_ALL = "{each: contact.role == 'champion'}"


def told_of_mail(result):
    """What the trace says of the mail and its task for the owner."""
    own = [one for one in result.trace if one.path in {"hello", "hello/missing"}]
    return [(one.event, one.path, one.fields.get("contact"), one.fields.get("reason")) for one in own]


def test_an_approved_mail_whose_contact_has_gone_meanwhile_is_skipped_and_the_owner_is_asked():
    approves = {"after": "2 days", "complete": "hello", "outcome": "approved"}

    result = told(APPROVED, then=[{"after": "1 day", **KIM_IS_GONE}, approves])

    assert told_of_mail(result) == [("skipped", "hello", "c1", "missing"), ("opened", "hello/missing", None, None)]


def test_of_several_the_one_who_has_gone_is_named_and_nobody_is_asked():
    approves = {"after": "2 days", "complete": "hello", "outcome": "approved"}
    steps = APPROVED.replace("to: champion", f"to: {TO_ALL}")

    result = told(steps, contacts=[KIM, LEE], then=[{"after": "1 day", **KIM_IS_GONE}, approves])

    assert told_of_mail(result) == [("skipped", "hello", "c1", "missing"), ("sent", "hello", "c2", None)]


def test_an_address_that_goes_while_the_mail_is_held_is_asked_for_like_one_that_never_was():
    held = MAIL + "    send: {on: [friday]}\n"

    result = told(held, then=[{"after": "1 day", "contacts": [{"id": "c1", "email": None}]}])

    assert told_of_mail(result)[1:] == [("skipped", "hello", "c1", "missing"), ("opened", "hello/missing", None, None)]


def test_where_it_waits_for_somebody_who_has_gone_whoever_comes_gets_it():
    waits = MAIL + "    send: {on: [friday]}\n    missing: wait\n    at_most: 3 weeks\n    otherwise: []\n"
    back = {"after": "10 days", "contacts": [{"id": "c1", "active": True}]}

    result = told(waits, then=[{"after": "1 day", **KIM_IS_GONE}, back])

    assert [one[:3] for one in told_of_mail(result)[1:]] == [
        ("skipped", "hello", "c1"), ("waiting", "hello", None), ("deferred", "hello", "c1"), ("sent", "hello", "c1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "steps",
    [
        MAIL + "    missing: wait\n    expires: 3 days\n" + SAYS % "expired",
        "  - {sequence: hello, to: champion, missing: wait, expires: 3 days, mails: [{subject: Hi, text: Hi}]}\n"
        + SAYS % "nobody",
    ],
)
def test_what_waits_for_somebody_to_write_to_expires(steps):
    result = told(steps, contacts=[])

    assert lines(result, "waiting", "skipped") == [("2026-03-02T14:00:00Z", "hello"), ("2026-03-05T14:00:00Z", "hello")]
    assert result.outcome == "as_expected"


@pytest.mark.parametrize(("more", "said"), [("", ["missing-wait"]), ("    expires: 3 days\n", [])])
def test_waiting_for_somebody_needs_an_end(more, said):
    assert [one.code for one in problems(source(MAIL + "    missing: wait\n" + more))] == said


STALE = MAIL.replace("Dear {{ contact.name }}", "On {{ now | date }} {{ account.seats }} for {{ contact.name }}")
NEXT_DAY = {"account": {"seats": 40}, "contacts": [KIM | {"name": "Kim Lee"}], "after": "1 day"}


def body(result):
    (mail,) = result.mails
    return mail.content["body"]


def test_a_mail_that_was_put_off_says_what_is_so_when_it_goes():
    result = told(STALE + "    send: {on: [friday]}\n", account={"seats": 5}, then=[NEXT_DAY])

    assert body(result) == "On 6 March 2026 40 for Kim Lee"


def test_a_mail_of_a_sequence_that_was_put_off_says_what_is_so_when_it_goes():
    steps = "  - sequence: news\n    to: champion\n    send: {on: [friday]}\n    mails: [{subject: Hi, text: '%s'}]\n"

    result = told(steps % "{{ now | date }}, {{ account.seats }}", account={"seats": 5}, then=[NEXT_DAY])

    assert body(result) == "6 March 2026, 40"


def test_a_mail_that_was_put_off_stays_as_it_was_approved():
    approved = {"after": "1 hour", "complete": "hello", "outcome": "approved"}
    steps = STALE + "    send: {on: [friday]}\n    approval: csm\n"

    result = told(steps, account={"seats": 5}, then=[approved, NEXT_DAY])

    assert body(result) == "On 2 March 2026 5 for Kim"


def test_a_mail_that_was_put_off_stays_as_it_was_where_something_is_not_known_any_more():
    gone = {"after": "1 day", "account": {"seats": None}}

    result = told(STALE + "    send: {on: [friday]}\n", account={"seats": 5}, then=[gone])

    assert body(result) == "On 2 March 2026 5 for Kim"


GONE = {"after": "0 minutes", "bounce": "c1"}
LEE = KIM | {"id": "c2", "name": "Lee", "email": "lee@acme.test", "influence": 1}
KIM_FIRST = KIM | {"influence": 5}
AFTERWARDS = "  - {wait: a_day, for: 1 day}\n" + MAIL


def words_of(result):
    return [(one.path, one.event, one.fields.get("contact")) for one in result.trace if one.path.startswith("hello")]


def test_where_the_first_cannot_be_reached_the_next_one_gets_the_mail():
    result = told(AFTERWARDS, contacts=[KIM_FIRST, LEE], then=[GONE])

    assert words_of(result) == [("hello", "skipped", "c1"), ("hello", "sent", "c2")]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("", [("hello/missing", "opened", None)]),
        ("    missing: skip\n", []),
        ("    missing: wait\n    expires: 2 days\n", [("hello/missing", "opened", None)]),
    ],
)
def test_where_nobody_can_be_reached_it_is_as_if_there_were_nobody(said, asked):
    result = told(AFTERWARDS + said, contacts=[KIM_FIRST, LEE], then=[GONE, {"after": "0 minutes", "bounce": "c2"}])

    assert words_of(result) == [("hello", "skipped", "c1"), ("hello", "skipped", "c2"), *asked]


def test_in_the_place_of_somebody_who_is_named_nobody_is_looked_for():
    steps = AFTERWARDS.replace("to: champion", 'to: {first: contact.id == "c1"}')

    result = told(steps, contacts=[KIM_FIRST, LEE], then=[GONE])

    assert words_of(result) == [("hello", "skipped", "c1")]


@pytest.mark.parametrize("name", ["hello", "hello/approval"])
def test_a_story_names_an_approval_by_its_mail_or_by_its_own_path(name):
    result = told(MAIL + "    approval: csm\n", then=[{"after": "1 hour", "complete": name, "outcome": "approved"}])

    assert (lines(result, "sent"), result.faults) == ([("2026-03-02T15:00:00Z", "hello")], [])


def test_whoever_gets_it_instead_is_asked_about_anew():
    result = told(
        AFTERWARDS + "    approval: csm\n",
        contacts=[KIM_FIRST, LEE],
        then=[GONE, *({"after": f"{n} hours", "complete": "hello", "outcome": "approved"} for n in (25, 26))],
    )

    assert [word for word in words_of(result) if word[0] == "hello"] == [
        ("hello", "skipped", "c1"),
        ("hello", "sent", "c2"),
    ]
    assert len(lines(result, "completed")) == 2
