"""When an account enters, when it does not, and why."""

from dataclasses import replace
from decimal import Decimal

from engine.policy import Holdout
from engine.simulate import simulate
from tests.support.playbooks import compiled, lines, setting, source, story, told

RED = "start: {when: metrics.nps.value <= 5, again: AGAIN, mode: MODE}\n"
WORK = "  - {wait: pause, for: 5 days}"


def red(again: str = "never", mode: str = "becomes") -> str:
    return RED.replace("AGAIN", again).replace("MODE", mode)


def falls(*days: int) -> list[dict[str, object]]:
    """NPS is bad on each of these days and good on the day behind it."""
    return [
        item
        for day in days
        for item in (
            {"after": f"{day} days", "metrics": {"nps": 2}},
            {"after": f"{day + 1} days", "metrics": {"nps": 9}},
        )
    ]


def test_the_first_facts_of_a_new_account_count_as_a_rise():
    assert lines(told(WORK, start=red(), metrics={"nps": 3}), "started") == [("2026-03-02T14:00:00Z", "start")]


def test_unknown_neither_fires_nor_resets():
    then = [{"after": "1 day", "metrics": {"nps": None}}, {"after": "2 days", "metrics": {"nps": 3}}]

    assert len(lines(told(WORK, start=red("always"), metrics={"nps": 3}, then=then), "started", "not_started")) == 1


def test_a_rise_while_a_run_is_live_is_used_up_and_says_so():
    story = told(WORK, start=red("always"), then=falls(1, 3))

    assert [(entry.event, entry.fields.get("reason")) for entry in story.trace if entry.path == "start"] == [
        ("started", None),
        ("not_started", "live"),
    ]


def test_never_means_once():
    story = told(WORK, start=red("never"), then=falls(1, 10))

    assert [entry.fields.get("reason") for entry in story.trace if entry.path == "start"] == [None, "again"]


def test_after_counts_from_the_end_of_the_last_run_inclusive():
    # The run of day 1 ends on day 6; 10 days later is day 16.
    assert len(lines(told(WORK, start=red("after 10 days"), then=falls(1, 15)), "started")) == 1
    assert len(lines(told(WORK, start=red("after 10 days"), then=falls(1, 16)), "started")) == 2


def test_at_most_counts_all_entries():
    story = told(WORK, start=red('"after 1 day, at most 2 times"'), then=falls(1, 10, 20))

    assert len(lines(story, "started")) == 2


def test_is_starts_again_when_the_bar_has_passed_though_nothing_rose():
    story = told(WORK, start=red("after 10 days", "is"), metrics={"nps": 2}, until="2026-04-10T00:00:00Z")

    # Each run takes 5 days; the next starts 10 days after its end.
    assert [at[:10] for at, _ in lines(story, "started")] == ["2026-03-02", "2026-03-17", "2026-04-01"]


def test_leaves_fires_when_the_condition_turns_false():
    story = told(
        WORK, start=red("always", "leaves"), metrics={"nps": 2}, then=[{"after": "2 days", "metrics": {"nps": 9}}]
    )

    assert lines(story, "started") == [("2026-03-04T14:00:00Z", "start")]


def test_stage_and_tiers_are_part_of_the_start_only():
    story = told(
        WORK,
        start=red(),
        stage="renewal",
        metrics={"nps": 2},
        then=[
            {"after": "1 day", "account": {"stage": "renewal"}},
            {"after": "2 days", "account": {"stage": "adoption"}},
        ],
    )

    assert lines(story, "started", "ended") == [("2026-03-03T14:00:00Z", "start"), ("2026-03-08T13:00:00Z", "end")]


def test_time_alone_can_start_a_run_at_the_accounts_own_midnight():
    story = told(WORK, start="start: {when: days_until(account.renewal_date) <= 60}\n")

    assert lines(story, "started") == [("2026-04-02T04:00:00Z", "start")]


def test_a_window_that_slides_can_end_a_wait():
    story = told(
        "  - {wait: calm, for: metrics.sev2_tickets.value == 0, at_most: 30 days, otherwise: []}",
        then=[{"after": "0 hours", "event": "ticket", "data": {"severity": 2}}],
        start="start: {when: metrics.sev2_tickets.value >= 1}\n",
    )

    assert lines(story, "waited") == [("2026-03-09T13:00:00.000001Z", "calm")]


def test_a_run_by_hand_needs_no_condition():
    assert lines(told(WORK, start="start: by hand\n"), "started") == [("2026-03-02T14:00:00Z", "start")]


def test_without_a_condition_whoever_fits_stage_and_tiers_enters():
    then = [{"after": "1 day", "account": {"stage": "renewal"}}]

    assert lines(told(WORK, stage="renewal", then=then), "started") == [("2026-03-03T14:00:00Z", "start")]


