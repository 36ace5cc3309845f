"""`branch`, `update`, `slack`, `email`, `end`."""

import json
from dataclasses import replace
from datetime import date

import pytest

from engine.people import Away, People
from engine.render import why_lines
from engine.simulate import simulate
from tests.support.playbooks import compiled, lines, problems, setting, source, told
from tests.support.playbooks import story as story_of

BY_HAND = "start: by hand\n"


def test_the_first_case_that_is_true_is_taken_and_the_reason_kept():
    story = told("""
  - branch: size
    cases:
      - {when: account.arr >= 100000, then: [{end: big}]}
      - {when: account.arr >= 10000, then: [{end: middle}]}
    otherwise: [{end: small}]
""")

    branched = next(entry for entry in story.trace if entry.event == "branched")
    assert branched.fields["case"] == 2
    assert str(branched.fields["why"]).count("account.arr") >= 1
    assert story.outcome == "middle"


def test_each_case_that_fell_through_is_kept():
    story = told("""
  - branch: size
    cases:
      - {when: account.arr >= 100000, then: [{end: big}]}
      - {when: metrics.nps.value > 5, then: [{end: content}]}
    otherwise: [{end: small}]
""")

    branched = next(entry for entry in story.trace if entry.event == "branched")
    assert [line.strip().partition("   ")[0] for line in why_lines(branched.fields["why"])] == [
        "unknown: one of the cases",
        "false: account.arr >= 100000",
        "unknown: metrics.nps.value > 5",
    ]


def test_a_case_that_is_unknown_falls_to_otherwise():
    story = told("""
  - branch: mood
    cases: [{when: metrics.nps.value < 5, then: [{end: angry}]}]
    otherwise: [{end: calm}]
""")

    assert story.outcome == "calm"
    assert story.trace[-1].path == "mood/otherwise/calm"


def test_after_a_branch_the_run_goes_on():
    story = told("""
  - branch: mood
    cases: [{when: account.tier == "growth", then: [{update: note, set: {status: paused}}]}]
    otherwise: []
  - end: done
""")

    assert lines(story, "updated", "ended") == [
        ("2026-03-02T14:00:00Z", "mood/case/1/note"),
        ("2026-03-02T14:00:00Z", "done"),
    ]


def test_an_update_is_a_fact_that_the_next_step_sees():
    story = told("""
  - {update: move, set: {tier: '"enterprise"', status: paused}}
  - branch: now_what
    cases: [{when: account.tier == "enterprise" and account.status == "paused", then: [{end: seen}]}]
    otherwise: [{end: unseen}]
""")

    assert story.outcome == "seen"
    assert story.trace[1].fields["set"] == {"tier": "enterprise", "status": "paused"}


def test_an_update_that_makes_the_runs_own_goal_true_ends_it_there():
    story = told(
        "  - {update: leave, set: {status: paused}}\n  - {task: never, assign: csm}",
        head='goal: {when: account.status == "paused", outcome: rested}\n',
    )

    assert story.outcome == "rested"
    assert lines(story, "opened") == []


def test_a_mail_goes_to_the_contact_with_the_role_who_has_most_influence():
    story = told(
        "  - {email: hello, to: champion, subject: Hi, text: 'Hello {{ contact.name }}'}",
        contacts=[
            {"id": "c1", "name": "Kim", "role": "champion", "influence": 1, "email": "kim@acme.test"},
            {"id": "c2", "name": "Lee", "role": "champion", "influence": 4, "email": "lee@acme.test"},
        ],
    )

    sent = next(entry for entry in story.trace if entry.event == "sent")
    assert sent.fields == {"contact": "c2"}


def test_each_contact_who_matches_gets_one_mail():
    story = told(
        "  - {email: hello, to: {each: contact.relationship >= 2}, subject: Hi, text: Hello}",
        contacts=[{"id": f"c{n}", "name": "K", "relationship": n, "email": f"c{n}@acme.test"} for n in range(5)],
    )

    assert sorted(str(entry.fields["contact"]) for entry in story.trace if entry.event == "sent") == ["c2", "c3", "c4"]
    assert story.outcome == "completed"


