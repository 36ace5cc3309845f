"""The account against a plain model of it, and the laws of folding: order, JSON, turns, smallness."""

import json
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.account import Account, missing_required
from tests.support.plain_model import HOUR, Band, Plain, Rule, Said
from tests.support.told import DAY, START, TICK, Told, fact, vocabulary

OVER = 6
TARGETS = {"enterprise": 5, "growth": 2}


def by_tier(model, now):
    return TARGETS.get(model.field("tier", now))


RULES = {
    "logins": Rule(
        "count",
        "login",
        over=(OVER, "hour"),
        target=by_tier,
        red=Band(Fraction(70, 100), (4, "hour"), Fraction(80, 100)),
    ),
    "nps": Rule("reported", target=by_tier),
}
KNOWN = vocabulary(f"""
fields:
  tier: {{type: choice, of: [enterprise, growth]}}
  seats: {{type: integer, default: 1}}
  start_date: {{type: date, required: true}}
  time_zone: {{type: time_zone}}
contact_fields:
  role: {{type: choice, of: [champion, other], default: other}}
records:
  teams: {{seats: integer}}
events:
  login: {{user: text}}
metrics:
  logins:
    count: login
    over: {OVER} hours
    target: {{enterprise: 5, growth: 2}}
    zones: {{red: {{for: 4 hours, clears_at: 80%}}}}
  users: {{distinct: login.user, over: {OVER} hours}}
  nps: {{reported: true, target: {{enterprise: 5, growth: 2}}}}
  quiet: {{days_since: login, better: lower, target: 1}}
  logins_each: {{formula: metrics.logins.value / account.seats, target: 2}}
  health: {{score: {{logins: 50, nps: 30, quiet: 20}}, coverage: 30%}}
""")  # fmt: skip

hours = st.integers(0, 60)
said = st.one_of(
    st.tuples(st.just("login"), st.sampled_from(["kim", "lee"])),
    st.tuples(st.just("nps"), st.integers(0, 6)),
    st.tuples(st.just("tier"), st.sampled_from(["enterprise", "growth"])),
    st.tuples(st.just("seats"), st.integers(1, 3)),
)
happenings = st.lists(st.tuples(hours, said), min_size=1, max_size=24, unique_by=lambda one: one[0])


def dated(happened):
    return [(START + hour * HOUR, kind, what) for hour, (kind, what) in happened]


def taken(facts):
    account = Told(KNOWN)
    for at, kind, what in facts:
        account.take(said_as_fact(at, kind, what))
    return account


def said_as_fact(at, kind, what):
    match kind:
        case "login":
            return fact(KNOWN, at, event="login", data={"user": what})
        case "nps":
            return fact(KNOWN, at, metric="nps", value=what)
        case _:
            return fact(KNOWN, at, fields={kind: what})


def model(facts):
    kinds = {"login": ("event", "login", "user"), "nps": ("metric", "nps", "value")}
    told = [(at, kinds.get(kind, ("fields", "", kind)), what) for at, kind, what in facts]
    return Plain([Said(at, of, name, {key: what}) for at, (of, name, key), what in told], RULES)


def zone(account, metric, now):
    return account.see(f"metrics.{metric}.zone", now), account.see(f"metrics.{metric}.zone_since", now)


@settings(deadline=None, max_examples=60)
@given(happenings, hours, st.randoms())
def test_the_picture_does_not_depend_on_the_order_of_arrival(happened, later, dice):
    facts = dated(happened)
    now = max(at for at, _, _ in facts) + later * HOUR

    assert taken(dice.sample(facts, len(facts))).all(now) == taken(sorted(facts)).all(now)


@settings(deadline=None, max_examples=60)
@given(happenings, hours)
def test_looking_often_or_once_is_the_same(happened, later):
    facts = sorted(dated(happened))
    often = Told(KNOWN)
    now = facts[-1][0] + later * HOUR

    for at, kind, what in facts:
        often.all(at)
        often.take(said_as_fact(at, kind, what))
        often.account = Account.from_json(json.loads(json.dumps(often.account.to_json())))

    assert often.all(now) == taken(facts).all(now)


@settings(deadline=None, max_examples=60)
@given(happenings, hours)
def test_nothing_changes_by_time_alone_before_its_turn(happened, later):
    facts = sorted(dated(happened))
    account, now = taken(facts), facts[-1][0] + later * HOUR

    for metric in KNOWN.metrics:
        turn = account.turn(metric, now)
        end = now + 90 * DAY if turn is None else turn
        assert end > now
        assert parts(account, metric, now) == parts(account, metric, end - TICK)


