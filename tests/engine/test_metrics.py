from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.account import Account
from engine.metrics import standings
from engine.readings import number
from engine.ticks import ticks
from engine.view import View
from engine.zones import NOWHERE, step
from tests.support.told import DAY, START, TICK, Told, vocabulary

D = Decimal
Z = datetime.fromisoformat
HOUR = timedelta(hours=1)

FIELDS = """
fields:
  tier: {type: choice, of: [enterprise, growth]}
  stage: {type: choice, of: [onboarding, renewal]}
  time_zone: {type: time_zone}
  country: {type: country}
  seats: {type: integer}
  renewal_date: {type: date}
events:
  login: {user: text}
  order: {amount: number}
  ticket: {severity: integer}
  meeting: {outcome: {type: choice, of: [held, cancelled, no_show]}}
  survey: {score: integer, mood: text}
metrics:
"""


def told(*metrics, **fields):
    known = vocabulary(FIELDS + "".join(f"  {line}\n" for line in metrics))
    return Told(known).tell(START, fields=fields or {"name": "Acme"})


def logins(account, *instants):
    for at in instants:
        account.tell(at, event="login", data={"user": "kim"})
    return account


class TestAlerts:
    """A1 to A4, on the readings that their conditions compare."""

    @pytest.mark.parametrize(("now", "change"), [(70, "-0.3"), (71, "-0.29")])
    def test_a1_a_fall_of_logins_by_30_percent_is_exact(self, now, change):
        account = told("logins: {count: login, over: 14 days}")
        logins(account, *(START + 1 * DAY + i * HOUR / 10 for i in range(100)))
        logins(account, *(START + 20 * DAY + i * HOUR / 10 for i in range(now)))

        assert account.see("metrics.logins.change", START + 28 * DAY) == D(change)

    def test_a1_the_fall_of_a_reported_number_is_exact_where_floats_are_not(self):
        account = told("sessions: {reported: true}")
        account.tell(START, metric="sessions", value=D("7.0")).tell(START + DAY, metric="sessions", value=D("4.9"))

        assert account.see("metrics.sessions.change", START + DAY) == D("-0.3")
        assert (4.9 - 7.0) / 7.0 > -0.3

    @pytest.mark.parametrize(("scores", "seen"), [((8, 5), (8, 5)), ((9, 8, 6), (8, 6)), ((7, 5), (7, 5))])
    def test_a2_previous_is_the_reading_before(self, scores, seen):
        account = told("nps: {reported: true, target: 8}")
        for i, score in enumerate(scores):
            account.tell(START + i * DAY, metric="nps", value=score)

        now = START + 9 * DAY

        assert (account.see("metrics.nps.previous", now), account.see("metrics.nps.value", now)) == seen

    def test_a3_cancelled_and_no_show_count_together_and_held_does_not(self):
        where = """'event.outcome in ["cancelled", "no_show"]'"""
        account = told(f"missed: {{count: meeting, where: {where}, over: 30 days}}")
        for i, outcome in enumerate(["cancelled", "held", "no_show"]):
            account.tell(START + i * DAY, event="meeting", data={"outcome": outcome})

        assert account.see("metrics.missed.value", START + 3 * DAY) == 2

    @pytest.mark.parametrize(("late", "count"), [(timedelta(), 3), (timedelta(seconds=1), 2), (TICK, 2)])
    def test_a4_a_third_ticket_one_second_too_late_does_not_count_with_the_first(self, late, count):
        account = told("sev2: {count: ticket, where: event.severity == 2, over: 7 days, better: lower, target: 2}")
        third = START + 7 * DAY + late
        for at in (START, START + 3 * DAY, third):
            account.tell(at, event="ticket", data={"severity": 2})
        account.tell(START + 4 * DAY, event="ticket", data={"severity": 1})

        assert account.see("metrics.sev2.value", third) == count


