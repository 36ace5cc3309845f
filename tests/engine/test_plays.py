"""`play`: a playbook that starts another."""

import pytest

from engine.account import Account
from engine.desk import Desk
from engine.facts import read_fact
from engine.held import Wide
from engine.run import Operated
from engine.simulate import simulate
from engine.trigger import Rules
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, lines, problems, setting, source, story, told
from tests.support.unkind_hosts import after

START = read_instant(MONDAY_MORNING)
BY_HAND = "start: by hand\n"
PLAY = "  - {play: hand_over, playbook: other}\n  - {wait: pause, for: 2 days}"
AND_WAIT = "  - {play: hand_over, playbook: other, wait: true, at_most: 20 days, otherwise: [{end: too_long}]}"
HOW = """
  - branch: how
    cases: [{when: outcome.hand_over == "saved", then: [{end: good}]}]
    otherwise: [{end: bad}]
"""


class Closed(Wide):
    def paused(self, playbook, /):
        return playbook == "other"


def desk_with(parent: str, child: str, head: str = "", start: str = BY_HAND, stage: str = "any"):
    one = compiled(source(parent, start=BY_HAND))
    other = compiled(source(child, head, start, stage).replace("playbook: example\n", "playbook: other\n"))
    desk = Desk(
        setting(),
        Rules.of([one, other]),
        Account("a1"),
        {one.hash: one, other.hash: other}.__getitem__,
        lambda _, playbook: f"{playbook}/{desk.entries[playbook].count if playbook in desk.entries else 0}",
    )
    raw = {"id": "f1", "account": "a1", "at": START, "fields": {"stage": "adoption", "name": "Acme"}}
    desk.take(read_fact(raw, setting().vocabulary, START), now=START)
    return desk


def entries(desk, *events: str) -> list[tuple[str, str, str]]:
    found = [(name, one.path, one.event) for _, name, one in desk.changes.trace]
    return [one for one in found if one[2] in events] if events else found


def told_to(desk, days: int) -> None:
    """Lets the parent be fed all that has come for it and every run its timers."""
    for run in sorted(desk.runs):
        desk.advance(run, desk.changes.latched.pop(run, []), after(START, days))


def test_the_other_playbook_starts_and_the_run_goes_on_at_once():
    desk = desk_with(PLAY, "  - {wait: long, for: 9 days}")

    desk.start("example", START)

    assert desk.changes.started == ["example/0", "other/0"]
    assert entries(desk, "started", "completed", "waiting") == [
        ("example", "start", "started"),
        ("other", "start", "started"),
        ("other", "long", "waiting"),
        ("example", "hand_over", "completed"),
        ("example", "pause", "waiting"),
    ]


def test_its_condition_does_not_apply():
    desk = desk_with(PLAY, "  - {wait: long, for: 9 days}", start="start: {when: account.arr > 5}\n")

    desk.start("example", START)

    assert desk.entries["other"].live == "other/0"


@pytest.mark.parametrize("waits", [True, False])
def test_stage_and_tiers_apply_and_one_that_is_barred_is_skipped(waits):
    steps = (AND_WAIT + HOW) if waits else PLAY
    desk = desk_with(steps, "  - {end: done}", stage="renewal")

    desk.start("example", START)

    skipped = [one for _, _, one in desk.changes.trace if one.event == "skipped"]
    assert [(one.path, one.fields["reason"]) for one in skipped] == [("hand_over", "stage")]
    assert desk.runs["example/0"].outcomes["hand_over"] == "not_started"


def test_a_live_run_is_joined_and_not_doubled():
    desk = desk_with(PLAY, "  - {wait: long, for: 9 days}")
    desk.start("other", START)

    desk.start("example", START)

    assert desk.changes.started == ["other/0", "example/0"]
    assert [one.fields.get("joined") for _, _, one in desk.changes.trace if one.event == "completed"] == [True]


