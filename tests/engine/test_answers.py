"""What people do with their mails is an event of the account, and is heard by the steps that write to them."""

from datetime import timedelta

import pytest

from engine.answering import EVENTS, heard_by
from engine.declared.vocabulary import read_vocabulary
from engine.document import Document
from engine.run import Open, Run
from engine.simulate import simulate
from engine.source import read
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, lines, problems, setting, source, story, told

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
