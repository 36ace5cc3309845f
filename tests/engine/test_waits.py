"""`wait`: for a duration, a day, an instant, a condition; what is past, unknown or moved."""

from engine.render import timeline
from tests.support.playbooks import lines, told

NEVER = [{"after": "1 hour", "metrics": {"nps": 3}}]


def test_a_wait_for_days_keeps_the_local_clock_time_across_daylight_saving():
    story = told("  - {wait: pause, for: 7 days}")

    assert lines(story, "waited") == [("2026-03-09T13:00:00Z", "pause")]


def test_a_wait_for_business_days_ends_at_the_start_of_working_hours():
    story = told("  - {wait: pause, for: 2 business days}")

    assert lines(story, "waited") == [("2026-03-04T14:00:00Z", "pause")]


def test_a_wait_for_a_condition_ends_the_moment_it_becomes_true():
    story = told(
        "  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}",
        then=[{"after": "2 days", "metrics": {"nps": 9}}],
    )

    assert lines(story, "waiting", "waited", "ended") == [
        ("2026-03-02T14:00:00Z", "better"),
        ("2026-03-04T14:00:00Z", "better"),
        ("2026-03-04T14:00:00Z", "end"),
    ]


def test_a_wait_whose_condition_holds_on_arrival_does_not_wait():
    story = told(
        "  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}",
        metrics={"nps": 9},
    )

    assert story.outcome == "completed"
    assert lines(story, "waiting") == []


def test_a_wait_that_is_given_up_goes_to_otherwise():
    story = told("  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}")

    assert lines(story, "timed_out", "ended") == [
        ("2026-04-01T13:00:00Z", "better"),
        ("2026-04-01T13:00:00Z", "better/otherwise/unresolved"),
    ]


def test_when_the_flip_and_the_timer_arrive_together_the_condition_wins():
    story = told(
        "  - {wait: better, for: metrics.nps.value >= 8, at_most: 48 hours, otherwise: [{end: unresolved}]}",
        then=[{"after": "48 hours", "metrics": {"nps": 9}}],
    )

    assert story.outcome == "completed"


def test_an_instant_already_past_does_not_wait_and_the_trace_says_so():
    story = told("  - {wait: late, until: 2026-03-01T00:00:00Z, then: [{update: note, set: {status: paused}}]}")

    assert lines(story, "skipped", "updated") == [
        ("2026-03-02T14:00:00Z", "late"),
        ("2026-03-02T14:00:00Z", "late/then/note"),
    ]
    assert timeline(story.trace, str)[1].endswith("past, goes on")


def test_late_skip_passes_over_then():
    story = told(
        "  - {wait: late, until: 2026-03-01T00:00:00Z, late: skip, then: [{update: note, set: {status: paused}}]}"
    )

    assert lines(story, "updated") == []
    assert story.outcome == "completed"
    assert timeline(story.trace, str)[1].endswith("past, passed over")


def test_day_n_counts_from_the_day_the_run_started():
    story = told("  - {wait: month, until: day 30}")

    assert lines(story, "waited") == [("2026-04-01T13:00:00Z", "month")]


def test_a_wait_moves_with_the_date_that_it_awaits():
    story = told(
        "  - {wait: ahead, until: 30 days before account.renewal_date, otherwise: []}",
        then=[{"after": "3 days", "account": {"renewal_date": "2026-05-01"}}],
    )

    assert lines(story, "waiting", "waited") == [
        ("2026-03-02T14:00:00Z", "ahead"),
        ("2026-03-05T14:00:00Z", "ahead"),
        ("2026-04-01T13:00:00Z", "ahead"),
    ]


def test_a_date_that_moves_into_the_past_while_it_is_awaited_has_come():
    story = told(
        "  - wait: ahead\n    until: 30 days before account.renewal_date\n    late: skip\n    otherwise: []\n"
        "    then: [{update: note, set: {status: paused}}]",
        then=[{"after": "3 days", "account": {"renewal_date": "2026-03-10"}}],
    )

    assert lines(story, "waited", "skipped", "updated") == [
        ("2026-03-05T14:00:00Z", "ahead"),
        ("2026-03-05T14:00:00Z", "ahead/then/note"),
    ]