class TestWindows:
    def test_both_ends_are_in_and_the_window_before_ends_just_before(self):
        account = logins(told("logins: {count: login, over: 2 hours}"), START, START + 2 * HOUR, START + 4 * HOUR)

        now = START + 4 * HOUR

        assert account.see("metrics.logins.value", now) == 2
        assert account.see("metrics.logins.previous", now) == 1
        assert account.see("metrics.logins.value", now + TICK) == 1
        assert account.see("metrics.logins.previous", now + TICK) == 1

    def test_a_count_is_0_from_the_first_data_of_any_kind_and_unknown_before(self):
        account = told("logins: {count: login, over: 2 hours}")

        assert account.see("metrics.logins.value", START) == 0
        assert account.see("metrics.logins.value", START - TICK) is None

    def test_previous_needs_a_window_wholly_after_the_first_data(self):
        account = told("logins: {count: login, over: 2 hours}")

        assert account.see("metrics.logins.previous", START + 4 * HOUR - TICK) is None
        assert account.see("metrics.logins.previous", START + 4 * HOUR) == 0
        assert account.see("metrics.logins.change", START + 4 * HOUR) is None

    def test_few_are_no_sign_of_trouble_until_a_whole_window_has_passed(self):
        account = told("logins: {count: login, over: 2 hours, target: 10}")

        assert account.see("metrics.logins.zone", START + 2 * HOUR - TICK) is None
        assert account.see("metrics.logins.zone", START + 2 * HOUR) == "red"
        assert account.see("metrics.logins.zone_since", START + 3 * HOUR) == START + 2 * HOUR

    def test_where_lower_is_better_many_are_trouble_at_once(self):
        account = told("tickets: {count: ticket, over: 2 hours, target: 1, better: lower}")
        account.tell(START, event="ticket", data={}).tell(START + HOUR, event="ticket", data={})

        assert account.see("metrics.tickets.zone", START) == "green"
        assert account.see("metrics.tickets.attainment", START + HOUR) == D("0.5")
        assert account.see("metrics.tickets.zone", START + HOUR) == "red"

    def test_sums_averages_and_distinct(self):
        account = told(
            "revenue: {sum: order.amount, over: 2 hours}",
            "basket: {average: order.amount, over: 2 hours}",
            "users: {distinct: login.user, over: 2 hours}",
        )
        for at, amount in ((START + 2 * HOUR, D("1.10")), (START + 3 * HOUR, D("2.20")), (START + 3 * HOUR, None)):
            account.tell(at, event="order", data={"amount": amount})
        for user in ("kim", "lee", "kim"):
            account.tell(START + 3 * HOUR, event="login", data={"user": user})

        now = START + 4 * HOUR

        assert account.see("metrics.revenue.value", now) == D("3.30")
        assert account.see("metrics.basket.value", now) == D("1.65")
        assert account.see("metrics.users.value", now) == 2
        assert account.see("metrics.revenue.value", now + 2 * HOUR) == 0
        assert account.see("metrics.basket.value", now + 2 * HOUR) is None

    def test_an_average_needs_a_window_wholly_after_the_first_data(self):
        account = told("basket: {average: order.amount, over: 2 hours}")
        account.tell(START + HOUR, event="order", data={"amount": 4})

        assert account.see("metrics.basket.value", START + 2 * HOUR - TICK) is None
        assert account.see("metrics.basket.value", START + 2 * HOUR) == 4

    def test_ever_counts_all_and_has_no_window_before(self):
        account = told(
            "logins: {count: login, over: ever, target: 4}",
            "users: {distinct: login.user, over: ever}",
            "spent: {sum: order.amount, over: ever}",
            "basket: {average: order.amount, over: ever}",
        )
        for i in range(200):
            account.tell(START + i * DAY, event="login", data={"user": f"u{i % 9}"})
            account.tell(START + i * DAY, event="order", data={"amount": i})

        now = START + 900 * DAY

        assert account.see("metrics.logins.value", now) == 200
        assert account.see("metrics.logins.zone_since", now) == START + 3 * DAY
        assert account.see("metrics.logins.previous", now) is None
        assert account.see("metrics.users.value", now) == 9
        assert account.see("metrics.spent.value", now) == sum(range(200))
        assert account.see("metrics.basket.value", now) == D("99.5")


