"""`every`: a cadence of touchpoints, one at a time, until a day, a condition, or so many."""

import pytest

from tests.support.playbooks import compiled, lines, problems, source, told

CALL = "do: [{slack: touch, to: csm, text: Call}]"
ASK = "do: [{task: call, due: 2 days}]"


def weekly(more: str, do: str = CALL, schedule: str = "week on tuesday 10:00") -> str:
    return f"  - {{every: rhythm, schedule: {schedule}, {more}, {do}}}\n  - {{update: after, set: {{status: paused}}}}"


def test_each_time_its_steps_are_done_and_then_the_next_step():
    story = told(weekly("times: 3"))

    assert lines(story, "occurred", "posted", "completed", "updated") == [
        ("2026-03-03T15:00:00Z", "rhythm"),
        ("2026-03-03T15:00:00Z", "rhythm#1/touch"),
        ("2026-03-10T14:00:00Z", "rhythm"),
        ("2026-03-10T14:00:00Z", "rhythm#2/touch"),
        ("2026-03-17T14:00:00Z", "rhythm"),
        ("2026-03-17T14:00:00Z", "rhythm#3/touch"),
        ("2026-03-17T14:00:00Z", "rhythm"),
        ("2026-03-17T14:00:00Z", "after"),
    ]
    assert [one.fields["outcome"] for one in story.trace if one.event == "completed"] == ["times"]


