"""`escalate`: who is told, when it goes up, and what stops it."""

from dataclasses import replace
from datetime import date

import pytest

from engine.people import Away, People
from engine.simulate import simulate
from tests.support.playbooks import compiled, lines, setting, source, told
from tests.support.playbooks import story as story_of
from tests.support.unkind_hosts import Watched

BY_HAND = "start: by hand\n"

LADDER = """
  - escalate: fire
    reason: "{{ account.name }} is red"
    ladder: [{to: csm, within: 4 hours}, {to: cs_manager, within: 1 business day}]
    clears: metrics.nps.value >= 8
"""


def test_an_escalation_climbs_until_somebody_acknowledges():
    story = told(LADDER, then=[{"after": "3 days", "acknowledge": "fire", "by": "max"}])

    assert lines(story, "opened", "escalated", "acknowledged", "ended") == [
        ("2026-03-02T14:00:00Z", "fire/ladder/1"),
        ("2026-03-02T18:00:00Z", "fire/ladder/2"),
        ("2026-03-05T14:00:00Z", "fire"),
        ("2026-03-05T14:00:00Z", "end"),
    ]


def test_an_acknowledged_escalation_climbs_no_further():
    story = told(LADDER, then=[{"after": "1 hour", "acknowledge": "fire", "by": "ana"}])

    assert lines(story, "escalated") == []


def test_an_escalation_closes_by_itself_when_it_clears():
    story = told(LADDER, then=[{"after": "1 day", "metrics": {"nps": 10}}])

    assert lines(story, "cleared") == [("2026-03-03T14:00:00Z", "fire")]


def test_each_rungs_time_is_reckoned_on_the_calendar_of_whoever_it_is():
    # Ben works in Berlin, where Tuesday begins at 08:00 UTC; Max goes by the policy.
    story = told(LADDER.replace("within: 4 hours", "within: 1 business day"), team={"csm": "ben"})

    assert lines(story, "escalated") == [("2026-03-03T08:00:00Z", "fire/ladder/2")]


def test_a_rung_whose_person_is_away_goes_to_their_cover():
    known = setting()
    max_away = replace(known.people.by_id["max"], away=(Away(date(2026, 3, 1), date(2026, 3, 5)),), backup="noor")
    people = People(tuple(max_away if one.id == "max" else one for one in known.people.everyone))
    plan = compiled(source(LADDER, start=BY_HAND))

    story = simulate(plan, story_of(), replace(known, people=people))

    rung = next(one for one in story.trace if one.event == "escalated")
    assert (rung.fields["person"], rung.fields["covers"]) == ("noor", "max")
    back = next(one for one in story.trace if one.event == "reassigned")
    assert (back.at.isoformat(), back.path, back.fields) == (
        "2026-03-06T00:00:00+00:00", "fire/ladder/2", {"person": "max"},
    )  # fmt: skip


def handed_on(zone, *then):
    """A rung of Max's begins on Friday evening, and from Monday he is away; Noor, who works in that zone, covers."""
    known = setting()
    own = {"max": {"away": (Away(date(2026, 3, 9), date(2026, 3, 13)),), "backup": "noor"}, "noor": {"time_zone": zone}}
    people = People(tuple(replace(one, **own.get(one.id, {})) for one in known.people.everyone))
    plan = compiled(
        source(LADDER.replace("1 business day}", "1 business day}, {to: csm, within: 1 hour}"), start=BY_HAND)
    )
    return simulate(plan, story_of(start="2026-03-06T14:00:00Z", then=list(then)), replace(known, people=people))


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("America/New_York", "2026-03-09T13:00:00Z"),
        ("Asia/Tokyo", "2026-03-09T09:00:00Z"),  # nine o'clock has passed there: Max's own stays
    ],
)
def test_the_time_of_a_rung_is_that_of_whoever_covers_when_it_has_gone_to_them(zone, ends):
    story = handed_on(zone)

    assert lines(story, "reassigned")[0] == ("2026-03-09T00:00:00Z", "fire/ladder/2")
    assert lines(story, "escalated") == [("2026-03-06T18:00:00Z", "fire/ladder/2"), (ends, "fire/ladder/3")]


def test_the_time_of_a_rung_is_not_begun_anew_for_whoever_takes_it_by_hand():
    story = handed_on("America/New_York", {"after": "60 hours", "claim": "fire", "by": "ben"})

    assert lines(story, "escalated")[1] == ("2026-03-09T08:00:00Z", "fire/ladder/3")


def test_the_channel_of_an_incident_is_told_once():
    world = Watched(compiled(source(LADDER + '    channel: "#fires"', start=BY_HAND)), story_of())

    world.tell()

    assert [to for to, _ in world.seen.bodies].count("#fires") == 1


def test_with_then_continue_the_run_goes_on_beside_an_escalation():
    story = told(LADDER + "    then: continue\n  - {end: on}")

    assert (story.outcome, lines(story, "ended")) == ("on", [("2026-03-02T14:00:00Z", "on")])
    assert lines(story, "escalated") == [("2026-03-02T18:00:00Z", "fire/ladder/2")]


def test_an_escalation_that_nobody_acknowledges_stays_open():
    story = told(LADDER)

    assert story.outcome is None
    assert story.trace[-1].path == "fire/ladder/2"


def test_a_rung_and_those_below_it_are_told_once_each_though_one_person_stands_for_two():
    world = Watched(
        compiled(source(LADDER.replace("to: csm,", "to: cs_manager,"), start=BY_HAND)),
        story_of(),
    )

    world.tell()

    assert world.seen.bodies == [("max", "Acme is red"), ("max", "Acme is red")]


def test_an_escalation_goes_with_the_role_of_its_rung_and_its_time_stays():
    story = told(LADDER, then=[{"after": "1 hour", "team": {"csm": "ben"}}], until="2026-03-03T00:00:00Z")

    assert lines(story, "reassigned", "escalated") == [
        ("2026-03-02T15:00:00Z", "fire/ladder/1"),
        ("2026-03-02T18:00:00Z", "fire/ladder/2"),
    ]


def test_an_escalation_may_be_handed_over_without_stopping():
    story = told(LADDER, then=[{"after": "1 hour", "reassign": "fire", "to": "noor"}], until="2026-03-03T00:00:00Z")

    assert lines(story, "reassigned", "escalated") == [
        ("2026-03-02T15:00:00Z", "fire"),
        ("2026-03-02T18:00:00Z", "fire/ladder/2"),
    ]


def test_whoever_stands_below_a_rung_is_told_that_it_went_up():
    world = Watched(compiled(source(LADDER, start=BY_HAND)), story_of())

    world.tell()

    assert world.seen.bodies == [
        ("ana", "Acme is red"),
        ("max", "Acme is red"),
        ("ana", "Now with cs_manager: Acme is red"),
    ]
