"""When an account enters, when it does not, and why."""

from tests.support.playbooks import lines, told

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

    assert lines(story, "waited") == [("2026-03-09T14:00:00.000001Z", "calm")]


def test_a_run_by_hand_needs_no_condition():
    assert lines(told(WORK, start="start: by hand\n"), "started") == [("2026-03-02T14:00:00Z", "start")]