class TestDays:
    def test_days_since_turn_at_the_accounts_own_midnight(self):
        account = logins(told("quiet: {days_since: login}", time_zone="America/New_York"), START)
        midnight = Z("2026-03-03T05:00:00Z")

        assert account.see("metrics.quiet.value", midnight - TICK) == 0
        assert account.see("metrics.quiet.value", midnight) == 1
        assert account.turn("quiet", START) == midnight

    def test_a_day_of_the_clock_change_is_one_day(self):
        account = logins(told("quiet: {days_since: login}", time_zone="America/New_York"), START)

        assert account.see("metrics.quiet.value", Z("2026-03-09T04:00:00Z")) == 7

    def test_the_zone_of_quiet_days_follows_midnights_without_any_fact(self):
        account = logins(told("quiet: {days_since: login, better: lower, target: 7}", time_zone="Europe/Berlin"), START)

        now = START + 30 * DAY

        assert account.see("metrics.quiet.zone", START + 8 * DAY) == "green"
        assert account.see("metrics.quiet.zone", now) == "red"
        assert account.see("metrics.quiet.zone_since", now) == Z("2026-03-12T23:00:00Z")

    def test_a_new_time_zone_counts_from_when_it_was_told(self):
        account = logins(told("quiet: {days_since: login, better: lower, target: 1}", time_zone="Asia/Tokyo"), START)
        account.tell(START + 3 * DAY, fields={"time_zone": "America/New_York"})

        assert account.see("metrics.quiet.zone_since", START + 2 * DAY) == Z("2026-03-03T15:00:00Z")
        assert account.see("metrics.quiet.zone_since", START + 4 * DAY) == Z("2026-03-03T15:00:00Z")
        assert account.turn("quiet", START + 4 * DAY) == Z("2026-03-07T05:00:00Z")

    def test_without_any_such_event_it_is_unknown(self):
        assert told("quiet: {days_since: login}").see("metrics.quiet.value", START + DAY) is None


class TestReadings:
    def test_first_and_last_are_instants(self):
        account = logins(told("begun: {first: login}", "seen: {last: login}"), START + DAY, START, START + 5 * DAY)

        now = START + 9 * DAY

        assert account.see("metrics.begun.value", now) == START
        assert account.see("metrics.seen.value", now) == START + 5 * DAY
        assert account.see("metrics.seen.previous", now) == START + DAY
        assert account.see("metrics.begun.previous", now) is None

    def test_latest_is_what_the_last_event_said(self):
        account = told("csat: {latest: survey.score}", "mood: {latest: survey.mood}")
        account.tell(START, event="survey", data={"score": 9, "mood": "fine"})
        account.tell(START + DAY, event="survey", data={"score": 4})

        assert account.see("metrics.csat.value", START + DAY) == 4
        assert account.see("metrics.csat.previous", START + DAY) == 9
        assert account.see("metrics.mood.value", START + DAY) == "fine"
        assert account.see("metrics.mood.change", START + DAY) is None

    def test_what_is_no_longer_fresh_is_unknown_a_tick_after(self):
        account = told("nps: {reported: true, fresh: 90 days, target: 8}").tell(START, metric="nps", value=9)

        assert account.see("metrics.nps.zone", START + 90 * DAY) == "green"
        assert account.see("metrics.nps.zone", START + 90 * DAY + TICK) is None
        assert account.turn("nps", START + DAY) == START + 90 * DAY + TICK

    def test_a_reading_set_to_null_is_unknown_again(self):
        account = told("nps: {reported: true, target: 8}").tell(START, metric="nps", value=9)
        account.tell(START + DAY, metric="nps", value=None)

        assert account.see("metrics.nps.value", START + DAY) is None
        assert account.see("metrics.nps.zone", START + DAY) is None
        assert account.see("metrics.nps.previous", START + DAY) == 9

    def test_change_from_0_or_from_nothing_is_unknown(self):
        account = told("nps: {reported: true}").tell(START, metric="nps", value=0)

        assert account.see("metrics.nps.change", START) is None
        assert account.tell(START + DAY, metric="nps", value=5).see("metrics.nps.change", START + DAY) is None

    def test_at_is_when_the_newest_fact_came(self):
        half = "half: {formula: metrics.nps.value / 2}"
        account = told("nps: {reported: true, target: 8}", half, "idle: {reported: true}")
        account.tell(START + DAY, metric="nps", value=8)

        assert account.see("metrics.nps.at", START + 2 * DAY) == START + DAY
        assert account.see("metrics.half.at", START + 2 * DAY) == START + DAY
        assert account.see("metrics.idle.at", START + 2 * DAY) is None


