"""Windows, freshness and dwells of days and months: calendar time of the zone that the account has at that time."""

import json
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from engine.policy import Policy
from engine.source import read
from tests.support.told import DAY, TICK, Told, vocabulary

Z = datetime.fromisoformat
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
BEGUN = Z("2026-01-05T12:00Z")
FIELDS = """
fields:
  time_zone: {type: time_zone}
  country: {type: country}
events:
  login: {user: text}
  order: {amount: number}
metrics:
"""


def told(*metrics, policy=None, **fields):
    known = vocabulary(FIELDS + "".join(f"  {line}\n" for line in metrics))
    return Told(known, policy).tell(BEGUN, fields={"name": "Acme", **fields})


def login(account, *instants):
    for at in instants:
        account.tell(Z(at), event="login")
    return account


class TestWindows:
    def test_a_window_of_days_keeps_the_local_time_over_a_clock_change(self):
        account = login(told("logins: {count: login, over: 7 days}", time_zone=NEW_YORK), "2026-03-06T15:00Z")

        assert account.turn("logins", Z("2026-03-07T15:00Z")) == Z("2026-03-13T14:00Z") + TICK
        assert account.see("metrics.logins.value", Z("2026-03-13T14:00Z")) == 1
        assert account.see("metrics.logins.value", Z("2026-03-13T14:00:01Z")) == 0

    def test_as_many_hours_do_not(self):
        account = login(told("logins: {count: login, over: 168 hours}", time_zone=NEW_YORK), "2026-03-06T15:00Z")

        assert account.see("metrics.logins.value", Z("2026-03-13T15:00Z")) == 1
        assert account.see("metrics.logins.value", Z("2026-03-13T15:00:01Z")) == 0

    def test_the_window_before_ends_just_before_and_goes_back_as_far(self):
        account = told("logins: {count: login, over: 7 days}", time_zone=NEW_YORK)
        login(account, "2026-03-01T15:00Z", "2026-03-08T13:59:59Z", "2026-03-08T14:00Z", "2026-03-15T14:00Z")

        now = Z("2026-03-15T14:00Z")

        assert account.see("metrics.logins.value", now) == 2
        assert account.see("metrics.logins.previous", now) == 2
        assert account.see("metrics.logins.previous", now + TICK) == 2
        assert account.see("metrics.logins.value", now + TICK) == 1

    def test_without_a_zone_of_its_own_the_policys_counts(self):
        account = told("logins: {count: login, over: 7 days}", policy=Policy(time_zone=NEW_YORK))
        login(account, "2026-03-06T15:00Z")

        assert account.turn("logins", Z("2026-03-07T15:00Z")) == Z("2026-03-13T14:00Z") + TICK

    def test_a_new_zone_counts_from_when_it_was_told(self):
        account = login(told("logins: {count: login, over: 7 days}", time_zone=BERLIN), "2026-03-06T15:00Z")

        account.tell(Z("2026-03-10T12:00Z"), fields={"time_zone": NEW_YORK})

        assert "metrics.logins.value" in account.changed
        assert account.turn("logins", Z("2026-03-09T12:00Z")) == Z("2026-03-10T12:00Z")
        assert account.turn("logins", Z("2026-03-10T12:00Z")) == Z("2026-03-13T14:00Z") + TICK

    def test_a_zone_that_is_known_ahead_of_a_late_look_does_not_count_yet(self):
        account = login(told("logins: {count: login, over: 7 days}", time_zone=BERLIN), "2026-03-06T15:00Z")

        account.tell(Z("2026-04-10T12:00Z"), fields={"time_zone": NEW_YORK})

        assert account.see("metrics.logins.value", Z("2026-03-13T15:00Z")) == 1

    @pytest.mark.parametrize("at", ["05:10", "05:50", "06:10", "06:50", "07:10"])
    def test_a_reading_does_not_flicker_in_an_hour_that_comes_twice(self, at):
        account = told("logins: {count: login, over: 1 day, target: 1}", time_zone=NEW_YORK)
        login(account, "2026-10-31T05:30Z")

        now = Z(f"2026-11-01T{at}Z")

        assert account.see("metrics.logins.value", now) == (1 if at == "05:10" else 0)
        assert account.see("metrics.logins.zone_since", now) == (
            Z("2026-10-31T05:30Z") if at == "05:10" else Z("2026-11-01T05:30Z") + TICK
        )

    def test_a_month_and_a_year_are_those_of_the_calendar(self):
        account = told("monthly: {count: login, over: 1 month}", "yearly: {sum: order.amount, over: 1 year}")
        login(account, "2026-02-15T10:00Z").tell(Z("2028-02-28T10:00Z"), event="order", data={"amount": 5})

        assert account.see("metrics.monthly.value", Z("2026-03-15T10:00Z")) == 1
        assert account.see("metrics.monthly.value", Z("2026-03-15T10:00Z") + TICK) == 0
        assert account.see("metrics.yearly.value", Z("2029-02-28T10:00Z")) == 5
        assert account.see("metrics.yearly.value", Z("2029-02-28T10:00Z") + TICK) == 0

    def test_a_window_is_whole_when_so_many_days_have_passed_since_the_first_data(self):
        account = Told(vocabulary(FIELDS + "  logins: {count: login, over: 7 days, target: 10}\n"))
        account.tell(Z("2026-03-06T15:00Z"), fields={"time_zone": NEW_YORK})

        assert account.see("metrics.logins.zone", Z("2026-03-13T14:00Z") - TICK) is None
        assert account.see("metrics.logins.zone", Z("2026-03-13T14:00Z")) == "red"
        assert account.see("metrics.logins.previous", Z("2026-03-20T14:00Z") - TICK) is None
        assert account.see("metrics.logins.previous", Z("2026-03-20T14:00Z")) == 0

    def test_what_was_forgotten_is_in_no_window_of_any_zone(self):
        account = told("logins: {count: login, over: 1 day}", time_zone="Pacific/Kiritimati")
        for hour in range(24 * 30):
            account.tell(BEGUN + timedelta(hours=hour), event="login")

        now = BEGUN + timedelta(hours=24 * 30 - 1)
        account.tell(now, fields={"time_zone": "Etc/GMT+12"})

        assert len(account.account.series["logins"]) < 24 * 15
        assert account.see("metrics.logins.value", now) == 25
        assert account.see("metrics.logins.previous", now) == 24