def test_with_nobody_to_write_to_the_owner_is_asked_and_the_run_goes_on():
    story = told("  - {email: hello, to: champion, subject: Hi, text: Hello}", contacts=[])

    assert [(entry.event, entry.path, entry.kind) for entry in story.trace[1:4]] == [
        ("opened", "hello/missing", "task"),
        ("skipped", "hello", "email"),
        ("ended", "end", "playbook"),
    ]


def test_the_task_for_a_missing_contact_is_done_where_it_was_opened():
    story = told(
        "  - {email: hello, to: champion, subject: Hi, text: Hello}",
        contacts=[],
        then=[{"after": "1 day", "complete": "hello/missing", "by": "ana"}],
    )

    completed = next(entry for entry in story.trace if entry.event == "completed")
    assert (completed.path, completed.kind, completed.fields) == (
        "hello/missing",
        "task",
        {"outcome": "done", "by": "ana"},
    )


def test_missing_wait_sends_as_soon_as_there_is_somebody():
    story = told(
        "  - {email: hello, to: champion, subject: Hi, text: Hello, missing: wait}",
        contacts=[],
        then=[
            {"after": "3 days", "contacts": [{"id": "c9", "role": "champion", "name": "Jo", "email": "jo@acme.test"}]}
        ],
    )

    assert lines(story, "sent") == [("2026-03-05T14:00:00Z", "hello")]


def test_a_slack_message_is_posted_to_a_role_or_a_channel():
    story = told(
        "  - {slack: tell, to: csm, text: 'Look at {{ account.name }}'}\n  - {slack: shout, to: '#fires', text: Fire}"
    )

    assert [entry.fields for entry in story.trace if entry.event == "posted"] == [
        {"to": "csm", "person": "ana"},
        {"to": "#fires"},
    ]


def test_a_slack_message_to_a_channel_that_is_not_known_waits_for_a_person_or_is_skipped():
    slack = "  - {{slack: tell, to: account.slack_channel, text: Hello{}}}\n"

    assert lines(told(slack.format("")), "parked", "ended") == [("2026-03-02T14:00:00Z", "tell")]
    assert lines(told(slack.format(", missing: skip")), "skipped", "ended") == [
        ("2026-03-02T14:00:00Z", "tell"),
        ("2026-03-02T14:00:00Z", "end"),
    ]


def test_steps_that_run_out_end_the_run_as_completed():
    story = told("  - {update: note, set: {status: paused}}")

    assert (story.outcome, story.trace[-1].path, story.trace[-1].step) == ("completed", "end", None)


def test_a_mail_that_nobody_gets_may_be_given_up():
    story = told(
        """
  - email: hello
    to: champion
    subject: Hi
    text: Hello
    missing: wait
    at_most: 5 days
    otherwise: [{end: alone}]
""",
        contacts=[],
    )

    assert story.outcome == "alone"


@pytest.mark.parametrize(
    "waits",
    [
        "task: it\n    title: '{{ account.seats }}'",
        "task: it\n    due: {enterprise: 1 day, growth: 1 day, starter: 1 day}",
        "email: it\n    to: champion\n    subject: x\n    text: '{{ account.seats }}'",
        "sequence: it\n    to: champion\n    mails: [{subject: x, text: '{{ account.seats }}'}]",
        "slack: it\n    to: account.slack_channel\n    text: hello",
        "escalate: it\n    reason: '{{ account.seats }}'\n    ladder: [{to: csm, within: 1 day}]",
    ],
)
def test_a_step_that_lacks_something_is_given_up_when_its_time_is_over(waits):
    result = told(
        f"  - {waits}\n    at_most: 3 days\n    otherwise: [{{end: given_up}}]",
        start="start: by hand\n",
        account={"seats": None, "tier": None, "slack_channel": None},
    )

    assert lines(result, "parked", "timed_out") == [("2026-03-02T14:00:00Z", "it"), ("2026-03-05T14:00:00Z", "it")]
    assert result.outcome == "given_up"