class TestTargets:
    def test_z1_a_target_by_tier_and_its_zone(self):
        account = told("nps: {reported: true, target: {enterprise: 8, growth: 4}}", tier="growth")
        account.tell(START, metric="nps", value=D("3.4"))

        assert account.see("metrics.nps.target", START) == 4
        assert account.see("metrics.nps.attainment", START) == D("0.85")
        assert account.see("metrics.nps.zone", START) == "green"

    def test_a_new_tier_moves_the_zone_from_when_it_came(self):
        account = told("nps: {reported: true, target: {enterprise: 8, growth: 4}}", tier="growth")
        account.tell(START, metric="nps", value=4).tell(START + DAY, fields={"tier": "enterprise"})

        assert account.see("metrics.nps.zone", START + 2 * DAY) == "red"
        assert account.see("metrics.nps.zone_since", START + 2 * DAY) == START + DAY

    def test_a_target_may_go_by_stage_or_be_a_field(self):
        account = told(
            "nps: {reported: true, target: {onboarding: 8, renewal: 4}}",
            "active: {reported: true, target: account.seats}",
            stage="renewal",
            seats=40,
        )
        account.tell(START, metric="nps", value=4).tell(START, metric="active", value=30)

        assert account.see("metrics.nps.attainment", START) == 1
        assert account.see("metrics.active.attainment", START) == D("0.75")

    def test_without_tier_there_is_no_target(self):
        account = told("nps: {reported: true, target: {enterprise: 8, growth: 4}}").tell(START, metric="nps", value=4)

        assert account.see("metrics.nps.target", START) is None
        assert account.see("metrics.nps.zone", START) is None

    @pytest.mark.parametrize(
        ("better", "target", "value", "attainment"),
        [
            ("lower", 7, 10, "0.7"),
            ("lower", 7, 0, "1"),
            ("lower", 7, -3, "1"),
            ("lower", 0, 0, "1"),
            ("lower", 0, 3, None),
            ("higher", 0, 3, None),
            ("higher", 8, 10, "1.25"),
        ],
    )
    def test_z1_attainment_and_its_edges(self, better, target, value, attainment):
        account = told(f"x: {{reported: true, better: {better}, target: {target}}}").tell(
            START, metric="x", value=value
        )

        assert account.see("metrics.x.attainment", START) == (None if attainment is None else D(attainment))