class TestFreshness:
    def test_days_keep_the_local_time(self):
        account = told("nps: {reported: true, fresh: 7 days}", time_zone=NEW_YORK)
        account.tell(Z("2026-03-06T15:00Z"), metric="nps", value=9)

        assert account.see("metrics.nps.value", Z("2026-03-13T14:00Z")) == 9
        assert account.see("metrics.nps.value", Z("2026-03-13T14:00Z") + TICK) is None

    def test_a_month_that_lacks_the_day_ends_on_its_last(self):
        account = told("nps: {reported: true, fresh: 1 month}").tell(Z("2026-01-31T09:00Z"), metric="nps", value=9)

        assert account.see("metrics.nps.value", Z("2026-02-28T09:00Z")) == 9
        assert account.turn("nps", Z("2026-02-01T09:00Z")) == Z("2026-02-28T09:00Z") + TICK

    def test_business_days_are_those_of_the_account(self):
        account = told("nps: {reported: true, fresh: 3 business days}", country="US", time_zone=NEW_YORK)
        account.tell(Z("2026-01-15T15:00Z"), metric="nps", value=9)

        # Thursday; Monday the 19th is a holiday there.
        assert account.turn("nps", Z("2026-01-16T15:00Z")) == Z("2026-01-21T15:00Z") + TICK


class TestDwell:
    RED = "nps: {reported: true, target: 10, zones: {red: {below: 60%, for: 2 days}}}"

    def fallen(self, zone):
        account = told(self.RED, time_zone=zone).tell(Z("2026-03-01T15:00Z"), metric="nps", value=9)
        return account.tell(Z("2026-03-07T15:00Z"), metric="nps", value=1)

    def test_days_keep_the_local_time(self):
        account = self.fallen(NEW_YORK)

        assert account.turn("nps", Z("2026-03-07T15:00Z")) == Z("2026-03-09T14:00Z")
        assert account.see("metrics.nps.zone", Z("2026-03-09T14:00Z") - TICK) == "green"
        assert account.see("metrics.nps.zone_since", Z("2026-03-19T14:00Z")) == Z("2026-03-09T14:00Z")

    def test_an_account_that_moves_meanwhile_dwells_by_its_new_clock(self):
        account = self.fallen(NEW_YORK)

        account.tell(Z("2026-03-08T12:00Z"), fields={"time_zone": "UTC"})

        assert account.turn("nps", Z("2026-03-08T12:00Z")) == Z("2026-03-09T15:00Z")
        assert account.see("metrics.nps.zone_since", Z("2026-03-19T14:00Z")) == Z("2026-03-09T15:00Z")


def test_what_was_folded_when_days_had_24_hours_is_folded_anew():
    text = FIELDS + "  logins: {count: login, over: 7 days}\n"

    of_the_words_alone = sha256(json.dumps(read(text, "f").data, sort_keys=True).encode()).hexdigest()

    assert vocabulary(text).digest != of_the_words_alone
    assert vocabulary(text).digest == vocabulary(f"# the same\n{text}").digest


def test_a_late_fact_of_another_zone_mends_what_follows():
    account = told("logins: {count: login, over: 7 days, target: 1}", time_zone=BERLIN)
    login(account, "2026-03-06T15:00Z", "2026-03-20T15:00Z")

    account.tell(BEGUN + DAY, fields={"time_zone": NEW_YORK})

    assert account.see("metrics.logins.zone_since", Z("2026-03-19T14:00Z")) == Z("2026-03-13T14:00Z") + TICK
