"""What the demo makes up is always the same, dated in order, and never contradicts the data it is added to."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from workers.demo.made_up import MadeUpFact, made_up
from workers.demo.portfolio_rows import RavenStack, Row

PEOPLE = {"csm": ["noor", "eli"], "ae": ["lena", "cole"]}
END = date(2024, 12, 31)


def account(account_id: str = "A-1", signed_up: str = "2023-03-01", churned: bool = False) -> Row:
    return {
        "account_id": account_id,
        "account_name": "Company_7",
        "signup_date": signed_up,
        "plan_tier": "Pro",
        "churn_flag": str(churned),
    }


def churn(day: str, back: bool = False) -> Row:
    return {"account_id": "A-1", "churn_date": day, "is_reactivation": str(back)}


def use(*days: str) -> tuple[Row, ...]:
    return tuple({"subscription_id": "S-1", "usage_date": day} for day in days)


def ticket(closed: str, score: str) -> Row:
    return {"account_id": "A-1", "ticket_id": "T-1", "closed_at": f"{closed} 10:00:00", "satisfaction_score": score}


def rows(
    *accounts: Row, usage: Sequence[Row] = (), tickets: Sequence[Row] = (), cancelled: Sequence[Row] = ()
) -> RavenStack:
    subscriptions = ({"subscription_id": "S-1", "account_id": "A-1"},)
    return RavenStack(accounts, subscriptions, tuple(usage), tuple(tickets), tuple(cancelled))


def stages(facts: Sequence[MadeUpFact]) -> list[tuple[str, str]]:
    return [(fact["at"][:10], fact["fields"]["stage"]) for fact in facts if "stage" in fact.get("fields", {})]


def signing(facts: Sequence[MadeUpFact]) -> date:
    """The day on which the first renewal was signed."""
    return date.fromisoformat([fact["at"] for fact in facts if "renewal_date" in fact.get("fields", {})][1][:10])


def test_the_same_seed_gives_the_same_facts_and_another_seed_others():
    portfolio = rows(*(account(f"A-{n}") for n in range(20)))

    first, again, other = (made_up(portfolio, PEOPLE, seed, END) for seed in ("1", "1", "2"))

    assert first == again
    assert first != other


def test_an_account_keeps_its_contacts_when_others_join_the_portfolio():
    alone = made_up(rows(account("A-1")), PEOPLE, "1", END)
    together = made_up(rows(account("A-0"), account("A-1")), PEOPLE, "1", END)

    assert alone == [fact for fact in together if fact["account"] == "A-1"]


def test_facts_come_in_order_of_time_with_ids_that_say_they_are_made_up():
    facts = made_up(rows(*(account(f"A-{n}") for n in range(20))), PEOPLE, "1", END)

    instants = [datetime.fromisoformat(fact["at"]) for fact in facts]
    assert instants == sorted(instants)
    assert len({fact["id"] for fact in facts}) == len(facts)
    assert all(fact["id"].startswith("made-up/") for fact in facts)


def test_every_account_has_a_team_and_one_to_four_contacts_who_cannot_be_reached():
    facts = made_up(rows(*(account(f"A-{n}") for n in range(50))), PEOPLE, "1", END)

    for n in range(50):
        mine = [fact for fact in facts if fact["account"] == f"A-{n}"]
        contacts = [fact["contact"] for fact in mine if "contact" in fact]
        assert [set(fact["team"]) for fact in mine if "team" in fact] == [{"csm", "ae"}]
        assert 1 <= len(contacts) <= 4
        assert all(str(contact["email"]).endswith("@company-7.example.test") for contact in contacts)


def test_work_is_spread_over_all_colleagues():
    facts = made_up(rows(*(account(f"A-{n}") for n in range(50))), PEOPLE, "1", END)

    assert {fact["team"]["csm"] for fact in facts if "team" in fact} == set(PEOPLE["csm"])


def test_a_customer_goes_from_onboarding_through_adoption_to_the_renewal():
    facts = made_up(rows(account(signed_up="2023-03-01")), PEOPLE, "1", END)

    assert stages(facts)[:3] == [("2023-03-01", "onboarding"), ("2023-05-15", "adoption"), ("2023-11-02", "renewal")]


def test_a_signed_renewal_moves_the_date_a_year_on_and_ends_the_stage():
    facts = made_up(rows(account(signed_up="2023-03-01")), PEOPLE, "1", END)

    dates = [fact["fields"]["renewal_date"] for fact in facts if "renewal_date" in fact.get("fields", {})]
    assert dates[:2] == ["2024-03-01", "2025-03-01"]
    assert stages(facts)[3] == (signing(facts).isoformat(), "adoption")


def test_most_renewals_are_signed_ahead_and_a_few_only_after_they_had_lapsed():
    facts = made_up(rows(*(account(f"A-{n}") for n in range(200))), PEOPLE, "1", END)

    signed = [
        (date.fromisoformat(fact["at"][:10]) - date(2024, 3, 1)).days
        for fact in facts
        if fact.get("fields", {}).get("renewal_date") == "2025-03-01"
    ]
    assert sum(days < 0 for days in signed) > 100
    assert sum(days > 14 for days in signed) > 5
    assert min(signed) > -120


def test_a_renewal_on_the_29th_of_february_falls_on_the_28th_in_other_years():
    facts = made_up(rows(account(signed_up="2024-02-29")), PEOPLE, "1", END)

    assert next(fact for fact in facts if "renewal_date" in fact.get("fields", {}))["fields"] == {
        "renewal_date": "2025-02-28"
    }


def test_a_healthy_customer_becomes_an_advocate_on_signing():
    day = signing(made_up(rows(account()), PEOPLE, "1", END))
    usage = use(*[day.isoformat()] * 5)

    facts = made_up(rows(account(), usage=usage), PEOPLE, "1", END)

    assert stages(facts)[3] == (day.isoformat(), "advocacy")


@pytest.mark.parametrize("trouble", ["poor rating", "cancellation", "little use"])
def test_a_customer_in_trouble_goes_back_to_adoption_on_signing(trouble: str):
    day = signing(made_up(rows(account()), PEOPLE, "1", END))
    usage = use(*[day.isoformat()] * (4 if trouble == "little use" else 5))
    tickets = [ticket(day.isoformat(), "3.0")] if trouble == "poor rating" else []
    cancelled = [churn(day.isoformat())] if trouble == "cancellation" else []

    facts = made_up(rows(account(), usage=usage, tickets=tickets, cancelled=cancelled), PEOPLE, "1", END)

    assert stages(facts)[3] == (day.isoformat(), "adoption")


def test_nothing_more_happens_to_a_customer_who_has_left():
    facts = made_up(rows(account(churned=True), cancelled=[churn("2023-06-01")]), PEOPLE, "1", END)

    assert stages(facts)[-1] == ("2023-05-15", "adoption")


def test_life_goes_on_for_a_customer_who_has_come_back():
    left_and_back = [churn("2023-06-01"), churn("2023-07-01", back=True)]

    facts = made_up(rows(account(churned=True), cancelled=left_and_back), PEOPLE, "1", END)

    assert ("2023-11-02", "renewal") in stages(facts)


def test_a_cancelled_contract_of_a_customer_who_stays_changes_no_stage():
    facts = made_up(rows(account(churned=False), cancelled=[churn("2023-06-01")]), PEOPLE, "1", END)

    assert ("2023-11-02", "renewal") in stages(facts)


def test_nothing_is_made_up_past_the_end_of_the_data():
    facts = made_up(rows(account(), account("A-2", signed_up="2023-09-01")), PEOPLE, "1", date(2023, 6, 1))

    assert {fact["account"] for fact in facts} == {"A-1"}
    assert facts[-1]["at"] == "2023-05-15T14:05:00Z"