@settings(deadline=None, max_examples=20)
@given(happenings, hours)
def test_a_counted_window_turns_exactly_when_it_or_its_zone_changes(happened, later):
    """Turn by turn, the readings that a plain look at every hour and tick would have shown."""
    facts = sorted(dated(happened))
    account, now = taken(facts), facts[-1][0] + later * HOUR
    plain, end = model(facts), facts[-1][0] + later * HOUR + 30 * HOUR

    seen = {now: account.see("metrics.logins.value", now)}
    while (turn := account.turn("logins", now)) is not None and turn <= end:
        now = turn
        seen[now] = account.see("metrics.logins.value", now)

    start = min(seen)
    looks = [start + i * HOUR + tick for i in range(30) for tick in (0 * HOUR, TICK)]
    for look in looks:
        assert plain.value("logins", look) == seen[max(at for at in seen if at <= look)]


def parts(account, metric, now):
    names = ("value", "previous", "change", "target", "attainment", "zone", "zone_since", "at")
    return [account.see(f"metrics.{metric}.{name}", now) for name in names]


class TestLateFacts:
    def test_a_late_reading_mends_previous_and_not_the_value(self):
        account = Told(KNOWN).tell(START, metric="nps", value=6).tell(START + 2 * DAY, metric="nps", value=1)

        account.tell(START + DAY, metric="nps", value=3)

        assert account.see("metrics.nps.value", START + 2 * DAY) == 1
        assert account.see("metrics.nps.previous", START + 2 * DAY) == 3

    def test_a_late_field_changes_nothing_that_is_newer(self):
        account = Told(KNOWN).tell(START + DAY, fields={"seats": 9})

        account.tell(START, fields={"seats": 3, "tier": "growth"})

        assert account.see("account.seats", START + DAY) == 9
        assert "account.seats" not in account.changed
        assert "account.tier" in account.changed

    def test_a_late_contact_fills_in_what_newer_facts_left_open(self):
        account = Told(KNOWN).tell(START + DAY, contact={"id": "c1", "role": "champion"})

        account.tell(START, contact={"id": "c1", "role": "other", "name": "Kim"})

        assert account.see("contacts", START + DAY) == (
            {"id": "c1", "role": "champion", "name": "Kim", "active": True},
        )

    def test_imported_history_gives_the_zone_since_of_its_own_instants(self):
        account = Told(KNOWN).tell(START + 30 * DAY, fields={"tier": "growth"})

        for day, value in enumerate([2, 1, 1, 2, 1, 1]):
            account.tell(START + day * DAY, metric="nps", value=value)
        account.tell(START - DAY, fields={"tier": "growth"})

        assert account.see("metrics.nps.zone_since", START + 30 * DAY) == START + 4 * DAY


class TestChangedPaths:
    def changed(self, **said):
        account = Told(KNOWN).tell(START, fields={"tier": "growth"}).tell(START, metric="nps", value=2)
        return account.tell(START + DAY, **said).changed

    def test_a_field_changes_itself_and_what_is_reckoned_with_it(self):
        changed = self.changed(fields={"tier": "enterprise"})

        assert {"account.tier", "since.account.tier", "metrics.nps.zone", "metrics.health.value"} <= changed
        assert not {path for path in changed if path.startswith(("account.seats", "metrics.users", "contacts"))}

    def test_the_same_again_changes_no_field(self):
        assert "account.tier" not in self.changed(fields={"tier": "growth"})

    def test_a_reading_changes_its_metric_and_all_that_is_made_of_it(self):
        changed = self.changed(metric="nps", value=3)

        assert {path.split(".")[1] for path in changed} == {"nps", "health"}
        assert "metrics.nps.previous" in changed

    def test_other_facts_change_their_own(self):
        assert self.changed(contact={"id": "c1"}) == {"contacts"}
        assert self.changed(record="teams", fields={"id": "t1", "seats": 4}) == {"records.teams"}
        assert self.changed(team={"csm": "ana", "ae": None}) == {"team.csm", "team.ae"}

    def test_first_data_of_any_kind_makes_counts_known(self):
        account = Told(KNOWN).tell(START, contact={"id": "c1"})

        assert {"account.id", "contacts", "metrics.logins.value", "metrics.health.value"} <= account.changed


