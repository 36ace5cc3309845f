"""Why and why not, now and then."""

from datetime import timedelta

import pytest

from activities import releasing, starts
from activities.runs import advance, operate
from tests.support.hosts import NOW, HandClock, apply, host_on, only_run, playbook, tell
from tests.support.playbooks import setting
from workers.looking import NotFound, account_told
from workers.reasons import missing, why_told

RISK = 'start: {when: metrics.health.zone == "red" and account.arr >= 100}\n'
SOON = "start: {when: days_until(account.renewal_date) <= 90}\n"
REST = "  - {wait: rest, for: 5 days}\n"
KNOWN = {"start_date": "2025-01-01", "arr": 500, "tier": "growth", "stage": "renewal", "country": "US"}


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def host(sqlite, clock):
    made = host_on(sqlite, real=clock)
    apply(made, playbook(REST, name="risk", start=RISK), playbook(REST, name="renewing", start=SOON))
    return made


def why(host, name="risk", at=None):
    return host.database.read(lambda connection: why_told(connection, host, "acme", name, at))


def test_what_is_unknown_is_told_with_the_fact_that_is_missing(host):
    tell(host, "acme", fields=KNOWN)

    found = why(host)

    assert (found.truth, found.turned, found.next_at is None) == (None, None, False)
    assert found.unknown == [
        {"path": "metrics.health.zone", "missing": "parts of health that make up 60% of its weight"}
    ]


def test_a_score_tells_its_parts_and_how_much_of_its_weight_is_known(host):
    tell(host, "acme", fields=KNOWN)
    tell(host, "acme", metric="nps", value=4)
    tell(host, "acme", metric="features_bought", value=10)

    health, adoption = why(host).readings

    assert (health["metric"], health["needed"]) == ("health", 0.6)
    assert {one["path"]: one.get("points") is not None for one in health["parts"]}["metrics.nps.attainment"]
    assert adoption["metric"] == "adoption"


def test_when_it_last_turned_is_told_with_what_was_seen_then(host, clock):
    tell(host, "acme", fields=KNOWN)
    tell(host, "acme", metric="features_bought", value=10)
    clock.go(days=1)
    tell(host, "acme", metric="nps", value=1)
    red = clock.at
    clock.go(days=1)
    tell(host, "acme", fields={"arr": 50})

    found = why(host)

    assert (found.turned["to"], found.truth) == (False, False)
    assert found.turned["why"]["parts"][1]["parts"][0]["value"] == 50
    assert [one["event"] for one in found.past] == ["started"]
    assert why(host, at=red).turned["to"] is True


def test_a_past_instant_is_judged_by_the_facts_that_were_in_by_then(host, clock):
    tell(host, "acme", fields=KNOWN | {"renewal_date": "2026-12-31"})
    clock.go(days=1)
    tell(host, "acme", fields={"renewal_date": "2026-04-01"}, at=NOW + timedelta(hours=1))
    then = NOW + timedelta(hours=2)

    assert why(host, "renewing").tree["truth"] is True
    assert why(host, "renewing", at=then).tree["truth"] is False


def test_a_past_instant_is_judged_by_the_version_that_was_applied_then(host, clock):
    tell(host, "acme", fields=KNOWN | {"renewal_date": "2026-04-01"})
    then = clock.at
    clock.go(days=1)
    apply(host, playbook(REST, name="renewing", start="start: {when: days_until(account.renewal_date) <= 5}\n"))

    assert why(host, "renewing").tree["truth"] is False
    assert why(host, "renewing", at=then).tree["truth"] is True
    assert why(host, "risk", at=then).playbook == "risk"
    with pytest.raises(NotFound, match="there is no playbook 'risk' among what is applied"):
        why(host, "risk")


def test_a_run_that_ended_since_was_live_then(host, clock):
    tell(host, "acme", fields=KNOWN | {"renewal_date": "2026-04-01"})
    then = clock.at
    live = why(host, "renewing").live

    assert live is not None
    assert why(host, "renewing", at=then).live == live


