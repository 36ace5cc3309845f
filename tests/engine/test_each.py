"""Playbooks with a run for each contact or record."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from engine.account import Account
from engine.decided import Decided
from engine.desk import Desk
from engine.facts import Fact
from engine.plan import Plan
from engine.simulate import simulate
from engine.trigger import Decision, Rules
from tests.support.playbooks import compiled, problems, setting, source, story, told

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
EACH = 'each: contacts\nonly: item.role == "end_user"\n'
START = "start: {when: item.relationship <= 2, again: always}\n"
CALL = '  - task: call\n    title: "Call {{ item.name }}"\n  - end: called'


def user(number: int, **said: Any) -> dict[str, Any]:
    own = {"name": f"User {number}", "role": "end_user", "relationship": 3, "email": f"u{number}@acme.test"}
    return {"id": f"u{number}", **own, **said}


def seen(result: Any, event: str) -> list[tuple[str, str]]:
    return [(one.subject, one.path) for one in result.trace if one.event == event]


def test_each_item_that_is_meant_has_a_run_of_its_own():
    contacts = [user(1, relationship=1), user(2, relationship=2), user(3), user(4, role="champion", relationship=1)]

    result = told(CALL, EACH, START, contacts=contacts)

    assert seen(result, "started") == [("u1", "start"), ("u2", "start")]
    assert seen(result, "opened") == [("u1", "call"), ("u2", "call")]


def test_what_is_acted_on_is_named_by_its_subject():
    contacts = [user(1, relationship=1), user(2, relationship=1)]
    then = [{"after": "1 day", "complete": "call", "subject": "u1"}]

    result = told(CALL, EACH, START, contacts=contacts, then=then)

    assert seen(result, "ended") == [("u1", "called")]


def test_the_rise_of_one_item_starts_that_one_alone_and_only_once_while_it_lives():
    then = [
        {"after": "1 day", "contacts": [user(2, relationship=1)]},
        {"after": "2 days", "contacts": [user(2, relationship=4)]},
        {"after": "3 days", "contacts": [user(2, relationship=2)]},
    ]

    result = told(CALL, EACH, START, contacts=[user(1), user(2)], then=then)

    assert seen(result, "started") == [("u2", "start")]
    assert seen(result, "not_started") == [("u2", "start")]


def test_goals_and_waits_are_about_the_run_s_own_item():
    steps = "  - wait: warm\n    for: item.relationship >= 4\n    at_most: 30 days\n    otherwise: []\n  - end: warmed"
    goal = "goal: {when: item.relationship == 5, outcome: great}\n"
    contacts = [user(1, relationship=1), user(2, relationship=1), user(3, relationship=1)]
    then = [
        {"after": "1 day", "contacts": [user(1, relationship=4)]},
        {"after": "2 days", "contacts": [user(2, relationship=5)]},
    ]

    result = told(steps, EACH + goal, START, contacts=contacts, then=then)

    ended = [(one.subject, one.fields["outcome"]) for one in result.trace if one.event == "ended"]
    assert ended == [("u1", "warmed"), ("u2", "great"), ("u3", "warmed")]


def test_a_mail_goes_to_the_item():
    steps = '  - email: hello\n    to: item\n    subject: Hi\n    text: "Hello {{ item.name }}"'

    result = told(steps, EACH, START, contacts=[user(1, relationship=1), user(2, relationship=1)])

    assert [(one.subject, one.fields["contact"]) for one in result.trace if one.event == "sent"] == [
        ("u1", "u1"),
        ("u2", "u2"),
    ]


def test_an_item_that_is_not_there_any_more_leaves_its_run_and_what_it_lacks_parks():
    steps = "  - wait: some\n    for: 2 days\n" + CALL
    then = [{"after": "1 day", "contacts": [user(1, active=False)]}]

    result = told(steps, EACH, START, contacts=[user(1, relationship=1)], then=then)

    assert seen(result, "parked") == [("u1", "call")]


def test_records_may_have_runs_too():
    head = "each: teams\nonly: item.active < item.seats\n"
    start = 'start: {when: account.status == "active"}\n'
    records = {"teams": [{"id": "ops", "name": "Ops", "seats": 9, "active": 3}, {"id": "it", "seats": 2, "active": 2}]}

    result = told(CALL, head, start, records=records)

    assert seen(result, "opened") == [("ops", "call")]


def test_an_event_of_a_contact_starts_the_run_of_that_contact():
    start = "start: {on: survey, where: event.score <= 6, again: always}\n"
    then = [{"after": "1 day", "event": "survey", "data": {"score": 3, "contact": "u2"}}]

    result = told(CALL, EACH, start, contacts=[user(1), user(2)], then=then)

    assert seen(result, "started") == [("u2", "start")]


ON_SURVEY = "start: {on: survey, where: event.score <= 6, again: always}\n"


def test_an_event_that_comes_from_no_contact_is_nobody_s_and_the_trace_says_so():
    then = [
        {"after": "1 day", "event": "survey", "data": {"score": 3}},
        {"after": "2 days", "event": "survey", "data": {"score": 9}},
    ]

    result = told(CALL, EACH, ON_SURVEY, contacts=[user(1), user(2)], then=then)

    assert [(one.event, one.subject, one.fields["reason"]) for one in result.trace] == [
        ("not_started", "", "no_contact")
    ]


def test_an_event_that_comes_from_no_contact_starts_whoever_where_says_it_is_about():
    start = "start: {on: login, where: event.user == item.email}\n"
    then = [{"after": "1 day", "event": "login", "data": {"user": "u2@acme.test"}}]

    result = told(CALL, EACH, start, contacts=[user(1), user(2)], then=then)

    assert seen(result, "started") == [("u2", "start")]


@pytest.mark.parametrize(
    "step",
    [
        "  - {wait: heard, on: survey, at_most: 10 days, otherwise: [{end: silent}]}",
        "  - {wait: pause, for: 10 days}\nmeanwhile:\n  - {watch: heard, on: survey, do: [{end: completed}]}",
        (
            "  - sequence: ask\n    to: item\n    stop_on: [survey]\n"
            "    mails: [{subject: A, text: A}, {after: 9 days, subject: B, text: B}]"
        ),
    ],
)
def test_an_event_of_a_contact_is_heard_by_the_run_of_that_contact_alone(step):
    contacts = [user(1, relationship=1), user(2, relationship=1)]
    then = [{"after": "1 day", "event": "survey", "data": {"score": 3, "contact": "u2"}}]

    result = told(step, EACH, START, contacts=contacts, then=then)

    over = [(one.subject, f"{one.at:%d}" == "03") for one in result.trace if one.event == "ended"]
    assert over == [("u2", True), ("u1", False)]


def test_a_meeting_that_names_one_of_them_is_held_with_that_one_and_one_that_names_nobody_with_all():
    contacts = [user(1, relationship=1), user(2, relationship=1)]
    then = [
        {"after": "1 day", "event": "meeting", "data": {"outcome": "held", "contact": "u2"}},
        {"after": "2 days", "event": "meeting", "data": {"outcome": "held"}},
    ]

    result = told("  - {meeting: talk}\n  - end: talked", EACH, START, contacts=contacts, then=then)

    assert [(one.subject, one.at.day) for one in result.trace if one.event == "ended"] == [("u2", 3), ("u1", 4)]


def test_what_people_read_of_each_is_its_own():
    steps = '  - {email: hello, to: item, subject: "Hi {{ item.name }}", text: Hello}\n' + CALL

    result = told(steps, EACH, START, contacts=[user(1, relationship=1), user(2, relationship=1)])

    assert list(result.words.values()) == ["Hi User 1", "Call User 1", "Hi User 2", "Call User 2"]


def test_a_mail_that_is_put_off_says_whose_it_is():
    steps = '  - {email: hello, to: item, subject: Hi, text: Hi, send: {window: "12:00-13:00"}}'

    result = told(steps, EACH, START, contacts=[user(1, relationship=1)])

    assert seen(result, "deferred") == [("u1", "hello")]


def test_what_an_item_was_when_its_run_started_can_be_read_and_since_when_it_is_so_cannot():
    goal = "goal: {when: item.relationship > at_start(item.relationship), outcome: warmer}\n"
    then = [{"after": "1 day", "contacts": [user(2, relationship=2)]}]

    result = told(CALL, EACH + goal, START, contacts=[user(1, relationship=1), user(2, relationship=1)], then=then)

    assert [(one.subject, one.fields["outcome"]) for one in result.trace if one.event == "ended"] == [("u2", "warmer")]
    found = [one.message for one in problems(source(CALL, EACH + goal.replace("at_start(", "since("), START))]
    assert found[0] == "since takes a field of the account: when those of contacts and records changed is not kept"
    start = "start: {when: item.relationship > at_start(item.relationship)}\n"
    found = [one.message for one in problems(source(CALL, EACH, start))]
    assert found == ["at_start(…) is for a run that has started; here none has"]


def test_by_hand_every_item_that_is_meant_gets_a_run():
    contacts = [user(1), user(2), user(3, role="champion")]

    result = told(CALL, EACH, "start: by hand\n", contacts=contacts)

    assert seen(result, "started") == [("u1", "start"), ("u2", "start")]


def test_time_alone_may_start_the_run_of_one_item():
    start = "start: {when: days_until(account.renewal_date) <= 80 and item.relationship <= 2}\n"

    result = told(CALL, EACH, start, contacts=[user(1, relationship=1), user(2)])

    assert [(one.subject, one.at.isoformat()[:10]) for one in result.trace if one.event == "started"] == [
        ("u1", "2026-03-13")
    ]


def test_inside_a_run_the_other_playbook_s_run_of_the_same_item_is_meant():
    first = compiled(source(CALL, EACH, "start: by hand\n").replace("playbook: example", "playbook: other"))
    steps = "  - play: go\n    playbook: other\n    wait: true\n  - end: done"
    desk = desk_of(compiled(source(steps, EACH, "start: by hand\n")), first)
    desk.take(*(contact(user(number)) for number in (1, 2)), now=NOW)

    for subject in desk.meant("example", NOW):
        desk.start("example", NOW, subject=subject)

    assert sorted(desk.entries) == ["example/u1", "example/u2", "other/u1", "other/u2"]


@dataclass(slots=True)
class Counting(Decided):
    """Notes of whom something is decided."""

    judged: list[str] = field(default_factory=list)

    def keep(self, decision: Decision) -> bool:
        self.judged.append(decision.subject)
        return Decided.keep(self, decision)


def test_only_the_item_that_a_fact_tells_of_is_judged_and_none_by_other_facts():
    desk, decided = desk_of(compiled(source(CALL, EACH, START))), Counting()
    desk.decided = decided
    desk.take(*(contact(user(number)) for number in range(1000)), now=NOW)
    decided.judged.clear()

    desk.take(contact(user(7, relationship=2)), now=NOW + timedelta(hours=1))
    desk.take(fact(fields={"arr": 5}), now=NOW + timedelta(hours=2))

    assert set(decided.judged) == {"u7"}


def test_a_start_that_is_closed_for_all_asks_no_item():
    start = "start: {when: item.relationship <= 2 }\n"
    plan = compiled(source(CALL, EACH + "tiers: [starter]\n", start))
    desk = desk_of(plan)

    desk.take(fact(fields={"tier": "growth"}), *(contact(user(number)) for number in range(50)), now=NOW)

    assert desk.decided.known == {}


def test_what_each_may_be_of_and_what_may_be_read_of_it_is_checked():
    found = [(one.line, one.message) for one in problems(source(CALL, "each: contact\n"))]
    unknown = [one.message for one in problems(source('  - task: x\n    title: "{{ item.nam }}"', EACH))]
    nowhere = [one.message for one in problems(source('  - task: x\n    title: "{{ item.name }}"'))]
    without = [one.message for one in problems(source("  - task: x", "only: account.arr > 5\n"))]

    assert found[0] == (4, "'contact' is neither contacts nor a kind of record")
    assert "item.nam" in unknown[0]
    assert "item" in nowhere[0]
    assert without == ["'only' says which items are meant, and no 'each' is there"]


def test_a_plan_without_each_keeps_its_form():
    assert '"each"' not in compiled(source(CALL.replace("item.name", "account.name"))).model_dump_json()


def test_a_simulation_shows_the_subject_of_every_entry():
    plan = compiled(source(CALL, EACH, START))

    shown = simulate(plan, story(contacts=[user(1, relationship=1)]), setting()).to_json()["trace"]

    assert {one["subject"] for one in shown} == {"u1"}  # type: ignore[index,union-attr]


numbers = count(1)


def fact(**said: Any) -> Fact:
    return Fact.model_validate({"id": f"f{next(numbers)}", "account": "acme", "at": NOW, **said})


def contact(said: dict[str, Any]) -> Fact:
    return fact(contact=said)


def desk_of(*plans: Plan) -> Desk:
    runs = count(1)
    return Desk(
        setting=setting(),
        rules=Rules.of(plans),
        account=Account("acme"),
        plans={plan.hash: plan for plan in plans}.__getitem__,
        new_run=lambda _, playbook: f"{playbook}/{next(runs)}",
    )
