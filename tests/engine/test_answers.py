"""What people do with their mails is an event of the account, and is heard by the steps that write to them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.answering import EVENTS, heard_by
from engine.declared.vocabulary import read_vocabulary
from engine.document import Document
from engine.policy import Topic
from engine.run import Open, Run
from engine.simulate import simulate
from engine.source import read
from engine.values import read_instant
from tests.support.playbooks import (
    KIM,
    MONDAY_MORNING,
    compiled,
    lines,
    problems,
    setting,
    source,
    story,
    story_in,
    told,
)

NOW = read_instant(MONDAY_MORNING)
WAITS = """
  - {email: hello, to: champion, subject: Hello, text: Dear Kim}
  - {wait: answer, on: mail_replied, where: event.contact == "c1", at_most: 10 days, otherwise: [{end: silent}]}
  - {end: talking}
"""
SEQUENCE = """
  - sequence: news
    to: champion
    mails: [{subject: One, text: Hello}, {after: 5 days, subject: Two, text: Hello}]
"""


@pytest.mark.parametrize(("verb", "outcome"), [("reply", "talking"), ("open", "silent")])
def test_a_run_waits_for_the_answer_to_a_mail(verb, outcome):
    result = told(WAITS, then=[{"after": "2 days", verb: "c1"}])

    assert result.outcome == outcome


ASKED = """
  - {email: hello, to: champion, subject: Hello, text: Dear Kim}
  - {wait: while, for: 1 day}
  - {email: request, to: champion, subject: Please, text: Dear Kim}
  - wait: answer
    on: mail_replied
    where: event.step == "hello" and event.playbook == "example"
    at_most: 10 days
    otherwise: [{end: silent}]
  - {end: talking}
"""


@pytest.mark.parametrize(("which", "outcome"), [({}, "silent"), ({"step": "hello"}, "talking")])
def test_an_answer_is_to_the_last_mail_or_to_the_one_whose_step_is_named(which, outcome):
    result = told(ASKED, then=[{"after": "2 days", "reply": "c1", **which}])

    assert result.outcome == outcome


def test_an_answer_to_a_mail_that_has_not_gone_is_a_fault_of_the_story():
    made = compiled(source(ASKED))

    result = simulate(made, story(then=[{"after": "1 hour", "reply": "c1", "step": "request"}]), setting())

    assert result.faults == ["2026-03-02 Mon 10:00: no mail of 'request' has gone to c1 that could be answered"]


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("reply", "no mail has gone to c2, so 'reply' says nothing"),
        ("unsubscribe", "no mail was for c2, so 'unsubscribe' says nothing"),
    ],
)
def test_an_answer_of_somebody_who_got_no_mail_is_a_fault_of_the_story(verb, said):
    lee = KIM | {"id": "c2", "name": "Lee", "role": "other"}

    result = simulate(
        compiled(source(SEQUENCE)), story(contacts=[KIM, lee], then=[{"after": "1 hour", verb: "c2"}]), setting()
    )

    assert result.faults == [f"2026-03-02 Mon 10:00: {said}"]


def test_who_wants_no_mail_before_the_first_one_gets_none():
    result = told("  - {wait: a_day, for: 1 day}" + SEQUENCE, then=[{"after": "1 hour", "unsubscribe": "c1"}])

    assert [one.fields["reason"] for one in result.trace if one.event == "skipped"] == ["unsubscribed"] * 2


@pytest.mark.parametrize(("verb", "event"), EVENTS.items())
def test_each_answer_starts_what_is_started_by_its_event(verb, event):
    head = f"start: {{on: {event}}}\n"

    result = told("  - {task: look, title: Look, then: continue}", start=head, then=[{"after": "2 days", verb: "c1"}])

    assert [path for _, path in lines(result, "started", "opened")] == ["start", "look"]


def test_answers_are_counted_like_any_other_event():
    text = source("  - {wait: quiet, for: metrics.replies.value >= 1, at_most: 2 days, otherwise: []}")

    assert "metrics.replies" in str(problems(text))
    vocabulary = read('metrics: {replies: {count: mail_replied, where: event.contact == "c1", over: 7 days}}', "v.yaml")
    assert isinstance(vocabulary, Document)
    assert "replies" in read_vocabulary(vocabulary).metrics


def test_a_vocabulary_may_declare_more_fields_of_an_answer_and_loses_none():
    document = read("events: {mail_replied: {mood: text}, call: {}}", "v.yaml")

    events = read_vocabulary(document).events

    assert list(events["mail_replied"]) == ["contact", "playbook", "step", "text", "mood"]
    assert {*EVENTS.values(), "call"} == {*events}


def test_an_answer_that_is_told_late_ends_nothing_that_has_begun_since():
    step = Open(path="news", step="news", visit=1, since=NOW, memo={"people": {"c1": {}}})
    run = Run(id="r", playbook="p", plan="h", account="acme", started=NOW, clock=NOW, open={"news": step})
    later, hour = NOW + timedelta(hours=5), timedelta(hours=1)

    assert [one.at for one in heard_by(run, "c1", "click", later, NOW + hour)] == [later]
    assert list(heard_by(run, "c1", "click", later, NOW - hour)) == []
    assert list(heard_by(run, "c2", "click", later, NOW + hour)) == []


def test_a_sequence_still_ends_with_the_answer():
    result = told(SEQUENCE, then=[{"after": "1 day", "reply": "c1"}])

    assert lines(result, "sent", "completed") == [
        ("2026-03-02T14:00:00Z", "news/mail/1"),
        ("2026-03-03T14:00:00Z", "news"),
    ]


GENERAL, PRODUCT, BILLS = (
    Topic("general", "General"),
    Topic("product", "Product"),
    Topic("bills", "Bills", essential=True),
)
MAILS = "[{subject: A, text: A}, {after: 5 days, subject: B, text: B}]"
TOPICS = f"""
  - parallel: both
    tracks:
      general: [{{sequence: care, to: champion, topic: general, mails: {MAILS}}}]
      product: [{{wait: hour, for: 1 hour}}, {{sequence: news, to: champion, topic: product, mails: {MAILS}}}]
  - {{email: later, to: champion, topic: product, subject: C, text: C}}
  - {{email: bill, to: champion, topic: bills, subject: D, text: D}}