def test_what_comes_due_while_the_former_is_open_is_skipped_and_counts():
    story = told(weekly("times: 3", ASK), then=[{"after": "11 days", "complete": "call", "outcome": "done"}])

    rounds = [one for one in story.trace if "occurrence" in one.fields]
    assert [(one.event, one.fields["occurrence"], one.fields.get("reason")) for one in rounds] == [
        ("occurred", 1, None),
        ("skipped", 2, "open"),
        ("occurred", 3, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "inside",
    [
        "{wait: answer, on: login, at_most: 1 week, otherwise: []}",
        "{task: call, due: 2 days, at_most: 1 week, otherwise: []}",
        "{every: daily, schedule: day 10:00, times: 6, do: [{wait: a_day, for: 1 day}]}",
    ],
)
def test_what_ends_in_the_instant_in_which_its_loop_comes_again_is_not_open_any_more(inside):
    story = told(weekly("times: 3", f"do: [{inside}]"))

    rounds = [one.event for one in story.trace if one.path == "rhythm" and "occurrence" in one.fields]
    assert rounds == ["occurred"] * 3


ON_FRIDAY = "to: champion, send: {on: [friday]}, expires: 1 day"


@pytest.mark.parametrize(
    "inside",
    [
        f"{{email: hello, {ON_FRIDAY}, subject: Hi, text: Hi}}",
        f"{{sequence: hello, {ON_FRIDAY}, mails: [{{subject: Hi, text: Hi}}]}}",
    ],
)
def test_nor_is_a_mail_that_expires_in_that_instant(inside):
    story = told(weekly("times: 3", f"do: [{inside}]", "day 10:00"))

    said = [(one.event, one.at.day) for one in story.trace if one.event in {"occurred", "skipped"}]
    assert said == [("occurred", 2), ("skipped", 3), ("occurred", 3), ("skipped", 4), ("occurred", 4), ("skipped", 5)]


def test_after_the_last_time_it_is_over_when_that_is_done():
    story = told(weekly("times: 1", ASK), then=[{"after": "30 days", "complete": "call", "outcome": "done"}])

    assert lines(story, "completed") == [("2026-04-01T13:00:00Z", "rhythm#1/call"), ("2026-04-01T13:00:00Z", "rhythm")]


def test_a_last_time_that_is_skipped_is_over_with_the_one_that_is_open():
    story = told(weekly("times: 2", ASK), then=[{"after": "30 days", "complete": "call", "outcome": "done"}])

    assert lines(story, "skipped", "completed")[-1] == ("2026-04-01T13:00:00Z", "rhythm")


def test_the_day_of_until_still_counts_and_the_run_goes_on_behind_it():
    story = told(weekly("until: 2026-03-10"))

    assert lines(story, "posted", "completed", "updated") == [
        ("2026-03-03T15:00:00Z", "rhythm#1/touch"),
        ("2026-03-10T14:00:00Z", "rhythm#2/touch"),
        ("2026-03-11T04:00:00Z", "rhythm"),
        ("2026-03-11T04:00:00Z", "after"),
    ]


def test_an_instant_ends_it_at_once():
    story = told(weekly("until: 2026-03-10T14:00:00Z"))

    assert lines(story, "posted", "completed") == [
        ("2026-03-03T15:00:00Z", "rhythm#1/touch"),
        ("2026-03-10T14:00:00Z", "rhythm"),
    ]


def test_until_a_condition_is_tested_at_all_times_and_withdraws_what_is_open():
    story = told(weekly("until: metrics.nps.value >= 8", ASK), then=[{"after": "3 days", "metrics": {"nps": 9}}])

    assert lines(story, "opened", "withdrawn", "completed", "updated") == [
        ("2026-03-03T15:00:00Z", "rhythm#1/call"),
        ("2026-03-05T14:00:00Z", "rhythm#1/call"),
        ("2026-03-05T14:00:00Z", "rhythm"),
        ("2026-03-05T14:00:00Z", "after"),
    ]


def test_until_may_read_what_its_own_steps_come_to():
    story = told(
        weekly('until: outcome.call == "done"', ASK), then=[{"after": "3 days", "complete": "call", "outcome": "done"}]
    )

    assert lines(story, "completed") == [("2026-03-05T14:00:00Z", "rhythm#1/call"), ("2026-03-05T14:00:00Z", "rhythm")]


def test_steps_may_read_what_a_former_round_has_come_to():
    steps = """\
  - every: rhythm
    schedule: week
    times: 2
    do:
      - branch: before
        cases: [{when: outcome.call == "done", then: [{end: twice}]}]
        otherwise: []
      - {task: call}
"""
    story = told(steps, then=[{"after": "8 days", "complete": "call", "outcome": "done"}])

    assert story.outcome == "twice"


def test_a_date_that_moves_moves_the_end():
    story = told(
        weekly("until: account.renewal_date, times: 9"),
        then=[{"after": "2 days", "account": {"renewal_date": "2026-03-12"}}],
    )

    assert lines(story, "completed") == [("2026-03-13T04:00:00Z", "rhythm")]


def test_a_date_that_is_told_at_last_ends_it_too():
    story = told(
        weekly("until: account.renewal_date, times: 9"),
        account={"renewal_date": None},
        then=[{"after": "2 days", "account": {"renewal_date": "2026-03-12"}}],
    )

    assert lines(story, "completed") == [("2026-03-13T04:00:00Z", "rhythm")]


def test_a_day_that_is_past_on_arrival_ends_it_there():
    story = told(weekly("until: 2026-03-01"))

    assert lines(story, "occurred", "completed", "updated") == [
        ("2026-03-02T14:00:00Z", "rhythm"),
        ("2026-03-02T14:00:00Z", "after"),
    ]


def test_at_once_begins_the_next_when_the_former_ends():
    steps = "  - {every: round, schedule: at once, times: 3, do: [{wait: pause, for: 2 days}]}"

    assert lines(told(steps), "occurred", "ended") == [
        ("2026-03-02T14:00:00Z", "round"),
        ("2026-03-04T14:00:00Z", "round"),
        ("2026-03-06T14:00:00Z", "round"),
        ("2026-03-08T13:00:00Z", "end"),
    ]


def test_at_most_gives_it_up_with_what_is_open():
    story = told(weekly("times: 9, at_most: 10 days, otherwise: [{slack: enough, to: csm, text: Enough}]", ASK))

    assert lines(story, "withdrawn", "timed_out", "posted") == [
        ("2026-03-12T13:00:00Z", "rhythm#1/call"),
        ("2026-03-12T13:00:00Z", "rhythm"),
        ("2026-03-12T13:00:00Z", "rhythm/otherwise/enough"),
    ]


def test_a_goal_acts_inside_it_at_once():
    story = told(
        weekly("times: 9", ASK),
        head="goal: {when: metrics.nps.value >= 8, outcome: recovered}\n",
        then=[{"after": "30 hours", "metrics": {"nps": 9}}],
    )

    assert story.outcome == "recovered"
    assert lines(story, "withdrawn") == [("2026-03-03T20:00:00Z", "rhythm#1/call")]


def test_a_task_that_nobody_waits_for_outlives_its_round():
    do = "do: [{task: call, then: continue}]"
    story = told(weekly("times: 2", do), then=[{"after": "20 days", "complete": "rhythm#1/call", "outcome": "done"}])

    assert ("2026-03-22T13:00:00Z", "rhythm#1/call") in lines(story, "completed")


def test_visits_go_on_from_round_to_round_and_each_message_is_sent():
    story = told(weekly("times: 4"))

    assert len(lines(story, "posted")) == 4


def test_a_rhythm_within_a_rhythm_has_both_numbers_in_its_path():
    inner = "do: [{every: daily, schedule: at once, times: 2, do: [{slack: touch, to: csm, text: Hi}]}]"
    story = told(weekly("times: 2", inner))

    assert [path for _, path in lines(story, "posted")] == [
        "rhythm#1/daily#1/touch",
        "rhythm#1/daily#2/touch",
        "rhythm#2/daily#1/touch",
        "rhythm#2/daily#2/touch",
    ]


ANCHORED = "anchor: account.renewal_date\n"


def test_the_beat_of_several_periods_moves_with_the_anchor():
    story = told(
        "  - {every: rhythm, schedule: 2 weeks, times: 2, do: [{slack: touch, to: csm, text: Call}]}",
        head=ANCHORED,
        then=[{"after": "1 day", "account": {"renewal_date": "2026-06-04"}}],
    )

    assert [at[:10] for at, _ in lines(story, "posted")] == ["2026-03-12", "2026-03-26"]


def test_an_anchor_that_is_not_known_any_more_waits_for_a_person_and_goes_on_when_it_is_told():
    story = told(
        "  - {every: rhythm, schedule: 2 weeks, times: 2, do: [{slack: touch, to: csm, text: Call}]}",
        head=ANCHORED,
        then=[
            {"after": "1 day", "account": {"renewal_date": None}},
            {"after": "30 days", "account": {"renewal_date": "2026-06-01"}},
        ],
    )

    assert lines(story, "parked", "resumed", "posted") == [
        ("2026-03-03T14:00:00Z", "rhythm"),
        ("2026-04-01T13:00:00Z", "rhythm"),
        ("2026-04-06T13:00:00Z", "rhythm#1/touch"),
        ("2026-04-20T13:00:00Z", "rhythm#2/touch"),
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("schedule: weekly, times: 2, do: [{wait: w, for: 1 day}]", "'weekly' is not a period"),
        ("schedule: week, do: [{wait: w, for: 1 day}]", "it lacks 'until' or 'times'"),
        ("schedule: at once, until: day 9, do: [{wait: w, for: 1 day}]", "it lacks 'times'"),
        ("schedule: week, times: 0, do: [{wait: w, for: 1 day}]", "'0' is not a number of times"),
        ("schedule: week, times: 2, do: []", "'do' has no steps"),
        ("schedule: week, until: account.renewal_date, do: [{wait: w, for: 1 day}]", "would go on for ever"),
        ("schedule: week, times: 10001, do: [{wait: w, for: 1 day}]", "a whole number from 1 to 10000"),
        ("schedule: at once, times: 1001, do: [{wait: w, for: 1 day}]", "1001 rounds could follow"),
        (
            "schedule: at once, times: 40, do: [{every: e, schedule: at once, times: 40, do: [{task: t}]}]",
            "1600 rounds could follow",
        ),
        ("schedule: {rrule: FREQ=WEEKLY;INTERVAL=0}, times: 2, do: [{wait: w, for: 1 day}]", "'INTERVAL=0' cannot be"),
        ("schedule: week, until: account.nmae == 3, do: [{wait: w, for: 1 day}]", "account.nmae"),
        ("schedule: week, until: 30 dais, do: [{wait: w, for: 1 day}]", "'dais' is not a unit of time"),
        ("schedule: week, times: 2, do: [{wait: otherwise, for: 1 day}]", "Choose another id"),
    ],
)
def test_what_is_wrong_with_it_is_told(keys, said):
    found = problems(source(f"  - {{every: rhythm, {keys}}}"))

    assert said in str(found)
    assert len(list(found)) == 1


