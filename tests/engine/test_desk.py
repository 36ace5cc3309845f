"""The account's desk: what a late run sees, what a rule waits for, what keeps to itself."""

from dataclasses import replace
from datetime import timedelta

from engine.account import Account
from engine.desk import Desk
from engine.facts import read_fact
from engine.run import Flipped, Operated, TaskActed
from engine.trigger import Rules
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, lines, setting, source, story, told
from tests.support.unkind_hosts import Late, Watched, after

START = read_instant(MONDAY_MORNING)
UNTIL_BETTER = "  - {wait: better, for: metrics.nps.value >= 8, at_most: 20 days, otherwise: [{end: unresolved}]}"


def late(steps, head="", start="start: by hand\n", **said):
    """Nobody advances the run before day 60."""
    world = Late(compiled(source(steps, head, start)), story(**said), after(START, 60), [])
    return world.tell()


def nps(**by_day):
    return [{"after": f"{day.removeprefix('day_')} days", "metrics": {"nps": value}} for day, value in by_day.items()]


def test_a_late_run_decides_on_the_account_as_it_was_at_each_step():
    result = late(
        """
  - {wait: pause, for: 3 days}
  - branch: mood
    cases: [{when: metrics.nps.value >= 8, then: [{end: happy}]}]
    otherwise: [{end: sad}]
""",
        then=nps(day_1=9, day_5=2),
    )

    assert lines(result, "ended") == [("2026-03-05T14:00:00Z", "mood/case/1/happy")]


def test_a_late_run_sees_time_as_it_was_too():
    result = late("""
  - {wait: pause, for: 3 days}
  - branch: soon
    cases: [{when: days_until(account.renewal_date) <= 60, then: [{end: soon}]}]
    otherwise: [{end: later}]
""")

    assert result.outcome == "later"


def test_a_late_run_hears_of_what_came_true_for_a_moment_while_it_should_have_waited():
    result = late("  - {wait: pause, for: 3 days}\n" + UNTIL_BETTER, then=nps(day_1=3, day_5=9, day_6=3))

    assert lines(result, "waited") == [("2026-03-05T14:00:00Z", "pause"), ("2026-03-07T14:00:00Z", "better")]


def test_a_late_run_gives_up_when_it_would_have_given_up():
    result = late("  - {wait: pause, for: 3 days}\n" + UNTIL_BETTER, then=nps(day_1=3, day_40=9))

    assert lines(result, "ended") == [("2026-03-25T13:00:00Z", "better/otherwise/unresolved")]


def test_a_goal_that_came_true_during_an_outage_ends_the_run_then_and_not_before():
    result = late(
        "  - {task: call, assign: csm, then: continue}\n  - {wait: pause, for: 3 days}\n  - {task: ask, assign: csm}",
        head="goal: {when: metrics.nps.value >= 8, outcome: recovered}\n",
        then=nps(day_5=9),
    )

    assert lines(result, "opened", "ended") == [
        ("2026-03-02T14:00:00Z", "call"),
        ("2026-03-05T14:00:00Z", "ask"),
        ("2026-03-07T14:00:00Z", "goal"),
    ]


def test_of_overdue_rungs_that_an_outage_swallowed_only_the_highest_acts():
    result = late("""
  - task: call
    due: 48 hours
    overdue:
      - {after: 1 hour, remind: assignee}
      - {after: 1 day, remind: assignee}
      - {after: 2 days, escalate: cs_manager}
""")

    assert lines(result, "reminded", "escalated") == [("2026-03-06T14:00:00Z", "call/overdue/3")]


def test_a_rung_is_not_overtaken_by_one_that_the_task_never_lived_to_see():
    ladder = "[{after: 1 hour, remind: assignee}, {after: 9 days, remind: assignee}]"
    plan = compiled(source(f"  - {{task: call, due: 48 hours, overdue: {ladder}}}", start="start: by hand\n"))
    done = TaskActed(at=after(START, 4), path="call", visit=1, verb="complete", outcome="done")

    result = Late(plan, story(), after(START, 60), [("account/example/1", done)]).tell()

    assert lines(result, "reminded", "completed") == [
        ("2026-03-04T15:00:00Z", "call/overdue/1"),
        ("2026-03-06T14:00:00Z", "call"),
    ]


def test_under_is_a_bar_that_passes_lets_the_account_in():
    result = told(
        "  - {wait: pause, for: 5 days}",
        head="goal: {when: account.arr >= 50000, outcome: grown}\n",
        start="start: {when: metrics.nps.value <= 5, mode: is, again: never}\n",
        account={"arr": 60000},
        metrics={"nps": 2},
        then=[{"after": "3 days", "account": {"arr": 40000}}],
    )

    assert [(one.event, one.fields.get("reason")) for one in result.trace if one.path == "start"] == [
        ("not_started", "goal"),
        ("started", None),
    ]