"""


def left(*topics: Topic, **said: str):
    """What becomes of two sequences, a later mail and a bill, when one unsubscribes after the first of each."""
    policy = replace(setting().policy, topics={one.id: one for one in (GENERAL, *topics)})
    own = replace(setting(), policy=policy)
    return simulate(
        compiled(source(TOPICS), own), story_in(own, then=[{"after": "1 day", "unsubscribe": "c1", **said}]), own
    )


@pytest.mark.parametrize(
    ("said", "ended", "skipped"),
    [
        ({}, ["news"], ["later"]),
        ({"step": "care"}, ["care"], []),
        ({"topic": "general"}, ["care"], []),
        ({"topic": "all"}, ["care", "news"], ["later"]),
    ],
)
def test_who_unsubscribes_leaves_the_topic_of_the_last_mail_or_what_the_story_says(said, ended, skipped):
    result = left(PRODUCT, BILLS, **said)

    outcomes = {one.step: one.fields.get("outcome") for one in result.trace if one.event == "completed"}
    assert result.faults == []
    assert [name for name in ("care", "news") if outcomes[name] == "unsubscribed"] == ended
    assert [one.step for one in result.trace if one.event == "skipped" and one.path == one.step] == skipped


def test_the_event_tells_what_was_left_and_a_second_time_is_no_news():
    start = "start: {on: mail_unsubscribed, again: always}\n"
    waits = "  - {email: hello, to: champion, subject: A, text: A}\n  - {wait: while, for: 9 days}"
    own = replace(setting(), policy=replace(setting().policy, topics={one.id: one for one in (GENERAL, PRODUCT)}))
    heard = "  - {wait: gone, on: mail_unsubscribed, where: event.topic == 'general', at_most: 9 days, otherwise: []}\n"
    twice = [{"after": f"{day} days", "unsubscribe": "c1"} for day in (1, 2)]

    asked = simulate(compiled(source(waits.splitlines()[0] + "\n" + heard), own), story_in(own, then=twice), own)
    started = simulate(compiled(source(waits, start=start), own), story_in(own, then=twice), own)

    assert lines(asked, "waited") == [("2026-03-03T14:00:00Z", "gone")]
    assert len(lines(started, "started")) == 1


@pytest.mark.parametrize("topic", ["bills", "produkt"])
def test_a_topic_that_cannot_be_left_is_told(topic):
    with pytest.raises(AssertionError, match=r"is not a topic of policy\.yaml that can be left"):
        left(PRODUCT, BILLS, topic=topic)