def test_a_play_that_waits_takes_the_others_outcome():
    desk = desk_with(AND_WAIT + HOW, "  - {wait: long, for: 9 days}\n  - {end: saved}")
    desk.start("example", START)

    told_to(desk, 1)
    assert desk.runs["example/0"].outcome is None
    desk.advance("other/0", [], after(START, 10))
    desk.advance("example/0", desk.changes.latched.pop("example/0"), after(START, 10))

    assert desk.runs["example/0"].outcome == "good"


def test_an_other_that_ends_at_once_is_waited_for_no_longer():
    desk = desk_with(AND_WAIT + HOW, "  - {end: saved}")

    desk.start("example", START)

    assert desk.runs["example/0"].outcome == "good"


def test_a_play_that_takes_too_long_is_given_up_and_the_other_goes_on():
    desk = desk_with(AND_WAIT, "  - {wait: long, for: 90 days}")
    desk.start("example", START)

    desk.advance("example/0", [], after(START, 30))

    assert desk.runs["example/0"].outcome == "too_long"
    assert desk.entries["other"].live == "other/0"


def test_the_end_of_the_parent_does_not_end_the_other():
    desk = desk_with("  - {play: hand_over, playbook: other}", "  - {wait: long, for: 9 days}")

    desk.start("example", START)

    assert (desk.runs["example/0"].outcome, desk.runs["other/0"].outcome) == ("completed", None)


def test_a_paused_other_is_held_and_the_step_skipped():
    desk = desk_with(PLAY, "  - {end: done}")
    desk.gate = Closed()

    desk.start("example", START)

    assert desk.changes.held["other"].reason == "paused"
    assert [one.fields["reason"] for _, _, one in desk.changes.trace if one.event == "skipped"] == ["paused"]


def test_playbooks_that_play_one_another_join_their_live_runs_and_do_not_go_round():
    desk = desk_with("  - {play: hand_over, playbook: other}", "  - {play: back, playbook: example}")

    desk.start("example", START)

    assert desk.changes.started == ["example/0", "other/0"]


def test_of_playbooks_that_wait_for_one_another_one_rests_in_attention_until_it_is_skipped():
    back = "  - {play: back, playbook: example, wait: true}\n  - {end: saved}"
    desk = desk_with(AND_WAIT.replace(", at_most: 20 days, otherwise: [{end: too_long}]", ""), back)

    desk.start("example", START)

    assert desk.runs["example/0"].open["hand_over"].parked == (
        "it would wait for a run that waits for this one: example -> other -> example"
    )
    assert desk.runs["other/0"].open["back"].parked is None
    skip = Operated(at=after(START, 1), verb="skip", path="hand_over")
    desk.advance("example/0", [skip], after(START, 1))
    told_to(desk, 1)
    assert (desk.runs["example/0"].outcome, desk.runs["other/0"].outcome) == ("completed", "saved")


def test_one_that_is_waited_for_and_parked_for_that_hears_that_the_other_has_ended():
    desk = desk_with(AND_WAIT + HOW, "  - {play: back, playbook: example, wait: true}\n  - {end: saved}")
    desk.start("example", START)

    desk.advance("other/0", [Operated(at=after(START, 1), verb="skip", path="back")], after(START, 1))
    told_to(desk, 1)

    assert desk.runs["example/0"].outcome == "good"


def test_in_a_story_the_other_counts_as_started_and_the_story_says_how_it_ended():
    then = [{"after": "4 days", "ended": "other", "outcome": "saved"}]

    result = told(AND_WAIT + HOW, start=BY_HAND, then=then)

    assert lines(result, "waiting", "completed") == [
        ("2026-03-02T14:00:00Z", "hand_over"),
        ("2026-03-06T14:00:00Z", "hand_over"),
    ]
    assert result.outcome == "good"


def test_a_story_that_does_not_say_how_the_other_ended_lets_the_time_run_out():
    assert told(AND_WAIT, start=BY_HAND).outcome == "too_long"


def test_what_the_story_says_of_other_playbooks_can_be_read():
    start = 'start: {when: last_outcome("other") == "lost" and not running("other")}\n'

    result = told("  - {end: done}", start=start, then=[{"after": "4 days", "ended": "other", "outcome": "lost"}])

    assert lines(result, "started") == [("2026-03-06T14:00:00Z", "start")]


