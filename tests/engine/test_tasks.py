"""`task`: who gets it, when it is due, how its ladder climbs, how it ends."""

from dataclasses import replace
from datetime import date

from engine.people import Away, People
from engine.simulate import simulate
from engine.values import read_instant
from tests.support.playbooks import compiled, lines, setting, source, told
from tests.support.playbooks import story as story_of

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
    assert story.ended_at == read_instant("2026-03-02T14:00:00Z")


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


CALL = "  - {task: call, assign: csm, due: 3 business days, overdue: [{after: 1 business day, remind: assignee}]}"


def reassigned(story):
    return [
        (str(one.to_json()["at"]), one.path, one.fields.get("person"), one.fields.get("covers"))
        for one in story.trace
        if one.event == "reassigned"
    ]


def test_a_task_goes_with_its_role_to_a_new_holder_and_due_stays():
    story = told(CALL, then=[{"after": "1 day", "team": {"csm": "ben"}}], until="2026-03-20T00:00:00Z")

    assert reassigned(story) == [("2026-03-03T14:00:00Z", "call", "ben", None)]
    reminded = next(entry for entry in story.trace if entry.event == "reminded")
    # Ben works in Berlin; the task is still due at the end of Ana's Thursday in New York.
    assert (reminded.fields["person"], reminded.at.isoformat()) == ("ben", "2026-03-06T08:00:00+00:00")


def test_a_task_that_a_person_took_by_hand_goes_with_the_role_no_more():
    then = [{"after": "1 day", "claim": "call", "by": "noor"}, {"after": "2 days", "team": {"csm": "ben"}}]

    assert reassigned(told(CALL, then=then)) == [("2026-03-03T14:00:00Z", "call", "noor", None)]


def away(*days):
    """Ana is away from the first to the last of these days; Ben is her backup."""
    known = setting()
    first, last = (date.fromisoformat(day) for day in days)
    ana = replace(known.people.by_id["ana"], away=(Away(first, last),))
    everyone = tuple(ana if one.id == "ana" else one for one in known.people.everyone)
    return replace(known, people=People(everyone))


def test_an_open_task_goes_to_whoever_covers_and_comes_back():
    plan = compiled(source(CALL, start="start: by hand\n"))

    result = simulate(plan, story_of(), away("2026-03-04", "2026-03-05"))

    # From the start of the first day away to the end of the last, in Ana's New York.
    assert reassigned(result) == [
        ("2026-03-04T05:00:00Z", "call", "ben", "ana"),
        ("2026-03-06T05:00:00Z", "call", "ana", None),
    ]


def test_a_task_that_is_given_to_somebody_who_is_away_is_with_their_cover_until_they_are_back():
    plan = compiled(source(CALL, start="start: by hand\n"))
    given = story_of(team={"csm": "noor"}, then=[{"after": "2 days", "reassign": "call", "to": "ana", "by": "noor"}])

    result = simulate(plan, given, away("2026-03-03", "2026-03-05"))

    assert reassigned(result) == [
        ("2026-03-04T14:00:00Z", "call", "ben", "ana"),
        ("2026-03-06T05:00:00Z", "call", "ana", None),
    ]


def test_a_claimed_task_goes_to_its_takers_cover_and_comes_back():
    plan = compiled(source(CALL, start="start: by hand\n"))
    taken = story_of(team={"csm": "ben"}, then=[{"after": "1 hour", "claim": "call", "by": "ana"}])

    result = simulate(plan, taken, away("2026-03-04", "2026-03-05"))

    assert reassigned(result) == [
        ("2026-03-02T15:00:00Z", "call", "ana", None),
        ("2026-03-04T05:00:00Z", "call", "ben", "ana"),
        ("2026-03-06T05:00:00Z", "call", "ana", None),
    ]


def test_whoever_covers_is_named_when_the_task_opens():
    result = simulate(compiled(source(CALL, start="start: by hand\n")), story_of(), away("2026-03-01", "2026-03-05"))

    opened = next(entry for entry in result.trace if entry.event == "opened")
    assert (opened.fields["person"], opened.fields["covers"]) == ("ben", "ana")


def test_a_task_for_a_missing_contact_goes_with_the_owner_too():
    story = told(
        "  - {email: hello, to: champion, subject: Hi, text: Hello}",
        contacts=[],
        then=[
            {"after": "1 day", "team": {"csm": "ben"}},
            {"after": "2 days", "snooze": "hello/missing", "until": "1 day"},
            {"after": "4 days", "complete": "hello/missing"},
        ],
    )

    behind = [(one.event, one.path, one.kind) for one in story.trace if one.path == "hello/missing"]
    assert behind == [(event, "hello/missing", "task") for event in ("opened", "reassigned", "snoozed", "completed")]


def test_a_before_rung_that_was_skipped_does_not_act_after_a_snooze():
    story = told(
        "  - {task: call, due: 48 hours, overdue: [{before: 3 days, remind: assignee}]}",
        then=[{"after": "1 hour", "snooze": "call", "until": "5 hours"}],
        until="2026-03-20T00:00:00Z",
    )

    assert lines(story, "reminded") == []


def test_what_has_timed_out_behind_the_end_of_its_run_starts_nothing():
    story = told(
        "  - {task: call, then: continue, at_most: 5 days, otherwise: [{slack: late, to: csm, text: Late}]}",
    )

    assert lines(story, "ended", "timed_out", "posted") == [
        ("2026-03-02T14:00:00Z", "end"),
        ("2026-03-07T14:00:00Z", "call"),
    ]
    assert story.outcome == "completed"


def test_a_task_may_be_given_up_while_the_run_goes_on():
    story = told("""
  - {task: call, then: continue, at_most: 5 days, otherwise: [{slack: late, to: csm, text: Late}]}
  - {wait: pause, for: 10 days}
""")

    assert lines(story, "timed_out", "posted", "waited", "ended") == [
        ("2026-03-07T14:00:00Z", "call"),
        ("2026-03-07T14:00:00Z", "call/otherwise/late"),
        ("2026-03-12T13:00:00Z", "pause"),
        ("2026-03-12T13:00:00Z", "end"),
    ]


def test_the_steps_behind_at_most_may_read_that_it_timed_out():
    story = told("""
  - task: call
    at_most: 5 days
    otherwise:
      - branch: why
        cases: [{when: outcome.call == "timed_out", then: [{end: too_late}]}]
        otherwise: [{end: odd}]
""")

    assert story.outcome == "too_late"


def test_a_date_that_is_not_known_leaves_the_task_due_as_tasks_are_by_default_and_the_trace_says_so():
    story = told(
        "  - {task: call, due: 30 days before account.renewal_date}",
        account={"renewal_date": None},
        until="2026-03-03T00:00:00Z",
    )

    opened = story.trace[1].fields
    assert (opened["due"], opened["reason"]) == (
        "2026-03-09T21:00:00Z",
        "by default: account.renewal_date is not known",
    )


def test_a_parked_step_goes_on_when_what_it_lacked_is_known():
    story = told(
        "  - {task: call, assign: csm, title: 'Worth {{ account.arr }}'}",
        account={"arr": None},
        then=[{"after": "2 days", "account": {"arr": 500}}],
    )

    assert lines(story, "parked", "resumed", "opened") == [
        ("2026-03-02T14:00:00Z", "call"),
        ("2026-03-04T14:00:00Z", "call"),
        ("2026-03-04T14:00:00Z", "call"),
    ]
