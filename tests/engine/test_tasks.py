"""`task`: who gets it, when it is due, how its ladder climbs, how it ends."""

from tests.support.playbooks import lines, told

REVIEW = """
  - task: review
    title: Review {{ account.name }}
    assign: csm
    due: 3 business days
    outcomes: [saved, lost]
    overdue:
      - {after: 1 business day, remind: assignee}
      - {after: 3 business days, escalate: cs_manager}
"""


def test_a_task_is_due_at_the_end_of_working_hours_of_the_assignee():
    story = told(REVIEW)

    assert lines(story, "opened") == [("2026-03-02T14:00:00Z", "review")]
    opened = story.trace[1]
    assert opened.fields == {"assigned": "csm", "person": "ana", "due": "2026-03-05T22:00:00Z"}


def test_overdue_rungs_count_from_the_due_instant_in_business_days_and_name_who_is_told():
    story = told(REVIEW)

    rungs = [entry for entry in story.trace if entry.event in {"reminded", "escalated"}]
    assert [(one.at.isoformat(), one.path, one.fields) for one in rungs] == [
        ("2026-03-06T14:00:00+00:00", "review/overdue/1", {"to": "assignee", "person": "ana", "rung": 1}),
        ("2026-03-10T13:00:00+00:00", "review/overdue/2", {"to": "cs_manager", "person": "max", "rung": 2}),
    ]


def test_the_ladder_ends_with_the_task():
    story = told(REVIEW, then=[{"after": "5 days", "complete": "review", "outcome": "saved", "by": "ana"}])

    assert lines(story, "reminded", "escalated", "completed", "ended") == [
        ("2026-03-06T14:00:00Z", "review/overdue/1"),
        ("2026-03-07T14:00:00Z", "review"),
        ("2026-03-07T14:00:00Z", "end"),
    ]
    assert story.outcome == "completed"


def test_a_snooze_holds_the_ladder_and_the_highest_rung_that_came_due_acts_afterwards():
    story = told(REVIEW, then=[{"after": "1 day", "snooze": "review", "until": "2026-03-20T14:00:00Z"}])

    assert lines(story, "snoozed", "reminded", "escalated") == [
        ("2026-03-03T14:00:00Z", "review"),
        ("2026-03-20T14:00:00Z", "review/overdue/2"),
    ]


def test_a_reassigned_task_keeps_its_due_and_reminds_the_new_assignee():
    story = told(REVIEW, then=[{"after": "1 day", "reassign": "review", "to": "ben"}])

    reminded = next(entry for entry in story.trace if entry.event == "reminded")
    assert reminded.fields["person"] == "ben"
    assert lines(story, "reassigned") == [("2026-03-03T14:00:00Z", "review")]


def test_a_task_with_then_continue_lets_the_run_go_on_and_outlives_it():
    story = told(
        "  - {task: call, assign: csm, due: 48 hours, then: continue, overdue: [{after: 1 hour, remind: assignee}]}",
        then=[{"after": "3 days", "complete": "call"}],
    )

    assert lines(story, "opened", "ended", "reminded", "completed") == [
        ("2026-03-02T14:00:00Z", "call"),
        ("2026-03-02T14:00:00Z", "end"),
        ("2026-03-04T15:00:00Z", "call/overdue/1"),
        ("2026-03-05T14:00:00Z", "call"),
    ]
    assert story.ended_at is not None and story.ended_at.isoformat() == "2026-03-02T14:00:00+00:00"


def test_auto_close_closes_the_task_when_the_reason_has_gone():
    story = told(
        "  - {task: call, assign: csm, auto_close: metrics.nps.value >= 8}",
        metrics={"nps": 4},
        then=[{"after": "2 days", "metrics": {"nps": 9}}],
    )

    completed = next(entry for entry in story.trace if entry.event == "completed")
    assert (completed.at.isoformat(), completed.fields) == ("2026-03-04T14:00:00+00:00", {"outcome": "auto_closed"})


def test_at_most_withdraws_the_task_and_goes_to_otherwise():
    story = told("  - {task: call, assign: csm, at_most: 5 days, otherwise: [{end: gave_up}]}")

    assert lines(story, "withdrawn", "timed_out", "ended") == [
        ("2026-03-07T14:00:00Z", "call"),
        ("2026-03-07T14:00:00Z", "call"),
        ("2026-03-07T14:00:00Z", "call/otherwise/gave_up"),
    ]
    assert story.outcome == "gave_up"


def test_a_before_rung_that_is_past_already_is_skipped():
    story = told("""
  - task: call
    assign: csm
    due: 48 hours
    overdue: [{before: 3 days, remind: assignee}, {before: 24 hours, remind: assignee}]
""")

    assert lines(story, "reminded") == [("2026-03-03T14:00:00Z", "call/overdue/2")]


def test_a_title_that_reads_what_is_not_known_parks_the_step():
    story = told("  - {task: call, assign: csm, title: 'Worth {{ account.arr }}'}", account={"arr": None})

    parked = next(entry for entry in story.trace if entry.event == "parked")
    assert "account.arr" in str(parked.fields["reason"])
    assert story.outcome is None
