"""`for`: a start, goal or stop that counts only when its condition has been true without a break for that long."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.account import Account
from engine.compile import compile_with_notes
from engine.desk import Desk
from engine.facts import read_fact
from engine.logic import Condition
from engine.policy import Stop
from engine.quantities import Duration
from engine.simulate import simulate
from engine.source import read
from engine.trigger import Rules
from engine.values import read_instant
from tests.support.playbooks import KIM, MONDAY_MORNING, compiled, lines, problems, setting, source, story, told

START = read_instant(MONDAY_MORNING)
PAUSE = "  - {wait: pause, for: 5 days}"
THREE_DAYS = Duration(amount=3, unit="day")
LONG = "  - {wait: long, for: 60 days}"


def low(lasting: str = "24 hours", mode: str = "becomes", again: str = "never") -> str:
    return f"start: {{when: metrics.nps.value <= 5, for: {lasting}, mode: {mode}, again: {again}}}\n"


def nps(**by_hour):
    return [{"after": f"{at.removeprefix('at_')} hours", "metrics": {"nps": value}} for at, value in by_hour.items()]


def started(result) -> list[str]:
    return [at for at, _ in lines(result, "started")]


def test_the_rise_is_the_moment_at_which_it_has_lasted_long_enough():
    assert started(told(PAUSE, start=low(), then=nps(at_2=3))) == ["2026-03-03T16:00:00Z"]


def test_a_break_begins_the_time_anew():
    assert started(told(PAUSE, start=low(), then=nps(at_2=3, at_10=8, at_20=3))) == ["2026-03-04T10:00:00Z"]


def test_a_break_of_an_instant_at_the_end_keeps_it_from_firing():
    assert started(told(PAUSE, start=low(), then=nps(at_2=3, at_26=8))) == []


def test_unknown_does_not_break_it():
    assert started(told(PAUSE, start=low(), then=nps(at_2=3, at_10=None, at_20=4))) == ["2026-03-03T16:00:00Z"]


def test_what_runs_out_while_unknown_fires_when_it_is_next_known_to_be_true():
    assert started(told(PAUSE, start=low(), then=nps(at_2=3, at_10=None, at_50=4))) == ["2026-03-04T16:00:00Z"]
    assert started(told(PAUSE, start=low(), then=nps(at_2=3, at_10=None, at_50=8))) == []


def test_it_fires_once_while_it_stays_true():
    result = told("  - {end: done}", start=low(again="always"), then=nps(at_2=3, at_40=2, at_60=1))

    assert started(result) == ["2026-03-03T16:00:00Z"]


def test_days_are_those_of_the_accounts_calendar():
    # The clocks of New York go forward on 8 March.
    result = told(PAUSE, start=low("7 days"), then=nps(at_2=3))

    assert started(result) == ["2026-03-09T15:00:00Z"]


def test_is_starts_anew_while_it_lasts():
    result = told(PAUSE, start=low(mode="is", again="after 10 days"), metrics={"nps": 3}, until="2026-04-01T00:00:00Z")

    assert [at[:10] for at in started(result)] == ["2026-03-03", "2026-03-18"]


def test_leaves_fires_when_it_has_been_left_for_that_long():
    then = nps(at_2=3, at_10=8, at_20=3, at_30=8)

    assert started(told(PAUSE, start=low(mode="leaves"), then=then)) == ["2026-03-04T20:00:00Z"]


def test_leaves_needs_something_to_leave():
    assert started(told(PAUSE, start=low(mode="leaves"), metrics={"nps": 9})) == []


def test_a_bar_at_the_end_uses_the_rise_up():
    start = "start: {when: metrics.nps.value <= 5, for: 24 hours, again: always}\n"

    result = told(LONG, start=start, then=nps(at_2=3, at_40=8, at_50=3))

    assert [one.fields.get("reason") for one in result.trace if one.path == "start"] == [None, "live"]


def applied_to_one_that_is_low(mode: str, hours: int) -> list[str]:
    """An account is known to be low; then the rule is applied, and so many hours pass."""
    plan = compiled(source(PAUSE, start=low(mode=mode)))
    desk = Desk(setting(), Rules.of([]), Account("a1"), {plan.hash: plan}.__getitem__, lambda *_: "r1")
    raw = {"id": "f1", "account": "a1", "at": START, "metric": "nps", "value": 3}
    desk.take(read_fact(raw, setting().vocabulary, START), now=START)
    desk.rules, desk.unjudged = Rules.of([plan]), frozenset({"example"})
    desk.fill(START)
    desk.tick(START + timedelta(hours=hours))
    return desk.changes.started


def test_what_was_so_when_the_rule_was_applied_is_no_rise_and_under_is_the_time_begins_then():
    assert applied_to_one_that_is_low("becomes", 100) == []
    assert applied_to_one_that_is_low("is", 23) == []
    assert applied_to_one_that_is_low("is", 24) == ["r1"]


def test_a_goal_ends_the_run_when_it_has_lasted():
    head = "goal: {when: metrics.nps.value >= 8, for: 2 days, outcome: recovered}\n"

    result = told(LONG, head=head, start="start: by hand\n", then=nps(at_10=9, at_20=5, at_30=9))

    assert lines(result, "ended") == [("2026-03-05T20:00:00Z", "goal")]


IN_RENEWAL = 'start: {when: account.stage == "renewal"}\n'


def entering(after, head, steps=LONG, **said):
    """An account in adoption that comes to renewal then."""
    then = [{"after": after, "account": {"stage": "renewal"}}, *said.pop("then", [])]
    return told(steps, head=head, start=IN_RENEWAL, account={"stage": "adoption"}, then=then, **said)


@pytest.mark.parametrize("exit_", ["goal", "stop"])
def test_a_goal_or_stop_that_has_lasted_before_the_run_bars_the_start(exit_):
    head = f"{exit_}: {{when: metrics.nps.value >= 8, for: 2 days, outcome: well}}\n"

    lasted = entering("2 days", head, metrics={"nps": 9})

    assert [(one.event, one.fields["reason"]) for one in lasted.trace] == [("not_started", exit_)]


@pytest.mark.parametrize(
    ("when", "since"),
    [
        ("metrics.nps.value >= 8", {"metrics": {"nps": 9}}),
        ('metrics.nps.zone == "green"', {"metrics": {"nps": 9}}),
        ("account.arr >= 50000", {"account": {"arr": 60000}}),
        ('any(c.role == "detractor" for c in contacts)', {"contacts": [KIM | {"role": "detractor"}]}),
        ('team.csm == "noor"', {"team": {"csm": "noor"}}),
    ],
)
def test_the_time_that_a_goal_must_last_is_counted_from_before_the_run(when, since):
    head = f"goal: {{when: {json.dumps(when)}, for: 5 days, outcome: well}}\n"

    result = entering("3 days", head, metrics={"nps": 6}, then=[{"after": "1 day", **since}])

    assert lines(result, "started", "ended") == [("2026-03-05T14:00:00Z", "start"), ("2026-03-08T13:00:00Z", "goal")]


def test_a_watch_whose_condition_has_lasted_rises_as_the_run_begins():
    head = (
        "meanwhile:\n  - {watch: low, when: metrics.nps.value < 5, for: 5 days, do: [{slack: s, to: csm, text: x}]}\n"
    )

    result = entering("20 days", head, metrics={"nps": 3})

    assert lines(result, "occurred") == [("2026-03-22T13:00:00Z", "meanwhile/low")]


def test_a_break_before_the_run_counts_and_what_was_unknown_is_none():
    head = "goal: {when: metrics.nps.value >= 8, for: 5 days, outcome: well}\n"
    broken = [{"after": "8 days", "metrics": {"nps": 5}}, {"after": "9 days", "metrics": {"nps": 9}}]
    silent = [{"after": "8 days", "metrics": {"nps": None}}, {"after": "9 days", "metrics": {"nps": 9}}]

    assert lines(entering("10 days", head, metrics={"nps": 9}, then=broken), "ended")[0][0] == "2026-03-16T13:00:00Z"
    assert lines(entering("10 days", head, metrics={"nps": 9}, then=silent), "started", "ended") == []


def test_a_goal_that_has_not_lasted_long_enough_does_not_bar_the_start():
    head = "stop: {when: metrics.nps.value >= 8, for: 2 days, outcome: well}\n"

    result = told(LONG, head=head, start="start: by hand\n", metrics={"nps": 9})

    assert lines(result, "started", "ended") == [("2026-03-02T14:00:00Z", "start"), ("2026-03-04T14:00:00Z", "stop")]


def test_what_lasts_goes_on_lasting_while_the_steps_go_on():
    head = "goal: {when: metrics.nps.value >= 8, for: 8 days, outcome: recovered}\n"
    steps = "  - {wait: one, for: 3 days}\n  - {wait: two, for: 3 days}\n  - {wait: three, for: 30 days}"

    result = told(steps, head=head, start="start: by hand\n", then=nps(at_10=9))

    assert lines(result, "ended") == [("2026-03-10T23:00:00Z", "goal")]


def test_a_time_that_is_none_is_told():
    assert "'0 hours' is no time at all" in str(problems(source(PAUSE, start=low("0 hours"))))
    assert "goal > for" in str(problems(source(PAUSE, head="goal: {when: true, for: soon, outcome: x}\n")))


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from([3, 9, None])), max_size=12))
def test_it_fires_exactly_when_a_plain_walk_over_the_hours_says_so(steps):
    """Hour by hour: what was last known, since when, and whether it is known now."""
    hours, then, told_at = 0, [], {}
    for gap, value in steps:
        hours += gap
        told_at[hours] = value
    then = [{"after": f"{at} hours", "metrics": {"nps": value}} for at, value in told_at.items()]
    now, since, fires = None, None, None
    for hour in range(hours + 25):
        if hour in told_at:
            now = told_at[hour]
            since = (since if since is not None else hour) if now == 3 else None if now == 9 else since
        if fires is None and now == 3 and since is not None and hour - since >= 24:
            fires = hour

    result = told(PAUSE, start=low(), then=then)

    at = [] if fires is None else [(START + timedelta(hours=fires)).strftime("%Y-%m-%dT%H:%M:%SZ")]
    assert started(result)[:1] == at


def test_a_stop_of_policys_ends_a_run_when_it_has_lasted():
    lost = Stop(Condition(text="status", logic={"==": [{"var": "account.status"}, "churned"]}), "lost", THREE_DAYS)
    told_of = replace(setting(), policy=replace(setting().policy, stop=(lost,)))
    document = read(source(LONG, start="start: {when: metrics.nps.value <= 5}\n"), "example.yaml")
    plan, found = compile_with_notes(document, told_of)
    churned = {"after": "2 days", "account": {"status": "churned"}}

    result = simulate(plan, story(metrics={"nps": 3}, then=[churned]), told_of)

    assert lines(result, "ended") == [("2026-03-07T14:00:00Z", "stop")]
    assert (result.outcome, str(found)) == ("lost", "")
