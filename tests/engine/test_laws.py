"""What holds for every playbook and every story."""

import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.advance import advance, begin
from engine.moments import facts_of
from engine.plan import Plan
from engine.run import Acknowledged, Flipped, Settled, TaskActed
from engine.trace import Entry
from tests.support.drawn_steps import SCHEDULES
from tests.support.examples import law
from tests.support.lives import any_lives, lives, shared_work
from tests.support.playbooks import compiled, setting, source, story
from tests.support.unkind_hosts import Late, Pestered, Sharing, Stored, Watched, after

held = law(30)
OUTLIVES = {
    "reminded", "escalated", "completed", "acknowledged", "cleared", "snoozed", "reassigned", "withdrawn", "timed_out",
    "updated",
}  # fmt: skip


OUTAGE_STARTS = st.sampled_from(["by hand", {"when": "metrics.nps.value <= 6"}])


@held
@given(any_lives())
def test_a_run_that_is_stored_between_any_two_advances_goes_on_as_if_it_had_not_been(life):
    plan, story = life

    kept, stored = Watched(plan, story), Stored(plan, story)

    assert stored.tell().to_json() == kept.tell().to_json()
    assert stored.seen.effects == kept.seen.effects


@held
@given(any_lives())
def test_a_plan_read_back_is_the_same_version(life):
    plan, _ = life

    again = Plan.model_validate_json(plan.model_dump_json())

    assert again == plan
    assert (again.hash, again.start_hash) == (plan.hash, plan.start_hash)


@held
@given(any_lives())
def test_the_same_story_is_told_in_the_same_bytes(life):
    plan, story = life

    first, second = (json.dumps(Watched(plan, story).tell().to_json()) for _ in range(2))

    assert first == second


@held
@given(any_lives())
def test_a_story_never_goes_back_in_time(life):
    told = Watched(*life).tell()

    instants = [entry.at for entry in told.trace]
    assert instants == sorted(instants)


@held
@given(any_lives())
def test_every_effect_has_an_id_of_its_own(life):
    world = Watched(*life)

    world.tell()

    assert len(world.seen.effects) == len(set(world.seen.effects))


@held
@given(any_lives())
def test_after_the_end_only_what_outlives_a_run_still_moves(life):
    world = Watched(*life)

    world.tell()

    for run in {name for name, _ in world.seen.entries if name}:
        events = [entry.event for name, entry in world.seen.entries if name == run and not _is_joined(entry)]
        behind = events[events.index("ended") + 1 :] if "ended" in events else []
        assert set(behind) <= OUTLIVES
        assert events.count("ended") <= 1


def _is_joined(entry: Entry) -> bool:
    """Whether it tells that work of the same identity has come to a task, which may outlive its run."""
    return entry.event == "updated" and entry.kind == "task"


@law(100)
@given(shared_work())
def test_of_one_identity_one_task_is_open_at_a_time_and_nobody_waits_for_one_that_is_closed(life):
    world = Sharing(*life)

    world.tell()

    assert world.doubled == []
    assert world.forgotten == []


@held
@given(any_lives())
def test_what_comes_for_a_visit_that_is_over_changes_nothing(life):
    plan, story = life

    left_alone, pestered = Watched(plan, story), Pestered(plan, story)

    assert pestered.tell().to_json() == left_alone.tell().to_json()


@held
@given(lives(sends=False, contacts=False, loops=False, starts=OUTAGE_STARTS))
def test_an_outage_does_not_change_the_story_but_for_reminders_that_were_overtaken(life):
    plan, story = life
    end = after(story.start, 120)
    punctual = Watched(plan, story, end)
    punctual.tell()

    late = Late(plan, story, end, punctual.seen.acted)
    late.tell()

    for run in {name for name, _ in punctual.seen.entries if name}:
        mine, theirs = punctual.seen.of_run(run), late.seen.of_run(run)
        assert [one for one in theirs if not _rung(one)] == [one for one in mine if not _rung(one)]
        assert all(one in mine for one in theirs if _rung(one))