@pytest.mark.parametrize(
    ("end", "outcome", "last"),
    [
        ("COUNT=3", "times", "2026-03-17T13:00:00Z"),
        ("UNTIL=20260317", "until", "2026-03-17T13:00:00Z"),
        ("UNTIL=20260317T125959Z", "until", "2026-03-10T13:00:00Z"),
        ("UNTIL=20200101", "until", "2026-03-02T14:00:00Z"),
    ],
)
def test_a_rule_that_has_come_to_its_end_is_over(end, outcome, last):
    story = told(
        f"  - {{every: rhythm, schedule: {{rrule: FREQ=WEEKLY;BYDAY=TU;{end}}}, {CALL}}}\n  - {{end: '{outcome}ed'}}"
    )

    assert (story.outcome, lines(story, "completed")) == (f"{outcome}ed", [(last, "rhythm")])


def test_a_rule_is_over_when_the_work_of_its_last_time_is_done():
    steps = f"  - {{every: rhythm, schedule: {{rrule: FREQ=DAILY;COUNT=2}}, {ASK}}}"

    story = told(steps, then=[{"after": "30 days", "complete": "call", "outcome": "done"}])

    assert lines(story, "skipped", "ended") == [("2026-03-04T14:00:00Z", "rhythm"), ("2026-04-01T13:00:00Z", "end")]