def test_an_update_that_no_fact_could_say_parks_the_step():
    story = told("  - {update: place, set: {country: account.name}}")

    assert "country cannot be set" in str(story.trace[1].fields["reason"])


def test_text_may_be_set_as_it_stands_and_a_date_may_be_reckoned():
    story = told("""
  - update: note
    set: {name: Acme Inc., time_zone: Asia/Tokyo, renewal_date: account.renewal_date + 3 months, seats: '5', asked: now}
""")

    assert story.trace[1].fields["set"] == {
        "name": "Acme Inc.", "time_zone": "Asia/Tokyo", "renewal_date": "2026-09-01", "seats": 5,
        "asked": "2026-03-02T14:00:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("won't renew", "won't renew"),
        ("They said: not now (maybe later)", "They said: not now (maybe later)"),
        ("5 > 3", "5 > 3"),
        ("Ask the team. Budget is < $5k", "Ask the team. Budget is < $5k"),
        ("'#' if account.arr > 5 else '!'", "#"),
        ("Of {{ account.name }}, {{ account.arr * 2 | money }}", "Of Acme, $80,000"),
    ],
)
def test_a_text_field_takes_a_calculation_that_is_text_and_else_the_words(written, said):
    story = told(f"  - update: note\n    set: {{slack_channel: {json.dumps(written)}}}")

    assert story.trace[1].fields["set"] == {"slack_channel": said}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{slack_channel: account.arr}", "where text is due"),
        ("{slack_channel: account.nam}", "account.nam is not in the vocabulary"),
        ("{slack_channel: account.name +}", "something is missing behind"),
        ('{slack_channel: "{{ account.nam }}"}', "account.nam"),
        ('{arr: "{{ account.arr }}"}', "fills in a text, and arr is a number"),
    ],
)
def test_what_was_meant_as_a_calculation_is_never_taken_for_words(said, message):
    assert message in str(problems(source(f"  - update: note\n    set: {said}")))


def test_a_message_for_somebody_who_is_away_goes_to_whoever_covers():
    people = setting().people
    gone = replace(people.by_id["noor"], away=(Away(date(2026, 3, 1), date(2026, 3, 9)),), backup="max")
    elsewhere = replace(setting(), people=People(tuple(gone if one.id == "noor" else one for one in people.everyone)))
    plan = compiled(source("  - {slack: tell, to: noor, text: Look}", start=BY_HAND))

    result = simulate(plan, story_of(), elsewhere)

    assert next(one for one in result.trace if one.event == "posted").fields == {"to": "noor", "person": "max"}


@pytest.mark.parametrize("text", ["{{ account.renewal_date | date }}", "{{ account.arr | money }}"])
def test_a_filter_of_what_is_not_known_says_which_name_it_was(text):
    name = text.split()[1]
    nobody_knows = {name.removeprefix("account."): None}

    result = told(f'  - {{task: go, title: "{text}"}}', start="start: by hand\n", account=nobody_knows)

    (parked,) = [one for one in result.trace if one.event == "parked"]
    assert parked.fields["reason"] == f"the text needs {name}, which is not known"


OFFER = "  - {task: offer, outcomes: [won, lost]}\n"
BY_OUTCOME = """  - {update: note, set: {tier: '"growth" if outcome.offer == "won" else "starter"'}}\n"""


def test_a_choice_between_words_of_a_choice_sets_one_of_them():
    result = told(OFFER + BY_OUTCOME, then=[{"after": "1 day", "complete": "offer", "outcome": "lost"}])

    assert [one.fields["set"] for one in result.trace if one.event == "updated"] == [{"tier": "starter"}]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("outcome.offer", 'as in: "enterprise" if outcome.offer == "won" else "starter"'),
        (
            '"growth" if outcome.offer == "won" else "statrer"',
            '"statrer" is not one of its choices. Did you mean "starter"?',
        ),
        ('outcome.offer if outcome.offer != "skipped" else "growth"', "Write a branch with an update in each case"),
    ],
)
def test_words_that_are_no_choice_of_the_field_say_what_to_write(value, said):
    assert said in str(problems(source(f"{OFFER}  - {{update: note, set: {{tier: '{value}'}}}}\n")))