def test_time_alone_is_said_to_change_it_when_it_will(host):
    tell(host, "acme", fields=KNOWN | {"renewal_date": "2026-12-31"})

    assert str(why(host, "renewing").next_at) == "2026-10-02 00:00:00+00:00"


def test_nothing_is_told_of_a_time_before_the_account_was_known(host, clock):
    before = clock.at
    clock.go(days=1)
    tell(host, "acme", fields=KNOWN)

    with pytest.raises(NotFound, match="nothing was known of an account 'acme' at 2026-03-02T14:00:00Z"):
        why(host, at=before)


VALUES = {"metrics.nps.value": 3, "metrics.logins.value": 4, "metrics.logins.previous": 0}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("account.arr", "a fact with the field arr"),
        ("contacts", "a first contact"),
        ("records.teams", "a first record of the kind teams"),
        ("team.csm", "a team fact that says who is csm"),
        ("runs.risk.last_outcome", "a run of risk that has ended"),
        ("metrics.nps.value", "a reading of nps"),
        ("metrics.nps.previous", "a reading before the last one"),
        ("metrics.logins.previous", "a window before that lies wholly after the first data"),
        ("metrics.logins.change", "a value before that is not 0, of which there is no percentage"),
        ("metrics.sev2_tickets.previous", "data of the account that reaches back as far as the window of sev2_tickets"),
        ("metrics.quiet_days.value", "a first login"),
        ("metrics.adoption.zone", "what adoption is reckoned from, or a divisor that is not 0"),
    ],
)
def test_each_path_has_a_fact_that_would_make_it_known(path, said):
    assert missing(path, setting().vocabulary, VALUES) == said


def test_the_picture_of_an_account_says_what_its_scores_are_made_of(host):
    tell(host, "acme", fields=KNOWN)
    tell(host, "acme", metric="nps", value=4)

    metrics = host.database.read(lambda connection: account_told(connection, host, "acme"))["metrics"]

    assert metrics["health"]["made_of"]["needed"] == 0.6
    assert {one["path"] for one in metrics["health"]["made_of"]["parts"]} >= {"metrics.nps.attainment"}
    assert "made_of" not in metrics["nps"]


class TestWhatBars:
    """The start holds, and the account does not enter."""

    def renewing(self, host, head="", again="never", **more):
        when = f"start: {{when: days_until(account.renewal_date) <= 90, again: {again}}}\n"
        apply(host, playbook("  - {task: call, assign: csm}\n", name="renewing", head=head, start=when))
        tell(host, "acme", fields=KNOWN | {"renewal_date": "2026-04-01"} | more)

    def done(self, host, clock):
        run = only_run(host).id
        operate(host, run, "stop", outcome="stopped")
        advance(host, run)
        clock.go(days=1)

    def test_is_its_own_last_run(self, host, clock):
        self.renewing(host)
        self.done(host, clock)

        found = why(host, "renewing")

        said = "the last run ended 2026-03-02T14:00:00Z as stopped; `again` is never"
        assert (found.barred, found.bar) == ("again", said)

    def test_is_its_own_last_run_for_a_while(self, host, clock):
        self.renewing(host, again="after 10 days")
        self.done(host, clock)

        assert "lets the account in from 2026-03-12T14:00:00Z on" in why(host, "renewing").bar

    def test_is_a_stop_that_holds(self, host):
        self.renewing(host, head="stop: {when: account.arr > 5, outcome: rich}\n")

        assert why(host, "renewing").bar == "a stop holds already: account.arr > 5 (rich)"

    def test_is_a_time_that_it_must_last(self, host):
        when = "start: {when: account.arr > 5, for: 2 days}\n"
        apply(host, playbook(REST, name="lasting", start=when))
        tell(host, "acme", fields=KNOWN)

        said = "it must last for 2 days: that is so since 2026-03-02T14:00:00Z, and long enough at 2026-03-04T14:00:00Z"
        assert why(host, "lasting").bar == said

    def test_is_that_it_has_been_so_since_it_was_applied(self, host):
        tell(host, "acme", fields=KNOWN)
        apply(host, playbook(REST, name="rich", start="start: {when: account.arr > 5}\n"))

        assert why(host, "rich").bar.endswith("it must turn again")

    def test_is_told_of_a_past_instant_as_it_was_then(self, host, clock):
        self.renewing(host)
        then = clock.at
        clock.go(hours=1)
        self.done(host, clock)

        assert (why(host, "renewing", at=then).live is not None, why(host, "renewing", at=then).bar) == (True, None)
        assert why(host, "renewing", at=clock.at).barred == "again"