def told_beside(other: str, steps: str, head: str = "", start: str = BY_HAND, **said):
    """A story in a workspace that has another playbook."""
    beside = {"other": compiled(other.replace("playbook: example\n", "playbook: other\n"))}
    return simulate(compiled(source(steps, head, start)), story(**said), setting(), others=beside)


@pytest.mark.parametrize(
    ("head", "stage", "reason"),
    [("", "renewal", "stage"), ("tiers: [starter]\n", "any", "stage"), ("anchor: metrics.nps.at\n", "any", "anchor")],
)
def test_in_a_story_what_the_head_of_the_other_bars_does_not_start(head, stage, reason):
    other = source("  - {wait: long, for: 9 days}", head, BY_HAND, stage)

    result = told_beside(other, AND_WAIT)

    assert [one.fields["reason"] for one in result.trace if one.event == "skipped"] == [reason]


def test_in_a_story_the_other_does_not_start_again_before_its_time():
    twice = "  - every: round\n    schedule: 10 days\n    times: 2\n    do: [{play: one, playbook: other}]"
    then = [{"after": "12 days", "ended": "other", "outcome": "saved"}]

    result = told_beside(source("  - {end: done}", start="start: {by_hand: only, again: never}\n"), twice, then=then)

    assert [one.fields["reason"] for one in result.trace if one.event == "skipped"] == ["again"]


PEOPLE = [{"id": one, "name": one, "role": "end_user", "email": f"{one}@acme.test"} for one in ("e1", "e2")]
EACH = "each: contacts\n"
USERS = 'start: {when: item.role == "end_user"}\n'


@pytest.mark.parametrize(
    ("said", "ended"),
    [({"subject": "e2"}, [("e2", "good"), ("e1", "too_long")]), ({}, [("e1", "good"), ("e2", "good")])],
)
def test_in_a_story_each_item_has_a_run_of_the_other_and_the_story_says_whose_has_ended(said, ended):
    then = [{"after": "4 days", "ended": "other", "outcome": "saved", **said}]
    other = source("  - {wait: long, for: 9 days}", EACH, BY_HAND)

    result = told_beside(other, AND_WAIT + HOW, EACH, USERS, contacts=PEOPLE, then=then)

    assert result.faults == []
    assert not any(one.fields.get("joined") for one in result.trace)
    assert [(one.subject, one.fields["outcome"]) for one in result.trace if one.event == "ended"] == ended


@pytest.mark.parametrize(("each", "said"), [("", "so 'subject' says nothing"), (EACH, "there is no 'e9'")])
def test_whose_run_has_ended_must_be_somebody_the_other_may_have_one_of(each, said):
    then = [{"after": "4 days", "ended": "other", "subject": "e9"}]
    other = source("  - {wait: long, for: 9 days}", each, BY_HAND)

    result = told_beside(other, AND_WAIT + HOW, EACH, USERS, contacts=PEOPLE, then=then)

    assert said in result.faults[0]


def test_a_story_about_a_playbook_that_there_is_not_is_refused():
    with pytest.raises(AssertionError, match="there is no playbook 'othre'"):
        story(then=[{"after": "4 days", "ended": "othre"}])


def test_the_same_story_gives_the_same_play_each_time():
    plan, said = compiled(source(PLAY, start=BY_HAND)), story()

    assert simulate(plan, said, setting()).to_json() == simulate(plan, said, setting()).to_json()


def test_a_playbook_that_is_not_there_is_told_with_the_one_meant():
    assert "Did you mean 'other'" in str(problems(source("  - {play: a, playbook: othr}")))
    assert "cannot play itself" in str(problems(source("  - {play: a, playbook: example}")))
    assert "says nothing" in str(problems(source("  - {play: a, playbook: other, at_most: 1 day, otherwise: []}")))


def test_whether_it_started_can_be_asked():
    asked = "{branch: b, cases: [{when: outcome.a == 'not_started', then: []}], otherwise: []}"

    assert str(problems(source(f"  - {{play: a, playbook: other}}\n  - {asked}"))) == ""
