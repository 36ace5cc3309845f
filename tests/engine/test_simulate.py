"""A story told: until when, of which run, and what it could not be."""

from datetime import timedelta

from engine.simulate import simulate
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, lines, setting, source, story, told

START = read_instant(MONDAY_MORNING)
RED = "start: {when: metrics.nps.value <= 5, again: always}\n"


def faults(steps, **said):
    return simulate(compiled(source(steps, start="start: by hand\n")), story(**said), setting()).faults


def test_a_story_is_told_for_at_most_400_days():
    long = told("  - {wait: pause, for: 399 days}\n  - {wait: more, for: 2 days}", start="start: by hand\n")

    assert lines(long, "waited") == [("2027-04-05T13:00:00Z", "pause")]
    assert long.outcome is None


def test_a_story_goes_on_for_a_hundred_years_at_most():
    plan = compiled(
        source("  - {every: year, schedule: year on day 1, times: 500, do: [{slack: s, to: csm, text: x}]}")
    )

    far = simulate(plan, story(), setting(), read_instant("9999-12-31T23:59:59Z"))

    assert len(lines(far, "occurred")) == 100


def test_a_story_is_told_until_the_instant_that_is_asked_for():
    short = told("  - {wait: pause, for: 3 days}", start="start: by hand\n", until="2026-03-05T13:59:59Z")

    assert lines(short, "waited") == []


def test_a_story_that_never_starts_has_no_outcome_and_no_trace():
    assert told("  - {task: look}", start=RED, metrics={"nps": 9}).to_json() == {
        "outcome": None,
        "ended_at": None,
        "trace": [],
    }


def test_the_outcome_is_that_of_the_last_run_though_it_is_still_alive():
    then = [{"after": "10 days", "metrics": {"nps": 9}}, {"after": "20 days", "metrics": {"nps": 1}}]

    result = told("  - {wait: pause, for: 5 days}\n  - {end: rested}", start=RED, metrics={"nps": 2}, then=then)
    cut = told(
        "  - {wait: pause, for: 5 days}\n  - {end: rested}",
        start=RED,
        metrics={"nps": 2},
        then=then,
        until="2026-03-23T00:00:00Z",
    )

    assert (result.outcome, result.ended_at) == ("rested", START + timedelta(days=25, hours=-1))
    assert (cut.outcome, cut.ended_at) == (None, None)


def test_what_happens_at_one_instant_is_one_moment_whatever_items_it_stands_in():
    then = [{"after": "2 days", "metrics": {"nps": 2}}, {"after": "2 days", "account": {"status": "churned"}}]
    stop = 'stop: {when: account.status == "churned", outcome: churned}\n'

    result = told("  - {task: look}", stop, RED, then=then, metrics={"nps": 9})

    assert [one.fields["reason"] for one in result.trace] == ["stop"]


def test_a_person_may_act_on_what_has_been_opened_at_the_same_instant():
    steps = "  - {task: first}\n  - {task: second}"
    then = [{"after": "1 day", "complete": "first"}, {"after": "1 day", "complete": "second"}]

    assert told(steps, start="start: by hand\n", then=then).outcome == "completed"


def test_an_act_on_what_is_not_open_is_told_with_its_instant():
    assert faults("  - {wait: pause, for: 1 day}", then=[{"after": "2 days", "complete": "call"}]) == [
        (
            "2026-03-04 Wed 09:00: there is no open task or escalation 'call' to complete: "
            "the run ended as completed at 2026-03-03 Tue 09:00"
        )
    ]


def test_an_outcome_that_a_task_does_not_have_is_told_with_what_is_meant():
    steps = "  - {task: call, outcomes: [saved, lost]}"

    assert faults(steps, then=[{"after": "1 day", "complete": "call", "outcome": "svaed"}]) == [
        "2026-03-03 Tue 09:00: 'call' has no outcome 'svaed'. Did you mean 'saved'?"
    ]
    assert faults(steps, then=[{"after": "1 day", "complete": "call"}]) == [
        "2026-03-03 Tue 09:00: 'call' is completed with one of saved, lost, and none is given"
    ]
    assert "is a task" in faults(steps, then=[{"after": "1 day", "acknowledge": "call"}])[0]


def test_an_escalation_is_acknowledged_or_given_away_and_nothing_else():
    steps = "  - {escalate: fire, reason: x, ladder: [{to: csm, within: 1 hour}]}"
    snoozed = {"after": "10 minutes", "snooze": "fire", "until": "1 day"}
    wrong = {"after": "20 minutes", "complete": "fire", "outcome": "nonsense"}
    right = {"after": "30 minutes", "complete": "fire", "outcome": "acknowledged"}

    assert faults(steps, then=[snoozed, wrong, right]) == [
        (
            "2026-03-02 Mon 09:10: 'fire' is an escalation, "
            "which is acknowledged or given to somebody else, and not put off"
        ),
        "2026-03-02 Mon 09:20: 'fire' has no outcome 'nonsense'. Known: acknowledged.",
    ]


def test_a_task_is_put_off_only_to_what_lies_ahead():
    past = {"after": "1 day", "snooze": "call", "until": "2026-03-03T13:00:00Z"}

    assert "lies ahead" in faults("  - {task: call}", then=[past, {"after": "2 days", "complete": "call"}])[0]


def test_a_metric_that_the_story_sets_is_a_reading_until_it_is_set_again():
    steps = "  - {wait: up, for: metrics.logins.change >= 50%, at_most: 30 days, otherwise: []}"

    result = told(
        steps,
        start="start: by hand\n",
        metrics={"logins": 100},
        then=[
            {"after": "1 day", "event": "login", "data": {"user": "kim"}},
            {"after": "3 days", "metrics": {"logins": 150}},
        ],
    )

    assert lines(result, "waited") == [("2026-03-05T14:00:00Z", "up")]


def test_what_people_read_is_told_beside_what_happened():
    steps = """
  - {email: hello, to: champion, subject: "Hi {{ contact.name }}", text: Hello}
  - {task: look, title: "Look at {{ account.name }}"}
  - {slack: tell, to: csm, text: "Done with {{ account.name }}"}
"""

    result = told(steps, start="start: by hand\n", then=[{"after": "1 day", "complete": "look"}])

    assert [(result.trace[place].path, said) for place, said in result.words.items()] == [
        ("hello", "Hi Kim"),
        ("look", "Look at Acme"),
        ("tell", "Done with Acme"),
    ]