class TestMadeOfOthers:
    def test_z4_a_formula_over_metrics_and_fields(self):
        adoption = "adoption: {formula: metrics.active.value / account.seats, target: 80%}"
        account = told("active: {reported: true}", adoption)
        account.tell(START, metric="active", value=20)

        assert account.see("metrics.adoption.value", START) is None
        assert account.tell(START, fields={"seats": 40}).see("metrics.adoption.value", START) == D("0.5")
        assert account.see("metrics.adoption.zone", START) == "red"

    def test_division_by_0_is_unknown(self):
        account = told("active: {reported: true}", "adoption: {formula: metrics.active.value / account.seats}", seats=0)

        assert account.tell(START, metric="active", value=20).see("metrics.adoption.value", START) is None

    def test_the_previous_of_a_formula_is_over_the_values_before(self):
        account = told(
            "active: {reported: true}", "adoption: {formula: metrics.active.value / account.seats}", seats=40
        )
        account.tell(START, metric="active", value=20).tell(START + DAY, metric="active", value=30)

        assert account.see("metrics.adoption.previous", START + DAY) == D("0.5")
        assert account.see("metrics.adoption.change", START + DAY) == D("0.5")

    def test_the_zone_of_a_formula_began_when_its_parts_made_it(self):
        account = told(
            "logins: {count: login, over: 3 hours}",
            "per_seat: {formula: metrics.logins.value / account.seats, target: 1}",
            seats=2,
        )
        logins(account, START, START + HOUR)

        assert account.see("metrics.per_seat.zone", START + HOUR) == "green"
        assert account.see("metrics.per_seat.zone_since", START + 9 * HOUR) == START + 3 * HOUR + TICK
        assert account.turn("per_seat", START + HOUR) == START + 3 * HOUR + TICK

    def test_z3_a_score_weighs_attainments_capped_at_all_of_them(self):
        account = told(
            "a: {reported: true, target: 10}", "b: {reported: true, target: 10}", "health: {score: {a: 75, b: 25}}"
        )
        account.tell(START, metric="a", value=30).tell(START, metric="b", value=-4)

        assert account.see("metrics.health.value", START) == 75
        assert account.see("metrics.health.target", START) == 100
        assert account.see("metrics.health.zone", START) == "yellow"

    def test_unknown_parts_are_weighed_out_as_long_as_enough_is_known(self):
        account = told(
            "a: {reported: true, target: 10}", "b: {reported: true, target: 10}",
            "health: {score: {a: 60, b: 40}, coverage: 60%}", "strict: {score: {a: 60, b: 40}}",
        )  # fmt: skip
        account.tell(START, metric="a", value=9)

        assert account.see("metrics.health.value", START) == 90
        assert account.see("metrics.strict.value", START) is None
        account.tell(START + DAY, metric="a", value=None).tell(START + DAY, metric="b", value=9)
        assert account.see("metrics.health.value", START + DAY) is None

    def test_the_previous_of_a_score_is_over_the_readings_before(self):
        account = told("a: {reported: true, target: 10}", "health: {score: {a: 100}}")
        account.tell(START, metric="a", value=9).tell(START + DAY, metric="a", value=6)

        assert account.see("metrics.health.previous", START + DAY) == 90

    def test_a_formula_may_read_days_and_turns_with_them(self):
        account = told("left: {formula: days_until(account.renewal_date), target: 30}", renewal_date="2026-04-11")

        assert account.see("metrics.left.value", START) == (date(2026, 4, 11) - START.date()).days
        assert account.see("metrics.left.zone_since", START + 39 * DAY) == Z("2026-03-22T00:00:00Z")


class TestTurns:
    def test_an_event_leaves_a_tick_after_its_window(self):
        account = logins(told("logins: {count: login, over: 3 hours}"), START)

        assert account.turn("logins", START + HOUR) == START + 3 * HOUR
        assert account.turn("logins", START + 3 * HOUR) == START + 3 * HOUR + TICK
        assert account.turn("logins", START + 4 * HOUR) == START + 6 * HOUR
        assert account.turn("logins", START + 6 * HOUR) == START + 6 * HOUR + TICK
        assert account.turn("logins", START + 7 * HOUR) is None

    def test_a_dwell_turns_when_it_ends(self):
        account = told("nps: {reported: true, target: 10, zones: {red: {below: 60%, for: 24 hours}}}")
        account.tell(START, metric="nps", value=9).tell(START + DAY, metric="nps", value=1)

        assert account.turn("nps", START + DAY) == START + 2 * DAY
        assert account.see("metrics.nps.zone", START + 2 * DAY - TICK) == "green"
        assert account.see("metrics.nps.zone", START + 2 * DAY) == "red"
        assert account.turn("nps", START + 2 * DAY) is None

    def test_what_only_facts_change_never_turns(self):
        account = told("nps: {reported: true, target: 10}").tell(START, metric="nps", value=9)

        assert account.turn("nps", START) is None
        assert account.turn("unheard_of", START) is None


