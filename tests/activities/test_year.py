"""A year in which no fact comes: every playbook that a date drives starts on its day, and nobody else is woken."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays

from activities import facts
from activities.store import accounts, runs
from tests.support.hosts import NOW, HandClock, acme, host_on, playbook, tell

END = "- end: done"
YEAR = NOW + timedelta(days=365)
HOLIDAYS = country_holidays("DE", years=(2026, 2027))
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago", "UTC")
PLAYBOOKS = {
    "renewal-30": "days_until(account.renewal_date) <= 30",
    "two-hundred": "days_since(account.start_date) >= 200",
    "five-days": "business_days_until(account.renewal_date) <= 5",
    "asked": "hours_until(account.asked) <= 48",
}


def began(zone: str, day: date) -> datetime:
    """The first instant of a local date, found by walking through it: some have no midnight."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    while at.astimezone(ZoneInfo(zone)).date() < day:
        at += timedelta(minutes=15)
    return at


def five_days_before(day: date) -> date:
    """The first day from which no more than five working days of Germany lead to it."""

    def working(on: date) -> bool:
        return on.weekday() < 5 and on not in HOLIDAYS

    days = (day - timedelta(days=number) for number in range(20, 0, -1))
    return next(on for on in days if sum(working(on + timedelta(step + 1)) for step in range((day - on).days)) <= 5)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def host(sqlite, clock):
    plans = [playbook(END, name, start=f"start: {{when: '{when}'}}\n") for name, when in PLAYBOOKS.items()]
    return host_on(sqlite, *plans, real=clock)


def expected(number: int, zone: str, dice: Random) -> tuple[dict[str, str], dict[str, datetime]]:
    """An account's dates, none of which has come yet, and when each playbook is to start."""
    today = NOW.astimezone(ZoneInfo(zone)).date()
    renewal = today + timedelta(days=40 + 8 * number)
    start = today - timedelta(days=dice.randrange(0, 199))
    asked = NOW + timedelta(days=dice.randrange(3, 360), seconds=dice.randrange(86_400))
    fields = {
        "country": "DE",
        "time_zone": zone,
        "start_date": start.isoformat(),
        "renewal_date": renewal.isoformat(),
        "asked": asked.isoformat(),
    }
    return fields, {
        "renewal-30": began(zone, renewal - timedelta(days=30)),
        "two-hundred": began(zone, start + timedelta(days=200)),
        "five-days": began(zone, five_days_before(renewal)),
        "asked": asked - timedelta(hours=48),
    }


def step_through(host, clock) -> tuple[int, int]:
    """From due to due, as the relay does; how many steps there were, and how many accounts were looked at."""
    looked: list[int] = []
    while (due := host.database.read(accounts.next_due)) is not None and due <= YEAR:
        clock.at = max(clock.at, due)
        looked.append(facts.wake_due(host))
        assert looked[-1] > 0
    return len(looked), sum(looked)


def starts(host) -> dict[tuple[str, str], datetime]:
    rows = host.database.read(lambda connection: runs.listed(connection, limit=10_000))
    return {(row.account, row.playbook): row.started for row in rows}


def test_every_start_that_a_date_drives_comes_on_its_day_and_only_those_are_woken(host, clock):
    dice, wanted = Random(7), {}
    for number in range(36):
        zone, name = ZONES[number % len(ZONES)], f"a{number:02}"
        fields, due = expected(number, zone, dice)
        acme(host, name, **fields)
        wanted |= {(name, playbook): at for playbook, at in due.items()}

    _, looked = step_through(host, clock)

    assert starts(host) == {key: at for key, at in wanted.items() if at <= YEAR}
    assert len(wanted) * 0.9 < looked <= 2 * len(wanted)


def test_nobody_is_woken_who_has_nothing_to_come(host, clock):
    acme(host, "past", renewal_date="2026-03-10", start_date="2020-01-01")

    steps, _ = step_through(host, clock)

    assert steps <= 1


def test_a_midnight_that_the_clocks_leave_out_is_the_first_instant_of_its_day(host, clock):
    # In Santiago 6 September 2026 begins at one o'clock.
    acme(host, "chile", time_zone="America/Santiago", renewal_date="2026-10-06")

    step_through(host, clock)

    assert starts(host)["chile", "renewal-30"] == datetime(2026, 9, 6, 4, tzinfo=UTC)


def test_after_an_outage_everything_starts_at_the_instant_at_which_it_was_due(host, clock):
    acme(host, "one", time_zone="Europe/Berlin", renewal_date="2026-04-18", asked="2026-03-20T12:30:00Z")

    clock.at = NOW + timedelta(days=40)
    assert facts.wake_due(host) == 1

    told = starts(host)
    assert told["one", "renewal-30"] == datetime(2026, 3, 18, 23, tzinfo=UTC)
    assert told["one", "asked"] == datetime(2026, 3, 18, 12, 30, tzinfo=UTC)


def test_a_start_that_was_due_during_an_outage_is_not_undone_by_a_fact_that_comes_after(host, clock):
    acme(host, "one", time_zone="UTC", renewal_date="2026-04-18")

    clock.at = NOW + timedelta(days=40)
    tell(host, "one", fields={"renewal_date": "2027-04-18"})

    assert starts(host)["one", "renewal-30"] == datetime(2026, 3, 19, tzinfo=UTC)


def test_a_window_that_runs_empty_wakes_its_account_once(sqlite, clock):
    left = "start: {when: metrics.sev2_tickets.value >= 1, mode: leaves}\n"
    host = host_on(sqlite, playbook(END, "calm", start=left), real=clock)
    for name in ("a1", "a2", "a3"):
        acme(host, name, time_zone="UTC")
    tell(host, "a2", event="ticket", data={"severity": 2})

    steps, looked = step_through(host, clock)

    # The ticket leaves the window of seven days an instant after its end.
    assert starts(host) == {("a2", "calm"): NOW + timedelta(days=7, microseconds=1)}
    assert (steps, looked) <= (2, 2)


def test_what_must_last_is_woken_when_it_has(sqlite, clock):
    low = "start: {when: metrics.nps.value <= 5, for: 3 days}\n"
    host = host_on(sqlite, playbook(END, "low", start=low), real=clock)
    for name in ("a1", "a2"):
        acme(host, name, time_zone="UTC")
    tell(host, "a1", metric="nps", value=3)

    steps, looked = step_through(host, clock)

    assert starts(host) == {("a1", "low"): NOW + timedelta(days=3)}
    assert (steps, looked) == (1, 1)