def test_an_anchor_that_becomes_known_lets_the_account_in_under_is():
    result = told(
        "  - {wait: pause, for: 5 days}",
        head="anchor: account.asked\n",
        start="start: {when: metrics.nps.value <= 5, mode: is, again: never}\n",
        metrics={"nps": 2},
        then=[{"after": "3 days", "account": {"asked": "2026-03-01T00:00:00Z"}}],
    )

    assert [one.fields.get("reason") for one in result.trace if one.path == "start"] == ["anchor", None]


def broken(plan, other):
    """Rules of which the first is one that our own code makes nothing of."""
    rules = Rules.of([plan, other])
    raising = replace(rules.rules["example"], watched=(Raising(),))
    return replace(rules, rules={**rules.rules, "example": raising})


class Raising:
    def truth(self, _):
        raise RuntimeError


def desk(*plans, rules=None):
    by_hash = {plan.hash: plan for plan in plans}
    return Desk(
        setting=setting(),
        rules=rules or Rules.of(plans),
        account=Account("a1"),
        plans=by_hash.__getitem__,
        new_run=lambda account, playbook: f"{account}/{playbook}",
    )


def fact(number, at, **said):
    found = read_fact({"id": f"f{number}", "account": "a1", "at": at, **said}, setting().vocabulary, at)
    assert not isinstance(found, list), found
    return found


def test_a_rule_that_breaks_is_tried_again_and_neither_stops_the_fact_nor_the_other_rules():
    plan = compiled(source("  - {wait: pause, for: 5 days}", start="start: {when: metrics.nps.value <= 5}\n"))
    other = plan.model_copy(update={"playbook": "other"})
    table = desk(plan, rules=broken(plan, other))

    table.take(fact(1, START, metric="nps", value=3), now=START)

    assert table.decided.known["example"].fault == "RuntimeError"
    assert table.decided.known["example"].next_at == START + timedelta(minutes=5)
    assert table.changes.started == ["a1/other"]


def test_a_rule_applied_to_a_known_account_is_recorded_and_fires_nothing():
    plan = compiled(source("  - {wait: pause, for: 5 days}", start="start: {when: metrics.nps.value <= 5}\n"))
    table = desk(plan, rules=Rules.of([]))
    table.take(fact(1, START, metric="nps", value=3), now=START)

    table.rules, table.unjudged = Rules.of([plan]), frozenset({"example"})
    table.take(fact(2, after(START, 1), metric="nps", value=2), now=after(START, 1))

    assert table.decided.known["example"].truth is True
    assert table.changes.started == []


def test_a_run_by_hand_is_told_apart_from_one_by_rule_and_obeys_stage_and_tiers():
    plan = compiled(source("  - {wait: pause, for: 5 days}", start="start: by hand\n", stage="renewal"))
    table = desk(plan)
    table.take(fact(1, START, fields={"stage": "adoption"}), now=START)

    refused = table.start("example", START, by="ana")
    table.take(fact(2, START, fields={"stage": "renewal"}), now=START)
    started = table.start("example", START, by="ana")

    assert (refused, started) == (None, "a1/example")
    assert [(entry.event, entry.fields.get("by")) for _, _, entry in table.changes.trace[:2]] == [
        ("not_started", None),
        ("started", "ana"),
    ]


def test_what_a_paused_run_has_not_been_fed_stays_latched_and_is_fed_on_resuming():
    world = Watched(compiled(source(UNTIL_BETTER, start="start: by hand\n")), story(metrics={"nps": 3}))
    world.happen(world.story.moments[:1], START)
    table, run = world.desk, "account/example/1"
    rise = Flipped(at=after(START, 1), path="better", visit=1, name="for")

    table.advance(run, [Operated(at=after(START, 1), verb="pause"), rise], after(START, 1))
    held = table.changes.left[run]
    table.advance(run, [*held, Operated(at=after(START, 2), verb="resume")], after(START, 2))

    assert held == (rise,)
    assert table.runs[run].outcome == "completed"
    assert table.changes.left[run] == ()


def test_what_a_late_run_said_itself_counts_for_its_goal_though_a_newer_fact_has_overtaken_it():
    result = late(
        "  - {wait: pause, for: 1 hour}\n  - {update: grow, set: {arr: '60000'}}\n  - {wait: more, for: 30 days}",
        head="goal: {when: account.arr > at_start(account.arr), outcome: grown}\n",
        then=[{"after": "2 hours", "account": {"arr": 10000}}],
    )

    assert lines(result, "ended") == [("2026-03-02T15:00:00Z", "goal")]


def test_what_was_due_before_a_fact_is_decided_before_it_at_its_own_instant():
    plan = compiled(
        source("  - {wait: pause, for: 5 days}", start="start: {when: days_until(account.renewal_date) <= 60}\n")
    )
    table = desk(plan)
    table.take(fact(1, START, fields={"renewal_date": "2026-06-01", "time_zone": "UTC"}), now=START)

    # The rule came true on 2 April; on 1 May the date moves far away.
    table.take(fact(2, after(START, 60), fields={"renewal_date": "2027-06-01"}), now=after(START, 60))

    assert [(entry.event, entry.at.isoformat()) for _, _, entry in table.changes.trace[:1]] == [
        ("started", "2026-04-02T00:00:00+00:00")
    ]


