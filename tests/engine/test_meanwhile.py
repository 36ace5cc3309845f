"""`meanwhile`: what stands beside the steps for as long as the run lives."""

import pytest

from engine.run import Operated
from engine.values import read_instant
from tests.support.playbooks import KIM, MONDAY_MORNING, compiled, lines, problems, source, told
from tests.support.playbooks import story as story_of
from tests.support.unkind_hosts import Watched, after

START = read_instant(MONDAY_MORNING)

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


def seats(*said: tuple[int, int]) -> list[dict[str, object]]:
    return [{"after": f"{hours} hours", "account": {"seats": value}} for hours, value in said]


@pytest.mark.parametrize("where", ["its own steps", "the steps", "a step of another watch"])
def test_what_an_update_of_the_run_makes_false_may_become_true_again(where):
    zero = "update: none, set: {seats: 0}"
    do = f"[{{{zero}}}]" if where == "its own steps" else "[{slack: tell, to: csm, text: Look}]"
    head = watch("when: account.seats > 3", do)
    if where == "a step of another watch":
        head += f"  - {{watch: other, when: account.arr > 50000, do: [{{{zero}}}]}}\n"
    steps = f"  - {{wait: first, for: 2 hours}}\n  - {{{zero}}}\n" if where == "the steps" else ""
    grown = [{"after": "2 hours", "account": {"arr": 90000}}]

    story = told(steps + STEPS, head=head, then=[*seats((1, 5)), *grown, *seats((3, 7))])

    assert [at[11:16] for at, path in lines(story, "occurred") if path == "meanwhile/eye"] == ["15:00", "17:00"]


def test_time_that_an_update_sets_back_runs_anew():
    head = watch("when: hours_since(account.asked) > 24", "[{update: ask, set: {asked: now}}]")
    story = told("  - {wait: long, for: 3 days}", head=head, account={"asked": "2026-01-01T00:00:00Z"})

    assert [at[:16] for at, _ in lines(story, "occurred")] == [f"2026-03-0{day}T14:00" for day in (2, 3, 4)]


def test_another_playbook_that_the_run_plays_is_heard_of_each_time():
    play = "{play: help, playbook: other, wait: true}"
    steps = f"  - {{wait: a_day, for: 1 day}}\n  - every: round\n    schedule: day\n    times: 2\n    do: [{play}]"
    ends = [{"after": f"{hours} hours", "ended": "other", "outcome": "done"} for hours in (50, 80)]

    story = told(steps, head=watch('when: running("other")'), then=ends)

    assert [at[:10] for at, _ in lines(story, "occurred") if _ == "meanwhile/eye"] == ["2026-03-04", "2026-03-05"]


RING = """meanwhile:
  - {watch: up, when: account.status == "paused", do: [{update: resume, set: {status: active}}]}
  - {watch: down, when: account.status == "active", do: [{update: hold, set: {status: paused}}]}
"""


def test_watches_that_make_each_other_true_rest_in_attention_and_the_run_goes_on():
    story = told("  - {wait: long, for: 60 days}", head=RING)

    (parked,) = [one for one in story.trace if one.event == "parked"]
    assert (parked.path, str(parked.fields["reason"])[:24]) == ("meanwhile/down", "it became true 100 times")
    assert str(parked.fields["reason"]).endswith("down -> up -> down")
    assert [path for _, path in lines(story, "occurred")].count("meanwhile/down") == 100
    assert story.outcome == "completed"


def test_watches_of_two_runs_that_make_each_other_true_rest_too():
    head = RING.replace('"paused"', '"paused" and item.role == "champion"')
    head = head.replace('"active"', '"active" and item.role == "other"') + "each: contacts\n"
    lee = {"id": "c2", "name": "Lee", "role": "other", "email": "lee@acme.test"}

    story = told("  - {wait: long, for: 60 days}", head=head, contacts=[KIM, lee])

    (parked,) = [one for one in story.trace if one.event == "parked"]
    assert (parked.subject, parked.path) == ("c2", "meanwhile/down")


def test_one_that_a_person_lets_go_on_hears_what_is_true_then():
    world = Watched(compiled(source(STEPS, RING)), story_of())
    world.happen(world.story.moments[:1], START)
    run = world.desk.runs["account/example/1"]

    world.desk.advance(run.id, [Operated(at=after(START, 1), verb="retry", path="meanwhile/down")], after(START, 1))

    assert run.open["meanwhile/down"].parked
    told_of = [entry.event for _, _, entry in world.desk.changes.trace if entry.path == "meanwhile/down"]
    assert told_of[:2] == ["resumed", "occurred"]


def test_events_of_one_instant_go_round_nothing():
    heard = [{"after": "1 day", "event": "login", "data": {"user": f"u{number}"}} for number in range(25)]

    story = told(STEPS, head=watch("on: login", "[{update: note, set: {seats: '1'}}]"), then=heard)

    assert len(lines(story, "occurred")) == 25


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
