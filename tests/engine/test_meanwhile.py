"""`meanwhile`: what stands beside the steps for as long as the run lives."""

import pytest

from tests.support.playbooks import lines, problems, source, told

STEPS = "  - {wait: long, for: 60 days}"
KIM_LEAVES = {"contacts": [{"id": "c1", "role": "other", "name": "Kim"}]}
KIM_BACK = {"contacts": [{"id": "c1", "role": "champion", "name": "Kim"}]}
LEFT = "when: 'not any(c.role == \"champion\" for c in contacts)'"
LOW = "when: metrics.nps.value <= 5"


def watch(keys: str, do: str = "[{slack: tell, to: csm, text: Look}]") -> str:
    return f"meanwhile:\n  - {{watch: eye, {keys}, do: {do}}}\n"


def readings(*said: tuple[int, int]) -> list[dict[str, object]]:
    return [{"after": f"{day} days", "metrics": {"nps": value}} for day, value in said]


def test_a_watch_does_its_steps_each_time_that_its_condition_becomes_true():
    head = f"meanwhile:\n  - {{watch: champion_left, {LEFT}, do: [{{task: find_new_champion}}]}}\n"
    story = told(
        STEPS,
        head=head,
        then=[
            {"after": "1 day", **KIM_LEAVES},
            {"after": "2 days", **KIM_BACK},
            {"after": "3 days", "complete": "find_new_champion", "outcome": "done"},
            {"after": "4 days", **KIM_LEAVES},
        ],
    )

    assert lines(story, "occurred", "opened", "withdrawn") == [
        ("2026-03-03T14:00:00Z", "meanwhile/champion_left"),
        ("2026-03-03T14:00:00Z", "meanwhile/champion_left#1/find_new_champion"),
        ("2026-03-06T14:00:00Z", "meanwhile/champion_left"),
        ("2026-03-06T14:00:00Z", "meanwhile/champion_left#2/find_new_champion"),
        ("2026-05-01T13:00:00Z", "meanwhile/champion_left#2/find_new_champion"),
    ]
    assert story.outcome == "completed"


def test_what_is_true_when_the_run_starts_is_done_then():
    story = told(STEPS, head=watch(LOW), metrics={"nps": 3})

    assert lines(story, "posted") == [("2026-03-02T14:00:00Z", "meanwhile/eye#1/tell")]


def test_what_the_first_step_makes_true_is_seen():
    head = watch('when: account.status == "paused"')
    story = told("  - {update: pause, set: {status: paused}}\n" + STEPS, head=head)

    assert lines(story, "posted") == [("2026-03-02T14:00:00Z", "meanwhile/eye#1/tell")]


def test_one_at_a_time_what_rises_again_meanwhile_is_passed_over():
    story = told(STEPS, head=watch(LOW, "[{task: ask}]"), then=readings((1, 3), (2, 8), (3, 2)))

    assert [(one.event, one.fields.get("reason")) for one in story.trace if one.kind == "watch"] == [
        ("occurred", None),
        ("skipped", "open"),
    ]


@pytest.mark.parametrize(
    ("again", "days"),
    [
        ("always", [1, 3, 5, 12]),
        ("never", [1]),
        ("after 5 days", [1, 12]),
        ("'after 1 day, at most 2 times'", [1, 3]),
    ],
)
def test_again_counts_from_the_end_of_the_last_time(again, days):
    then = readings((1, 3), (2, 8), (3, 3), (4, 8), (5, 3), (6, 8), (12, 3))
    story = told(STEPS, head=watch(f"{LOW}, again: {again}"), then=then)

    assert [at[:10] for at, _ in lines(story, "posted")] == [f"2026-03-{day + 2:02}" for day in days]


def test_for_asks_that_it_has_lasted():
    story = told(STEPS, head=watch(f"{LOW}, for: 3 days"), then=readings((1, 3), (2, 8), (10, 3)))

    assert lines(story, "posted") == [("2026-03-15T13:00:00Z", "meanwhile/eye#1/tell")]


def test_each_event_is_a_time_and_can_be_read_there_alone():
    from tests.support.playbooks import compiled
    from tests.support.playbooks import story as story_of
    from tests.support.unkind_hosts import Watched

    do = '[{slack: tell, to: csm, text: "severity {{ event.severity }}"}]'
    plan = compiled(source(STEPS, watch("on: ticket, where: event.severity <= 2", do)))
    heard = [{"after": f"{day} days", "event": "ticket", "data": {"severity": day}} for day in (1, 2, 3)]
    world = Watched(plan, story_of(then=heard))
    world.tell()

    assert [body for _, body in world.seen.bodies] == ["severity 1", "severity 2"]
    assert "event." in str(
        problems(source("  - {slack: s, to: csm, text: '{{ event.severity }}'}", watch("on: ticket")))
    )