def test_a_reading_posted_for_a_counted_metric_stands_until_the_next():
    account = logins(told("logins: {count: login, over: 3 hours, target: 10}"), START)
    reported = Told(vocabulary(FIELDS + "  logins: {reported: true, target: 10}\n"))
    reported.tell(START + HOUR, metric="logins", value=7)
    account.account = Account("a1", readings=reported.account.readings, first=account.account.first)

    assert account.see("metrics.logins.value", START + 9 * DAY) == 7
    assert account.see("metrics.logins.zone", START + 9 * DAY) == "yellow"


@settings(max_examples=20)
@given(
    target=st.integers(-3, 40),
    better=st.sampled_from(["lower", "higher"]),
    clears=st.sampled_from(["70%", "130%"]),
    dwell=st.integers(1, 9),
    age=st.integers(1, 25),
    zone=st.sampled_from(["UTC", "America/St_Johns", "Pacific/Apia"]),
)
def test_the_crossings_of_days_since_give_the_zone_that_each_midnight_would(target, better, clears, dwell, age, zone):
    red = f"{{below: 60%, clears_at: {clears}, for: {dwell} days}}"
    bounds = f"zones: {{yellow: {{below: 150%, for: 2 days}}, red: {red}}}"
    known = vocabulary(FIELDS + f"  quiet: {{days_since: login, better: {better}, target: {target}, {bounds}}}\n")
    begun = Z("2011-11-03T15:00:00Z")
    account = Told(known).tell(begun, fields={"time_zone": zone}).tell(begun, event="login").account
    metric, now = known.metrics["quiet"], NOWHERE

    # Every midnight and every end of a dwell is among the half-hours.
    for half in range(age * 48):
        point = View(account, known, None, ticks(begun + half * timedelta(minutes=30)))
        now = step(metric.zones, now, number(point.value("metrics.quiet.attainment")), point.at, point.ends)

    assert standings(View(account, known, None, point.at), ["quiet"])["quiet"] == now


class Counted(View):
    """How often a walk stopped."""

    stops = 0

    def then(self, at):
        Counted.stops += 1
        return super().then(at)


def test_a_zone_of_days_since_is_walked_by_its_crossings_and_not_by_its_midnights():
    zones = "zones: {yellow: {below: 100%}, red: {below: 50%, for: 3 days}}"
    known = vocabulary(FIELDS + f"  quiet: {{days_since: login, better: lower, target: 20, {zones}}}\n")
    account = Told(known).tell(Z("0001-01-01T00:00:00Z"), event="login").account

    view = Counted(account, known, None, ticks(START))
    found = standings(view, ["quiet"])["quiet"]

    # Of 40 days not red yet, of 41 days it is, and three later it shows.
    assert (found.zone, found.since) == ("red", ticks(Z("0001-02-14T00:00:00Z")))
    assert Counted.stops < 10


def test_a_sum_is_exact_however_far_its_parts_are_apart():
    metrics = "{sold: {sum: order.amount, over: 7 days}, ever: {sum: order.amount, over: ever}}"
    known = vocabulary(f"events: {{order: {{amount: number}}}}\nmetrics: {metrics}\n")
    parts = ["123456789012345678901234567890", "0.123456789", "0.000000000000000000000000000001"]
    account = Told(known)

    for day, amount in enumerate(parts):
        account.tell(START + day * DAY, id=str(day), event="order", data={"amount": amount})

    sums = {account.see(f"metrics.{name}.value", START + 3 * DAY) for name in ("sold", "ever")}
    assert sums == {Decimal("123456789012345678901234567890.123456789000000000000000000001")}


def test_a_score_is_exact_where_thirds_and_sixths_make_a_whole():
    parts = {"a": (1, 6), "b": (2, 3), "c": (2, 3), "d": (1, 1)}
    reported = "".join(f"  {name}: {{reported: true, target: {of}}}\n" for name, (_, of) in parts.items())
    account = Told(vocabulary(f"metrics:\n{reported}  health: {{score: {{a: 20, b: 20, c: 20, d: 40}}}}\n"))

    for name, (value, _) in parts.items():
        account.tell(START, id=name, metric=name, value=value)

    assert (account.see("metrics.health.value", START), account.see("metrics.health.zone", START)) == (70, "yellow")