def test_the_state_is_no_bigger_after_many_rounds_than_after_a_few():
    from tests.support.rounds import after_rounds

    plan = compiled(source("  - {every: rhythm, schedule: day, times: 5000, do: [{task: call, due: 1 day}]}"))

    few, many = (len(run.model_dump_json()) for run in after_rounds(plan, 20, 2000))

    assert many <= 2 * few


def test_schedule_and_times_may_be_one_for_each_tier():
    steps = """\
  - every: rhythm
    schedule: {enterprise: week, growth: 2 weeks, starter: month}
    times: {enterprise: 9, growth: 2, starter: 1}
    until: outcome.call == "skipped"
    do: [{task: call, at_most: 1 day, otherwise: []}]
"""
    story = told(steps)

    assert lines(story, "occurred", "ended") == [
        ("2026-03-16T13:00:00Z", "rhythm"),
        ("2026-03-30T13:00:00Z", "rhythm"),
        ("2026-03-31T13:00:00Z", "end"),
    ]


def test_an_occurrence_that_is_due_in_the_instant_in_which_its_end_moves_is_not_lost():
    weekly = (
        "  - {every: w, schedule: week, times: 3, until: account.renewal_date, do: [{slack: s, to: csm, text: Hi}]}\n"
    )
    moves = {"after": "14 days", "account": {"renewal_date": "2026-06-15"}}

    story = told(weekly, then=[moves], until="2026-04-01T00:00:00Z")

    assert [at[:10] for at, _ in lines(story, "occurred")] == ["2026-03-09", "2026-03-16", "2026-03-23"]


def test_the_end_of_a_loop_is_known_again_when_the_anchor_is():
    monthly = "  - {every: w, schedule: month on day 1, until: day -30, do: [{slack: s, to: csm, text: Hi}]}\n"
    gone = {"after": "20 days", "account": {"renewal_date": None}}
    back = {"after": "25 days", "account": {"renewal_date": "2026-07-15"}}

    story = told(monthly, head="anchor: account.renewal_date\n", then=[gone, back], until="2026-10-01T00:00:00Z")

    assert [at[:10] for at, _ in lines(story, "completed")] == ["2026-06-16"]