def test_each_of_two_events_of_one_instant_is_a_time_where_what_is_done_takes_none():
    do = "[{update: note, set: {seats: event.severity}}]"
    tickets = [{"after": "1 day", "event": "ticket", "data": {"severity": level}} for level in (1, 2)]

    story = told(STEPS, head=watch("on: ticket, again: always", do), then=tickets)

    assert [one.fields["set"] for one in story.trace if one.event == "updated"] == [{"seats": 1}, {"seats": 2}]


def test_a_rhythm_beside_the_steps_needs_no_end_and_ends_with_the_run():
    head = "meanwhile:\n  - {every: pulse, schedule: 2 weeks, do: [{slack: tell, to: csm, text: Hi}]}\n"
    story = told("  - {wait: long, for: 30 days}", head=head)

    assert lines(story, "posted", "ended") == [
        ("2026-03-16T13:00:00Z", "meanwhile/pulse#1/tell"),
        ("2026-03-30T13:00:00Z", "meanwhile/pulse#2/tell"),
        ("2026-04-01T13:00:00Z", "end"),
    ]


def test_a_rhythm_beside_the_steps_that_is_over_leaves_the_run_alone():
    head = "meanwhile:\n  - {every: pulse, schedule: week, times: 1, do: [{slack: tell, to: csm, text: Hi}]}\n"
    story = told(
        "  - {wait: long, for: 30 days}", head=head + "  - {watch: eye, when: account.arr > 9, do: [{task: t}]}\n"
    )

    assert story.outcome == "completed"
    assert [path for _, path in lines(story, "occurred")] == ["meanwhile/eye", "meanwhile/pulse"]


def test_an_end_in_it_ends_the_run():
    story = told(STEPS, head=watch(LOW, "[{end: gave_up}]"), then=readings((1, 3)))

    assert story.outcome == "gave_up"
    assert lines(story, "ended") == [("2026-03-03T14:00:00Z", "meanwhile/eye#1/gave_up")]


def test_a_goal_acts_in_it_at_once():
    head = watch(LOW, "[{task: ask}]") + "goal: {when: metrics.nps.value >= 9, outcome: well}\n"
    story = told(STEPS, head=head, then=readings((1, 3), (2, 9)))

    assert lines(story, "withdrawn", "ended") == [
        ("2026-03-04T14:00:00Z", "meanwhile/eye#1/ask"),
        ("2026-03-04T14:00:00Z", "goal"),
    ]


def test_the_steps_and_what_stands_beside_them_read_one_anothers_outcomes():
    head = watch('when: outcome.long == "true"', "[{task: ask}]")
    steps = """\
  - {wait: long, for: 2 days}
  - {wait: asked, for: 'outcome.ask == "done"', at_most: 20 days, otherwise: [{end: silent}]}
"""
    story = told(steps, head=head, then=[{"after": "4 days", "complete": "ask", "outcome": "done"}])

    assert story.outcome == "completed"
    assert lines(story, "waited")[-1] == ("2026-03-06T14:00:00Z", "asked")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{task: ask}", "'task' does not stand under 'meanwhile': only 'watch' and 'every' do"),
        ("{watch: eye, do: [{task: ask}]}", "a watch says either 'when' (a condition) or 'on' (an event)"),
        ("{watch: eye, when: account.arr > 1, do: []}", "'do' has no steps"),
        ("{watch: eye, when: account.arr > 1, where: event.x, do: [{task: ask}]}", "no event is waited for"),
        ("{watch: eye, on: tickt, do: [{task: ask}]}", "'tickt' is not an event"),
        ("{watch: eye, on: ticket, for: 2 days, do: [{task: ask}]}", "'for' does not go with 'on'"),
        ("{watch: eye, when: account.arr > 1, again: often, do: [{task: ask}]}", "'often' does not say how often"),
    ],
)
def test_what_is_wrong_with_it_is_told(entry, said):
    found = problems(source(STEPS, f"meanwhile:\n  - {entry}\n"))

    assert said in str(found)
    assert len(list(found)) == 1


def test_a_watch_among_the_steps_is_out_of_place():
    assert "a watch stands under 'meanwhile'" in str(
        problems(source("  - {watch: eye, when: account.arr > 1, do: [{task: t}]}"))
    )