def test_a_past_instant_tells_no_turn_that_is_not_kept(host, clock):
    tell(host, "acme", fields=KNOWN | {"renewal_date": "2026-12-31"})
    clock.go(days=1)

    assert why(host, "renewing", at=clock.at).turned is None


def test_a_start_by_a_persons_word_is_no_turn(host):
    apply(host, playbook(REST, name="rich", start="start: {when: account.arr > 5000, by_hand: true}\n"))
    tell(host, "acme", fields=KNOWN)
    starts.start(host, "rich", "acme", by="ann")

    found = why(host, "rich")

    assert (found.turned, found.past[0]["by"]) == (None, "ann")


def test_a_held_start_is_said_to_be_held_until_somebody_lets_it_be(host, clock):
    apply(host, playbook(REST, name="rich", head="limit: 1 per day\n", start="start: {when: account.arr > 5}\n"))
    for account in ("other", "acme"):
        tell(host, account, fields=KNOWN)
    held = why(host, "rich")

    releasing.drop(host, "rich", ["acme"], by="ann")

    assert (held.barred, held.bar.endswith("`playbook release rich --account acme` starts it")) == ("limit", True)
    assert [(one["reason"], one.get("by")) for one in why(host, "rich").past] == [("limit", None), ("dropped", "ann")]
    assert why(host, "rich").barred != "limit"


def test_an_event_that_was_told_too_late_is_recorded_as_a_start_that_did_not_happen(host, clock):
    apply(host, playbook(REST, name="called", start="start: {on: survey, where: event.score < 3}\n"))
    tell(host, "acme", fields=KNOWN)
    clock.go(days=40)
    for age, score in ((3, 1), (3, 9), (35, 1)):
        tell(host, "acme", event="survey", data={"score": score}, at=clock.at - timedelta(days=age))

    assert [one["reason"] for one in why(host, "called").past] == ["late"]


def test_nothing_is_told_of_what_lies_ahead(host, clock):
    tell(host, "acme", fields=KNOWN)

    with pytest.raises(NotFound, match="it lies ahead"):
        why(host, at=clock.at + timedelta(days=1))


EACH = "each: contacts\n"
LOW = "start: {when: item.relationship <= 2}\n"


def test_of_a_playbook_with_a_run_for_each_contact_one_is_asked_about(host):
    apply(host, playbook(REST, name="calls", head=EACH, start=LOW))
    tell(host, "acme", fields=KNOWN)
    tell(host, "acme", contact={"id": "c1", "name": "Kim", "relationship": 4})
    tell(host, "acme", contact={"id": "c2", "name": "Lee", "relationship": 4})
    tell(host, "acme", contact={"id": "c2", "relationship": 1})

    def told(subject):
        return host.database.read(lambda connection: why_told(connection, host, "acme", "calls", subject=subject))

    assert (told("c1").truth, told("c1").live, told("c1").past) == (False, None, [])
    assert (told("c2").truth, len(told("c2").past)) == (True, 1)
    assert told("c2").to_json()["subject"] == "c2"
    with pytest.raises(NotFound, match="say which subject of c1, c2 is meant"):
        told("")


def test_an_event_of_nobody_is_told_to_whoever_asks_why_of_one(host):
    apply(host, playbook(REST, name="calls", head=EACH, start="start: {on: survey}\n"))
    tell(host, "acme", fields=KNOWN)
    tell(host, "acme", contact={"id": "c1", "name": "Kim"})
    tell(host, "acme", event="survey", data={"score": 3})

    found = host.database.read(lambda connection: why_told(connection, host, "acme", "calls", subject="c1"))

    assert [(one["event"], one["reason"]) for one in found.past] == [("not_started", "no_contact")]