def test_a_start_that_may_be_by_hand_too_still_starts_by_its_rule():
    start = "start: {when: metrics.nps.value <= 5, by_hand: true}\n"

    assert len(lines(told(WORK, start=start, metrics={"nps": 3}), "started")) == 1


def test_accounts_that_are_held_out_are_recorded_and_do_not_start():
    policy = replace(setting().policy, holdout=Holdout(Decimal(1), "2026"))
    plan = compiled(source(WORK, start=red()))

    result = simulate(plan, story(metrics={"nps": 3}), replace(setting(), policy=policy))

    assert [(one.event, one.fields["reason"]) for one in result.trace] == [("not_started", "holdout")]


ASKED = "anchor: account.asked\n"
KNOWN = {"after": "1 day", "account": {"asked": "2026-03-01T00:00:00Z"}}


def test_an_account_starts_when_its_anchor_becomes_known_and_the_condition_still_holds():
    result = told(WORK, head=ASKED, start=red(), metrics={"nps": 3}, then=[KNOWN])

    assert [one.fields.get("reason") for one in result.trace if one.path == "start"] == ["anchor", None]
    assert lines(result, "started") == [("2026-03-03T14:00:00Z", "start")]


def test_a_rise_that_is_over_before_the_anchor_is_known_starts_nothing():
    then = [{"after": "1 hour", "metrics": {"nps": 9}}, KNOWN]

    assert lines(told(WORK, head=ASKED, start=red(), metrics={"nps": 3}, then=then), "started") == []


def test_an_anchor_bars_once_however_often_the_condition_is_looked_at():
    then = [{"after": f"{hours} hours", "metrics": {"nps": 1}} for hours in (1, 2, 3)]

    result = told(WORK, head=ASKED, start=red(), metrics={"nps": 3}, then=then)

    assert [one.fields["reason"] for one in result.trace] == ["anchor"]


def test_leaving_waits_for_the_anchor_too():
    then = [{"after": "1 hour", "metrics": {"nps": 9}}, KNOWN]

    result = told(WORK, head=ASKED, start=red("never", "leaves"), metrics={"nps": 3}, then=then)

    assert lines(result, "started") == [("2026-03-03T14:00:00Z", "start")]


def test_leaves_fires_only_where_stage_and_tiers_hold():
    result = told(
        WORK,
        start=red("always", "leaves"),
        stage="renewal",
        metrics={"nps": 2},
        then=[{"after": "2 days", "metrics": {"nps": 9}}],
    )

    assert result.trace == []


def test_under_is_the_end_of_a_run_is_no_new_rise():
    result = told(WORK, start=red("never", "is"), metrics={"nps": 2})

    assert [one.event for one in result.trace if one.path == "start"] == ["started"]


def test_under_is_a_bar_that_passes_while_nothing_is_known_starts_nothing():
    start = "start: {when: account.seats > 5, mode: is, again: after 3 days}\n"
    then = [{"after": "1 day", "account": {"seats": None}}, {"after": "20 days", "account": {"seats": 9}}]

    result = told("  - {end: done}", start=start, account={"seats": 9}, then=then, until="2026-03-23T00:00:00Z")

    assert lines(result, "started") == [("2026-03-02T14:00:00Z", "start"), ("2026-03-22T13:00:00Z", "start")]


SIXTY = "days_until(account.renewal_date) <= 60"
AUCKLAND = [{"after": "1 day", "account": {"time_zone": "Pacific/Auckland"}}]


def test_days_are_counted_by_the_zone_that_the_account_has_since():
    start = f"start: {{when: {SIXTY}}}\n"

    result = told(WORK, start=start, then=AUCKLAND, until="2026-04-10T00:00:00Z")

    assert lines(result, "started") == [("2026-04-01T11:00:00Z", "start")]


def test_a_wait_counts_days_by_the_zone_that_the_account_has_since():
    steps = f"  - {{wait: near, for: {SIXTY}, at_most: 90 days, otherwise: []}}"

    result = told(steps, start="start: by hand\n", then=AUCKLAND)

    assert lines(result, "waited") == [("2026-04-01T11:00:00Z", "near")]


def test_another_zone_may_itself_make_it_so():
    then = [{"at": "2026-04-01T12:00:00Z", "account": {"time_zone": "Pacific/Auckland"}}]

    result = told(WORK, start=f"start: {{when: {SIXTY}}}\n", then=then, until="2026-04-10T00:00:00Z")

    assert lines(result, "started") == [("2026-04-01T12:00:00Z", "start")]
