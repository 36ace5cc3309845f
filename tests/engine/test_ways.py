"""Values that are one for each tier or stage."""

import pytest

from engine.diff import differences
from engine.plan import Plan
from engine.render.plans import plan_lines
from tests.support.playbooks import compiled, lines, problems, source, told

DUE = "{enterprise: 1 business day, growth: 3 business days, starter: 10 business days}"
REVIEW = f"  - task: review\n    due: {DUE}"


def due_of(steps: str = REVIEW, **said: object) -> object:
    return next(one for one in told(steps, **said).trace if one.event == "opened").fields["due"]


@pytest.mark.parametrize(("tier", "due"), [("enterprise", "2026-03-03"), ("growth", "2026-03-05")])
def test_a_value_is_the_one_of_the_account_s_tier(tier, due):
    assert str(due_of(account={"tier": tier})).startswith(due)


def test_a_value_may_be_by_stage_beside_one_by_tier():
    steps = (
        f"{REVIEW}\n    assign: {{onboarding: ae, adoption: csm, renewal: cs_manager, advocacy: csm}}\n"
        "  - wait: on\n    for: 1 day"
    )

    opened = next(one for one in told(steps, account={"stage": "renewal"}).trace if one.event == "opened")

    assert (opened.fields["assigned"], str(opened.fields["due"])[:10]) == ("cs_manager", "2026-03-05")


def test_a_value_stays_what_it_was_when_the_step_was_entered():
    after = "{enterprise: 1 day, growth: 2 days, starter: 3 days}"
    steps = f"{REVIEW}\n    overdue:\n      - {{after: {after}, remind: assignee}}"
    then = [{"after": "1 day", "account": {"tier": "enterprise"}}, {"after": "30 days", "complete": "review"}]

    result = told(steps, then=then)

    assert lines(result, "reminded") == [("2026-03-07T22:00:00Z", "review/overdue/1")]


def test_an_account_whose_tier_is_not_known_is_asked_about_and_goes_on_when_it_is():
    result = told(REVIEW, account={"tier": None}, then=[{"after": "2 days", "account": {"tier": "growth"}}])

    assert [(one.event, one.at.day) for one in result.trace if one.step] == [
        ("parked", 2),
        ("resumed", 4),
        ("opened", 4),
    ]
    assert "account.tier is not known" in str(result.trace[1].fields["reason"])


def test_an_account_that_has_moved_to_a_tier_of_which_nothing_is_said_waits_for_a_person():
    steps = "  - wait: on\n    for: 2 days\n  - task: review\n    due: {enterprise: 1 day, growth: 2 days}"
    head = "tiers: [enterprise, growth]\n"

    result = told(steps, head, then=[{"after": "1 day", "account": {"tier": "starter"}}])

    assert result.trace[-1].fields["reason"] == "its values are by tier, and the step says nothing for tier starter"


@pytest.mark.parametrize("assign", ["csm", "{onboarding: ae, adoption: csm, renewal: csm}"])
def test_it_goes_on_by_itself_when_it_is_in_one_of_which_something_is_said(assign):
    due = "{enterprise: 1 day, growth: 2 days}"
    steps = f"  - wait: on\n    for: 2 days\n  - task: review\n    due: {due}\n    assign: {assign}"
    moves = [("1 day", {"tier": "starter"}), ("3 days", {"stage": "renewal"}), ("4 days", {"tier": "growth"})]
    head = "tiers: [enterprise, growth]\n"

    result = told(steps, head, stage="[onboarding, adoption]", then=[{"after": at, "account": to} for at, to in moves])

    assert [(one.event, one.at.day) for one in result.trace[3:]] == [("parked", 4), ("resumed", 6), ("opened", 6)]


def test_a_limit_and_what_is_inside_the_step_are_those_of_the_way_that_was_taken():
    steps = (
        "  - task: review\n    at_most: {enterprise: 1 day, growth: 2 days, starter: 3 days}\n"
        "    otherwise:\n      - task: again\n        due: {enterprise: 1 day, growth: 2 days, starter: 3 days}"
    )

    result = told(steps)

    assert lines(result, "timed_out", "opened")[1:] == [
        ("2026-03-04T14:00:00Z", "review"),
        ("2026-03-04T14:00:00Z", "review/otherwise/again"),
    ]


def test_each_alternative_is_checked_at_its_own_place():
    text = source("  - task: review\n    due: {enterprise: 1 dy, growth: 2 days, starter: 3}\n    assign: nobody")

    found = [(one.line, one.column, one.code) for one in problems(text)]

    assert found == [(6, 23, "invalid-time"), (6, 54, "invalid-time"), (7, 13, "unknown-role")]


def test_what_is_missing_and_what_is_no_tier_is_said_with_the_words():
    text = source("  - task: review\n    due: {enterprise: 1 day, grwth: 2 days}")

    found = [one.message for one in problems(text)]

    assert found == ["'due' has nothing for tier growth and starter", "'grwth' is not a tier"]


def test_only_the_tiers_that_the_playbook_is_for_must_be_there():
    assert not problems(source("  - task: review\n    due: {enterprise: 1 day}", "tiers: [enterprise]\n"))


def test_a_plan_says_what_differs_and_so_does_a_change_of_it():
    before, after = compiled(source(REVIEW)), compiled(source(REVIEW.replace("3 business days", "4 business days")))

    assert "    for growth: due 3 business days" in plan_lines(before)
    assert differences(before, after) == ["task review for growth: due: 3 business days -> 4 business days"]


def test_a_plan_with_ways_is_stored_and_read_and_one_without_keeps_its_form():
    plan = compiled(source(REVIEW))

    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert "ways" not in compiled(source("  - task: review")).model_dump_json()