class TestThePicture:
    def test_defaults_stand_while_no_fact_says_otherwise(self):
        account = Told(KNOWN).tell(START, fields={"name": None})
        assert account.see("account.seats", START) == 1

        account.tell(START, fields={"seats": 5}).tell(START + DAY, fields={"seats": None})

        assert account.see("account.seats", START) == 5
        assert account.see("account.seats", START + DAY) == 1

    def test_contacts_are_unknown_before_the_first_and_only_the_active_ones_after(self):
        account = Told(KNOWN)
        assert account.see("contacts", START) is None

        account.tell(START, contact={"id": "c2", "active": False}).tell(START, contact={"id": "c1"})

        assert [contact["id"] for contact in account.see("contacts", START)] == ["c1"]
        account.tell(START + DAY, contact={"id": "c1", "active": False})
        assert account.see("contacts", START + DAY) == ()

    def test_records_and_team_are_what_was_said_of_them(self):
        account = (
            Told(KNOWN).tell(START, record="teams", fields={"id": "t1", "seats": 4}).tell(START, team={"csm": "ana"})
        )

        assert account.see("records.teams", START) == ({"id": "t1", "seats": 4},)
        assert account.see("team.csm", START) == "ana"
        assert account.account.team == {"csm": "ana"}
        assert account.tell(START + DAY, team={"csm": None}).see("team.csm", START + DAY) is None

    def test_every_path_that_is_known_is_listed_and_no_other(self):
        account = Told(KNOWN).tell(START, fields={"tier": "growth"}).tell(START, metric="nps", value=2)

        known = account.all(START)

        assert known["account.id"] == "a1"
        assert known["metrics.nps.attainment"] == 1
        assert not {"metrics.nps.previous", "contacts", "account.start_date", "metrics.users.zone"} & set(known)

    def test_an_account_of_which_nothing_was_heard_has_an_empty_picture(self):
        known = Told(KNOWN).all(START)

        assert {path for path in known if not path.endswith(".target")} == {"account.id", "account.seats"}

    def test_required_fields_that_are_missing_are_named(self):
        account = Told(KNOWN).tell(START, fields={"tier": "growth"})
        assert missing_required(account.account, KNOWN) == ["start_date"]

        account.tell(START, fields={"start_date": "2026-01-05"})

        assert missing_required(account.account, KNOWN) == []


class TestStaysSmall:
    def busy(self, days):
        account = Told(KNOWN).tell(START, fields={"tier": "growth", "start_date": "2026-01-05"})
        for i in range(days * 24):
            at = START + i * HOUR
            account.tell(at, event="login", data={"user": f"u{i % 5}"})
            if i % 24 == 0:
                account.tell(at, metric="nps", value=i % 7).tell(at, fields={"seats": 1 + i // 24 % 2})
        return account

    def test_an_account_does_not_grow_with_what_no_window_reaches(self):
        month, year = (len(json.dumps(self.busy(days).account.to_json())) for days in (60, 240))

        assert year < month * 1.3
        assert year < 6_000

    def test_what_was_forgotten_does_not_show(self):
        """The same as one that was told of the last days only, but for what knows how long it has been so."""
        account = self.busy(60)
        now = START + 60 * DAY
        whole = model([(START, "tier", "growth"), *((START + i * HOUR, "login", "u") for i in range(60 * 24))])

        assert account.see("metrics.logins.value", now) == whole.value("logins", now)
        assert account.see("metrics.logins.previous", now) == whole.previous("logins", now)
        assert account.see("metrics.logins.zone_since", now) == START + OVER * HOUR

    def test_a_fact_later_than_what_was_forgotten_still_counts_in_no_window(self):
        account = self.busy(60)
        now = START + 60 * DAY
        before = account.all(now)

        account.tell(START + DAY + HOUR / 2, event="login", data={"user": "late"})

        assert account.all(now) == before

    def test_json_keeps_decimals_and_instants_exact(self):
        account = Told(KNOWN).tell(START + TICK, metric="nps", value=Decimal("4.10")).tell(START, fields={"seats": 3})

        again = Account.from_json(json.loads(json.dumps(account.account.to_json())))

        assert again == account.account
        assert again.first_data == START
        assert again.last_instant == START + TICK

    def test_a_format_that_is_not_known_is_refused(self):
        with pytest.raises(ValueError, match="format"):
            Account.from_json({"format": 99, "id": "a1"})


def test_a_zone_that_nobody_looked_at_for_months_is_that_of_its_readings():
    account = Told(KNOWN).tell(START, fields={"tier": "growth"}).tell(START + HOUR, event="login", data={"user": "kim"})

    now = START + 200 * DAY

    assert account.see("metrics.quiet.zone", now) == "red"
    assert account.see("metrics.quiet.zone_since", now) == datetime.fromisoformat("2026-03-04T00:00:00Z")


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10**6).map(Random))
def test_long_histories_with_facts_up_to_a_window_late_are_those_of_the_plain_model(dice):
    kinds = ["login"] * 8 + ["nps"] * 3 + ["tier"]
    says = {"login": ["kim"], "nps": range(7), "tier": ["enterprise", "growth"]}
    picked = [(START + i * HOUR, dice.choice(kinds)) for i in range(260) if dice.random() < 0.9]
    facts = [(at, kind, dice.choice(says[kind])) for at, kind in picked]
    now = facts[-1][0] + dice.randrange(20) * HOUR
    plain = model(facts)

    arrived = sorted(facts, key=lambda one: one[0] + dice.randrange(OVER) * HOUR if dice.random() < 0.2 else one[0])
    account = taken(arrived)

    assert account.see("metrics.logins.value", now) == plain.value("logins", now)
    assert zone(account, "nps", now) == plain.zone("nps", now)
    assert zone(account, "logins", now) == plain.zone("logins", now)
    assert account.account.bases