def test_what_is_due_at_the_instant_of_a_fact_is_decided_with_it():
    plan = compiled(
        source("  - {wait: pause, for: 5 days}", start="start: {when: days_until(account.renewal_date) <= 60}\n")
    )
    table = desk(plan)
    due = read_instant("2026-04-02T00:00:00Z")
    table.take(fact(1, START, fields={"renewal_date": "2026-06-01", "time_zone": "UTC"}), now=START)

    table.take(fact(2, due, metric="nps", value=3), now=due)

    assert table.changes.started == ["a1/example"]


def counting(number):
    """Starts at one size of the account and makes it the next."""
    text = source(
        f"  - {{update: grow, set: {{arr: '{number + 1}'}}}}", start=f"start: {{when: account.arr == {number}}}\n"
    )
    return compiled(text).model_copy(update={"playbook": f"p{number:02}"})


def test_playbooks_that_start_one_another_are_held_after_ten_causes():
    table = desk(*(counting(number) for number in range(15)))

    table.take(fact(1, START, fields={"arr": 0}), now=START)

    barred = [entry.fields["reason"] for _, _, entry in table.changes.trace if entry.event == "not_started"]
    assert barred == ["depth"]
    assert len(table.changes.started) == 10


def test_every_rule_is_judged_on_a_fact_before_what_follows_from_it():
    # The first playbook undoes at once what both were started by.
    undone = compiled(source("  - {update: undo, set: {arr: '1'}}", start="start: {when: account.arr == 0}\n"))
    other = compiled(source("  - {wait: pause, for: 1 day}", start="start: {when: account.arr == 0}\n"))
    table = desk(undone.model_copy(update={"playbook": "a"}), other.model_copy(update={"playbook": "b"}))

    table.take(fact(1, START, fields={"arr": 0}), now=START)

    assert table.changes.started == ["a1/a", "a1/b"]


def test_what_a_late_run_says_turns_a_goal_then_also_where_a_newer_fact_has_turned_it_since():
    steps = "  - {task: ask, assign: csm}\n  - {update: grown, set: {arr: 60000}}\n  - {wait: rest, for: 5 days}"
    plan = compiled(source(steps, "goal: {when: account.arr > 50000, outcome: grown}\n", "start: by hand\n"))
    table = desk(plan)
    table.take(fact(1, START, fields={"stage": "adoption", "arr": 40000}), now=START)
    run = table.start("example", START)
    later = after(START, 1)
    table.take(fact(2, later, fields={"arr": 90000}), now=later)
    flips = table.changes.latched.pop(run)

    done = TaskActed(at=START, path="ask", visit=1, verb="complete", by="ana", outcome="done")
    table.advance(run, [done, *flips], later)

    assert (table.runs[run].outcome, table.runs[run].ended) == ("grown", START)


ALWAYS = {
    "no-condition": "start: {again: always}\n",
    "not-known": "start: {when: not known(account.arr)}\n",
    "no-logins": "start: {when: metrics.logins.value == 0}\n",
    "clock": 'start: {when: hours_since("2020-01-01T00:00:00Z") > 3}\n',
}
IDLE = {"red": "start: {when: metrics.nps.value <= 5}\n", "rich": "start: {when: account.arr > 5}\n"}


def test_a_new_account_is_judged_by_what_may_hold_of_it_and_by_nothing_else():
    plans = [
        compiled(source("  - {wait: rest, for: 5 days}", start=start)).model_copy(update={"playbook": name})
        for name, start in (ALWAYS | IDLE).items()
    ]
    nothing_known = desk(rules=Rules.of([])).scope(START)
    table = desk(*plans, rules=Rules.of(plans).looked_at(nothing_known))

    table.take(fact(1, START, fields={"stage": "adoption"}), now=START)

    assert table.rules.blank == {"no-condition", "not-known", "clock"}
    assert table.changes.started == [f"a1/{name}" for name in sorted(ALWAYS)]
    assert {one.playbook for one in table.rules.at_first({"account.arr"})} == {*table.rules.blank, "rich"}


def test_a_text_that_speaks_of_an_event_says_that_none_has_begun_a_run_by_hand():
    steps = '  - {task: go, assign: csm, title: "Call about {{ event.score }}"}'
    table = desk(compiled(source(steps, start="start: {on: survey, by_hand: true}\n")))
    table.take(fact(1, START, fields={"stage": "adoption"}), now=START)

    run = table.start("example", START, by="ann")

    assert table.runs[run].open["go"].parked == "the text needs event.score, and no event has begun this run"
