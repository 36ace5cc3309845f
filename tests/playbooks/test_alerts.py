"""A1 to A5 on the shipped alerts: what real events and readings do at every boundary, and what people are told."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from engine.account import picture
from engine.compile import compile_with_notes
from engine.plan import Plan
from engine.setting import Setting
from engine.workspace import Workspace, load
from tests.support.told import DAY, TICK, Told

FOLDER = Path(__file__).parents[2] / "playbooks"
ALERTS = tuple(sorted(path.stem for path in (FOLDER / "alerts").glob("*.yaml") if ".test" not in path.name))
Z = datetime.fromisoformat
BEGUN = Z("2026-01-05T15:00Z")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@cache
def workspace() -> Workspace:
    return load(FOLDER)


@cache
def plan(name: str) -> Plan:
    found = workspace()
    setting = Setting(found.vocabulary, found.policy, found.people, found.templates, ALERTS)
    document = next(one for one in found.playbooks if Path(one.file).stem == name)
    compiled = compile_with_notes(document, setting)[0]
    assert compiled
    return compiled


def acme() -> Told:
    found = workspace()
    account = Told(found.vocabulary, found.policy)
    said = {"tier": "growth", "stage": "adoption", "country": "US", "time_zone": "America/New_York"}
    return account.tell(BEGUN, fields={**said, "start_date": "2025-06-01"})


def fires(name: str, account: Told, now: datetime) -> bool | None:
    """None when it cannot be told."""
    when = plan(name).start.when
    assert when
    return when.truth(picture(account.account, account.known, account.policy, now).scope)


def logins(account: Told, since: datetime, times: int) -> None:
    for i in range(times):
        account.tell(since + i * MINUTE, event="login", data={"user": f"u{i % 7}"})


class TestA1:
    @pytest.mark.parametrize(("before", "after", "truth"), [(10, 7, True), (1000, 701, False), (1000, 700, True)])
    def test_a_fall_of_exactly_30_percent_fires_and_of_29_9_does_not(self, before, after, truth):
        account = acme()
        logins(account, BEGUN + DAY, before)
        logins(account, BEGUN + 16 * DAY, after)

        assert fires("logins-drop", account, BEGUN + 28 * DAY) is truth

    def test_it_is_unknown_until_there_were_twice_fourteen_days(self):
        account = acme()
        logins(account, BEGUN, 10)

        assert fires("logins-drop", account, BEGUN + 28 * DAY - TICK) is None
        assert fires("logins-drop", account, BEGUN + 28 * DAY) is True

    def test_an_account_without_any_login_has_nothing_to_fall_from(self):
        assert fires("logins-drop", acme(), BEGUN + 90 * DAY) is None


class TestA2:
    @pytest.mark.parametrize(
        ("before", "after", "truth"),
        [(8, 5, True), (10, 0, True), (8, 6, False), (7, 5, False), ("8", "5.1", False), ("7.9", "5", False)],
    )
    def test_from_8_to_5_fires_and_a_little_less_does_not(self, before, after, truth):
        account = acme()
        for day, value in enumerate((before, after)):
            account.tell(BEGUN + day * DAY, metric="nps", value=Decimal(value))

        assert fires("nps-fall", account, BEGUN + 2 * DAY) is truth

    def test_a_rating_that_arrives_late_stands_before_the_newer_one(self):
        account = acme().tell(BEGUN + 3 * DAY, metric="nps", value=5)
        assert fires("nps-fall", account, BEGUN + 4 * DAY) is None

        account.tell(BEGUN + DAY, metric="nps", value=9)

        assert fires("nps-fall", account, BEGUN + 4 * DAY) is True


class TestA3:
    @pytest.mark.parametrize(("late", "truth"), [(timedelta(), True), (TICK, False), (SECOND, False)])
    def test_the_second_counts_with_the_first_to_the_end_of_the_30_days(self, late, truth):
        account, second = acme(), Z("2026-02-09T15:00Z") + late
        account.tell(Z("2026-01-10T15:00Z"), event="meeting", data={"outcome": "cancelled"})
        account.tell(second, event="meeting", data={"outcome": "no_show"})

        assert fires("missed-meetings", account, second) is truth

    def test_one_is_usual_and_what_was_held_does_not_count(self):
        account = acme().tell(BEGUN, event="meeting", data={"outcome": "no_show"})
        account.tell(BEGUN + DAY, event="meeting", data={"outcome": "held"})

        assert fires("missed-meetings", account, BEGUN + DAY) is False


class TestA4:
    @pytest.mark.parametrize(("late", "truth"), [(timedelta(), True), (TICK, False), (SECOND, False)])
    @pytest.mark.parametrize(
        ("first", "seven_days_later"),
        [
            ("2026-02-02T15:00Z", "2026-02-09T15:00Z"),
            ("2026-03-04T15:00Z", "2026-03-11T14:00Z"),  # 10:00 in New York, before and after the clocks change
            ("2026-10-28T14:00Z", "2026-11-04T15:00Z"),
        ],
    )
    def test_a_third_counts_to_the_end_of_the_7_days_and_not_a_moment_longer(
        self, first, seven_days_later, late, truth
    ):
        account, third = acme(), Z(seven_days_later) + late
        for at in (Z(first), Z(first) + DAY, third):
            account.tell(at, event="ticket", data={"severity": 2})

        assert fires("severe-week", account, third) is truth

    def test_two_of_severity_2_and_one_of_severity_1_are_two(self):
        account = acme()
        for severity in (2, 1, 2):
            account.tell(BEGUN, event="ticket", data={"severity": severity})

        assert fires("severe-week", account, BEGUN) is False


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"score": 3, "comment": "Too slow"}, "They gave 3 of 10, where 9 is usual; NPS of the account: 20. In their words: “Too slow”. It"),
        ({"score": 3}, "They gave 3 of 10, where 9 is usual; NPS of the account: 20. It"),
        ({}, "Rung by hand, without an answer of theirs; NPS of the account: 20. It"),
    ],
)
def test_what_is_told_of_a_detractor_is_what_they_have_said(event, said):
    names = {"event": event, "metrics": {"nps": {"value": 20}}}

    text = workspace().templates.render_text(plan("detractor").steps["call"].spec.instructions, names)

    assert text.startswith(said)


class TestA5:
    @pytest.mark.parametrize("name", ALERTS)
    def test_an_alert_states_its_baseline_its_window_and_what_clears_it(self, name):
        head = (FOLDER / "alerts" / f"{name}.yaml").read_text().split("\nplaybook:")[0]

        assert "Baseline: " in head
        assert "indow: " in head
        assert "Clears: " in head

    @pytest.mark.parametrize("name", ALERTS)
    def test_so_does_the_text_that_people_read(self, name):
        text = " ".join((FOLDER / "alerts" / f"{name}.yaml").read_text().split("\nsteps:")[1].split())

        assert re.search(r"{{ metrics\.\w+\.value [|}]", text)
        assert re.search(r"[Uu]sual|\.previous }}", text)
        assert re.search(r"(clears|closes) by itself", text)

    @pytest.mark.parametrize("name", ALERTS)
    def test_it_may_come_again(self, name):
        assert plan(name).start.again.mode != "never"