def test_a_date_that_vanishes_while_awaited_goes_to_otherwise():
    story = told(
        "  - {wait: ahead, until: 30 days before account.renewal_date, otherwise: [{end: no_date}]}",
        then=[{"after": "3 days", "account": {"renewal_date": None}}],
    )

    assert story.outcome == "no_date"
    assert lines(story, "skipped") == [("2026-03-05T14:00:00Z", "ahead")]


def test_an_unknown_date_goes_to_otherwise_at_once():
    story = told(
        "  - {wait: ahead, until: 30 days before account.renewal_date, otherwise: [{end: no_date}]}",
        account={"renewal_date": None},
    )

    assert story.outcome == "no_date"


ANCHORED = "anchor: account.renewal_date\nstart: by hand\n"


def test_day_n_counts_from_the_anchor_and_moves_with_it():
    story = told(
        "  - {wait: ahead, until: day -60}",
        head=ANCHORED,
        then=[{"after": "3 days", "account": {"renewal_date": "2026-06-11"}}],
    )

    assert lines(story, "waiting", "waited") == [
        ("2026-03-02T14:00:00Z", "ahead"),
        ("2026-03-05T14:00:00Z", "ahead"),
        ("2026-04-12T13:00:00Z", "ahead"),
    ]


def test_an_anchor_that_becomes_unknown_brings_the_run_to_attention():
    story = told(
        "  - {wait: ahead, until: day -60}",
        head=ANCHORED,
        then=[{"after": "3 days", "account": {"renewal_date": None}}],
    )

    assert lines(story, "parked") == [("2026-03-05T14:00:00Z", "ahead")]
    assert story.outcome is None


def test_an_anchor_that_is_lost_while_nothing_waits_for_it_is_said_at_once_and_open_work_goes_on():
    gone = {"after": "3 days", "account": {"renewal_date": None}}
    done = {"after": "4 days", "complete": "call"}
    back = {"after": "6 days", "account": {"renewal_date": "2026-07-01"}}
    steps = "  - {task: call}\n  - {wait: ahead, until: day -60}\n"

    story = told("  - {task: call}\n  - {task: write}", head=ANCHORED, then=[gone, done, back])
    missed = told(steps, head=ANCHORED, then=[gone, done, back])

    assert lines(story, "parked", "completed", "resumed") == [
        ("2026-03-05T14:00:00Z", "anchor"),
        ("2026-03-06T14:00:00Z", "call"),
        ("2026-03-08T13:00:00Z", "anchor"),
    ]
    assert lines(missed, "parked", "resumed", "waited") == [
        ("2026-03-05T14:00:00Z", "anchor"),
        ("2026-03-06T14:00:00Z", "ahead"),
        ("2026-03-08T13:00:00Z", "ahead"),
        ("2026-03-08T13:00:00Z", "anchor"),
        ("2026-05-02T13:00:00Z", "ahead"),
    ]


def test_what_follows_a_wait_may_read_how_it_ended():
    story = told(
        """
  - {wait: better, for: metrics.nps.value >= 8, at_most: 3 days, otherwise: []}
  - branch: how
    cases: [{when: outcome.better == "timed_out", then: [{end: never}]}]
    otherwise: [{end: better}]
"""
    )

    assert story.outcome == "never"


def test_of_two_things_told_at_one_instant_facts_come_before_timers():
    # The first item is a fact that matters to nobody; the second is the goal.
    story = told(
        "  - {wait: pause, for: 48 hours}\n  - {slack: shout, to: '#fires', text: Fire}",
        head="goal: {when: metrics.nps.value >= 8, outcome: recovered}\n",
        then=[{"after": "48 hours", "account": {"arr": 1}}, {"after": "48 hours", "metrics": {"nps": 9}}],
    )

    assert lines(story, "posted") == []


def test_an_instant_that_is_now_has_come_and_is_not_waited_for():
    story = told("  - {wait: now, until: 2026-03-02T14:00:00Z}")

    assert lines(story, "waiting", "waited", "skipped") == [("2026-03-02T14:00:00Z", "now")]