@held
@given(lives(flows=True))
def test_a_strand_is_there_as_long_as_a_step_rests_in_it_and_no_longer(life):
    world = Watched(*life)

    world.tell()

    for run in world.desk.runs.values():
        strands = {f"{one.path}{block}" for one in run.open.values() for block in one.strands}
        assert [one for one in strands if not any(path.startswith(f"{one}/") for path in run.open)] == []
        assert set(run.events) <= strands
        assert run.arrivals == ()


ENDS = st.sampled_from(["times: 9", "until: day 40", "until: 2026-04-10T12:00:00Z", "until: metrics.nps.value >= 8"])


@held
@given(SCHEDULES, ENDS, st.integers(0, 90), st.integers(0, 90))
def test_of_what_an_outage_made_a_rhythm_miss_only_the_latest_is_done(schedule, ends, better, days):
    steps = (
        f"  - {{every: rhythm, schedule: {json.dumps(schedule)}, {ends}, do: [{{slack: touch, to: csm, text: Hi}}]}}"
    )
    plan = compiled(source(steps, start="start: by hand\n"))
    told = story(then=[{"after": f"{better} days", "metrics": {"nps": 9}}])
    end = after(told.start, days)
    punctual, late = Watched(plan, told, end), Late(plan, told, end, [])

    punctual.tell()
    late.tell()

    came = [one for _, one in punctual.seen.entries if "occurrence" in one.fields]
    done = [(one.at, one.event, one.fields.get("reason")) for _, one in late.seen.entries if "occurrence" in one.fields]
    missed = [(one.at, "skipped", "missed") for one in came[:-1]]
    assert done == missed + [(one.at, "occurred", None) for one in came[-1:]]
    assert late.told.outcome == punctual.told.outcome


def _rung(entry: dict[str, object]) -> bool:
    return "/overdue/" in str(entry["path"])


@st.composite
def given_inputs(draw, run):
    """What may come for a run in its first weeks, each at an instant of its own, also for visits that are not open."""
    paths = sorted(run.open) or ["s0"]
    minutes = draw(st.lists(st.integers(1, 40 * 24 * 60), max_size=6, unique=True))
    return [
        _input(draw, run.started + timedelta(minutes=one), draw(st.sampled_from([*paths, "s1"]))) for one in minutes
    ]


def _input(draw, at, path):
    return draw(
        st.sampled_from(
            [
                TaskActed(at=at, path=path, visit=1, verb="complete", outcome="done"),
                TaskActed(at=at, path=path, visit=1, verb="snooze", until=at + timedelta(days=2)),
                Acknowledged(at=at, path=path, visit=1, by="max"),
                Flipped(at=at, path=path, visit=1, name="for"),
                Settled(at=at, path=path, visit=1, effect="e", to="c1", state="sent"),
            ]
        )
    )


def fed(plan, run, inputs, world, now):
    """Everything by `now`; what the run says of the account changes nothing here."""
    trace = []
    while True:
        advanced = advance(plan, run, inputs, world, now)
        trace += advanced.made.trace
        run, inputs = advanced.run, advanced.left
        if not advanced.short:
            return run, trace


@held
@given(lives(ladders=False, loops=False, starts=st.just("by hand")), st.data())
def test_inputs_fed_one_by_one_are_the_same_as_all_at_once(life, data):
    plan, story = life
    table = Watched(plan, story).desk
    table.take(*facts_of(story.moments[0], setting().vocabulary), now=story.start)
    world = table.world(story.start)
    begun = begin(plan, "r1", world, story.start)
    run, _ = fed(plan, begun.run, begun.left, world, story.start)
    inputs = sorted(data.draw(given_inputs(run)), key=lambda one: one.at)
    end = after(story.start, 90)

    at_once, trace = fed(plan, run, inputs, world, end)
    one_by_one, parts = run, []
    for one in inputs:
        one_by_one, part = fed(plan, one_by_one, [one], world, one.at)
        parts += part
    one_by_one, part = fed(plan, one_by_one, [], world, end)

    assert parts + part == trace
    assert one_by_one == at_once
