"""`parallel`: tracks side by side, until all are through or any one is."""

import pytest

from tests.support.playbooks import lines, problems, source, told

TRACKS = "{short: [{task: short_task}], long: [{wait: pause, for: 10 days}, {slack: tell, to: csm, text: Over}]}"
AFTER = "\n  - {update: after, set: {status: paused}}"


def both(more: str = "", tracks: str = TRACKS) -> str:
    return f"  - {{parallel: side_by_side, tracks: {tracks}{more}}}{AFTER}"


def test_all_tracks_go_side_by_side_and_the_run_goes_on_behind_the_last():
    story = told(both(), then=[{"after": "2 days", "complete": "short_task", "outcome": "done"}])

    assert lines(story, "opened", "waiting", "completed", "posted", "updated") == [
        ("2026-03-02T14:00:00Z", "side_by_side"),
        ("2026-03-02T14:00:00Z", "side_by_side/short/short_task"),
        ("2026-03-02T14:00:00Z", "side_by_side/long/pause"),
        ("2026-03-04T14:00:00Z", "side_by_side/short/short_task"),
        ("2026-03-12T13:00:00Z", "side_by_side/long/tell"),
        ("2026-03-12T13:00:00Z", "side_by_side"),
        ("2026-03-12T13:00:00Z", "after"),
    ]


def test_until_any_the_tracks_that_lost_are_cancelled_and_their_tasks_closed():
    story = told(both(", until: any"))

    assert lines(story, "withdrawn", "completed", "updated") == [
        ("2026-03-12T13:00:00Z", "side_by_side/short/short_task"),
        ("2026-03-12T13:00:00Z", "side_by_side"),
        ("2026-03-12T13:00:00Z", "after"),
    ]
    assert [one.fields["reason"] for one in story.trace if one.event == "withdrawn"] == ["lost"]
    assert [one.fields["outcome"] for one in story.trace if one.event == "completed"] == ["long"]


def test_a_track_that_is_through_at_once_wins_before_the_others_begin():
    tracks = "{fast: [{slack: now, to: csm, text: Now}, {update: mark, set: {arr: 1}}], slow: [{wait: w, for: 1 day}]}"
    story = told(both(", until: any", tracks))

    assert lines(story, "completed")[0] == ("2026-03-02T14:00:00Z", "side_by_side")
    assert lines(story, "waited") == []


def test_all_tracks_begin_also_when_one_of_them_sets_a_field_first():
    tracks = "{one: [{update: mark, set: {arr: 1}}], two: [{slack: tell, to: csm, text: Hi}]}"

    assert lines(told(both("", tracks)), "updated", "posted", "completed") == [
        ("2026-03-02T14:00:00Z", "side_by_side/one/mark"),
        ("2026-03-02T14:00:00Z", "side_by_side/two/tell"),
        ("2026-03-02T14:00:00Z", "side_by_side"),
        ("2026-03-02T14:00:00Z", "after"),
    ]


def test_the_outcome_is_the_track_that_was_first_and_may_be_read():
    steps = """\
  - parallel: race
    until: any
    tracks: {slow: [{wait: long, for: 3 days}], fast: [{wait: brief, for: 2 days}]}
  - branch: who
    cases: [{when: outcome.race == "fast", then: [{end: fast}]}]
    otherwise: []
"""
    assert told(steps).outcome == "fast"


def test_an_end_in_a_track_ends_the_run_and_takes_back_the_other():
    story = told(
        both("", "{short: [{task: ask}], long: [{wait: pause, for: 3 days}, {end: enough}]}").removesuffix(AFTER)
    )

    assert story.outcome == "enough"
    assert lines(story, "withdrawn") == [("2026-03-05T14:00:00Z", "side_by_side/short/ask")]


def test_what_one_track_has_heard_the_other_does_not_read():
    tracks = """{
      one: [{wait: first, on: ticket, where: event.severity == 1, at_most: 9 days, otherwise: [{end: none}]},
            {wait: more, for: 3 days}, {slack: tell_one, to: csm, text: "{{ event.severity }}"}],
      two: [{wait: second, on: ticket, where: event.severity == 2, at_most: 9 days, otherwise: [{end: none}]},
            {slack: tell_two, to: csm, text: "{{ event.severity }}"}]}"""
    heard = [
        {"after": "1 day", "event": "ticket", "data": {"severity": 1}},
        {"after": "2 days", "event": "ticket", "data": {"severity": 2}},
    ]
    from tests.support.playbooks import compiled
    from tests.support.playbooks import story as story_of
    from tests.support.unkind_hosts import Watched

    world = Watched(compiled(source(both("", tracks))), story_of(then=heard))
    world.tell()

    assert [body for _, body in world.seen.bodies] == ["2", "1"]


def test_at_most_gives_up_all_tracks():
    story = told(both(", at_most: 3 days, otherwise: []"))

    assert lines(story, "withdrawn", "timed_out", "updated") == [
        ("2026-03-05T14:00:00Z", "side_by_side/short/short_task"),
        ("2026-03-05T14:00:00Z", "side_by_side"),
        ("2026-03-05T14:00:00Z", "after"),
    ]


def test_tracks_within_tracks_and_rhythms_keep_their_own_places():
    steps = """\
  - every: rhythm
    schedule: week
    times: 2
    do:
      - parallel: two
        tracks:
          a: [{parallel: inner, tracks: {x: [{slack: sx, to: csm, text: x}], y: [{slack: sy, to: csm, text: y}]}}]
          b: [{slack: sb, to: csm, text: b}]
"""
    assert sorted(path for _, path in lines(told(steps), "posted")) == [
        "rhythm#1/two/a/inner/x/sx",
        "rhythm#1/two/a/inner/y/sy",
        "rhythm#1/two/b/sb",
        "rhythm#2/two/a/inner/x/sx",
        "rhythm#2/two/a/inner/y/sy",
        "rhythm#2/two/b/sb",
    ]


@pytest.mark.parametrize(
    ("tracks", "said"),
    [
        ("{one: [{wait: w, for: 1 day}]}", "a parallel needs two tracks at least"),
        ("{one: [{wait: w, for: 1 day}], two: []}", "the track 'two' has no steps"),
        ("{one: [{wait: w, for: 1 day}], Two: [{wait: v, for: 1 day}]}", "'Two' is not a name for a track"),
        ("{one: [{wait: w, for: 1 day}], otherwise: [{wait: v, for: 1 day}]}", "'otherwise' is not a name for a track"),
        ("{one: [{wait: w, for: 1 day}], two: [{wait: w, for: 1 day}]}", "the id 'w' is taken"),
    ],
)
def test_what_is_wrong_with_it_is_told(tracks, said):
    found = problems(source(both("", tracks)))

    assert said in str(found)
    assert len(list(found)) == 1


def test_a_step_behind_tracks_of_which_one_always_ends_is_never_reached():
    found = problems(source(both("", "{one: [{end: over}], two: [{wait: w, for: 1 day}]}")))

    assert "this step can never be reached" in str(found)
