"""Parameters: values that whoever starts a playbook may set."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import count

import pytest

from engine.account import Account
from engine.compile import compile_with_notes
from engine.desk import Desk
from engine.instants import told_together
from engine.moments import Moment, facts_of
from engine.parameters import kind_of, spoken
from engine.plan import Plan
from engine.playtest import check_values
from engine.setting import Setting
from engine.simulate import simulate
from engine.source import read
from engine.tailoring import Unfit, tailored
from engine.trace import Entry
from engine.trigger import Rules
from tests.support.playbooks import compiled, lines, problems, setting, source, story, told

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
HEAD = "parameters: {notice: 90 days, who: csm, most: 2, share: 30%}\n"
STEPS = """
  - task: review
    title: "Look ($notice, for $$who)"
    assign: $who
    due: $notice
  - wait: near
    until: $notice before account.renewal_date
    otherwise: []
  - branch: small
    cases:
      - when: account.seats <= $most or metrics.nps.change <= -$share
        then: []
    otherwise: []
"""


def codes(text: str) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in problems(text)]


def opened(**said: object) -> dict[str, object]:
    trace = told(STEPS, HEAD, "start: by hand\n", **said).trace
    return next(dict(one.fields) for one in trace if one.event == "opened")


def test_the_default_stands_wherever_the_name_does():
    plan = compiled(source(STEPS, HEAD))

    step = plan.steps["review"].spec

    assert (step.title, step.assign, str(step.due)) == ("Look (90 days, for $who)", "csm", "90 days")
    assert str(plan.steps["near"].spec.until) == "90 days before account.renewal_date"
    assert plan.steps["small"].spec.cases[0].text == "account.seats <= 2 or metrics.nps.change <= -30%"


def test_a_date_needs_no_quotes_in_a_condition():
    steps = "  - {branch: late, cases: [{when: account.renewal_date < $cutoff, then: [{end: before}]}], otherwise: []}"
    head = "parameters: {cutoff: 2026-07-01}\n"

    early = told(steps, head=head, start="start: by hand\n")
    late = told(steps, head=head, start="start: by hand\n", account={"renewal_date": "2026-07-01"})

    assert (early.outcome, late.outcome) == ("before", "completed")


def test_a_run_is_given_other_values_and_says_which_it_has():
    result = told(STEPS, HEAD, "start: by hand\n", **{"with": {"notice": "5 days", "who": "ae"}})

    started, first = result.trace[0], result.trace[1]
    assert started.fields["parameters"] == {"notice": "5 days", "who": "ae", "most": 2, "share": "30%"}
    assert (first.fields["assigned"], str(first.fields["due"])[:10]) == ("ae", "2026-03-07")


def test_the_plan_of_a_run_with_values_of_its_own_is_stored_and_read_and_names_the_one_it_is_made_of():
    plan = compiled(source(STEPS, HEAD))

    made = tailored(Plan.model_validate_json(plan.model_dump_json()), {"most": {"decimal": "2.5"}}, setting())

    assert made.of == plan.hash != made.hash
    assert made.parameters == plan.parameters | {"most": {"decimal": "2.5"}}
    assert Plan.model_validate_json(made.model_dump_json()) == made


def test_the_defaults_themselves_make_no_other_plan():
    plan = compiled(source(STEPS, HEAD))

    assert tailored(plan, {"notice": "90 days"}, setting()) is plan


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"notise": "1 day"}, "the playbook has no parameter 'notise'. Did you mean 'notice'?"),
        ({"notice": "60d"}, "'60d' is not a time such as '3 business days', as 'notice' is. Did you mean '60 day"),
        ({"most": "many"}, "'many' is not a number, as 'most' is"),
        ({"who": "nobody_at_all"}, "step 'review' > assign: nobody has the role 'nobody_at_all'"),
    ],
)
def test_what_does_not_fit_is_said_in_sentences(given, said):
    with pytest.raises(Unfit) as unfit:
        tailored(compiled(source(STEPS, HEAD)), given, setting())

    assert said in str(unfit.value)


def test_a_name_that_is_not_declared_is_an_error_where_it_stands():
    text = source("  - task: review\n    due: $notise\n    title: costs $who", "parameters: {notice: 1 day}\n")

    found = [(one.line, one.column, one.message) for one in problems(text) if one.code == "unknown-parameter"]

    assert found == [(7, 10, "there is no parameter 'notise'"), (8, 18, "there is no parameter 'who'")]


def test_a_parameter_that_is_used_nowhere_is_an_error():
    assert codes(source("  - task: review", "parameters: {notice: 1 day}\n")) == [
        ("unused-parameter", "'$notice' is used nowhere")
    ]


def test_a_default_is_one_value():
    assert codes(source("  - task: review\n    due: $notice", "parameters: {notice: [1 day]}\n"))[0] == (
        "wrong-type",
        "the default of 'notice' is one value, not a list",
    )


def test_a_default_of_the_wrong_type_is_told_where_it_is_used():
    found = problems(source("  - task: review\n    due: $notice", "parameters: {notice: champion}\n"))

    assert [(one.line, one.code) for one in found] == [(7, "invalid-time")]


def test_text_that_only_looks_like_money_is_left_alone():
    assert not problems(source('  - task: review\n    title: "about $500, or US$ 20"'))


def test_values_may_be_by_tier_too():
    steps = "  - task: review\n    due: {enterprise: $fast, growth: $slow, starter: $slow}"

    result = told(steps, "parameters: {fast: 1 day, slow: 4 days}\n")

    assert str(result.trace[1].fields["due"])[:10] == "2026-03-06"


def test_a_story_s_values_are_checked():
    plan = compiled(source(STEPS, HEAD, "start: by hand\n"))

    result = simulate(plan, story(**{"with": {"who": "nobody_at_all"}}), setting())

    assert "nobody has the role 'nobody_at_all'" in result.faults[0]
    assert lines(result, "started") == []


def test_a_story_s_values_hold_however_its_runs_start_and_for_the_start_itself():
    head, start = "parameters: {least: 9, pause: 2 days}\n", "start: {when: metrics.nps.value >= $least}\n"
    steps, then = "  - {wait: a_while, for: $pause}", [{"after": "1 day", "metrics": {"nps": 7}}]

    given = told(steps, head, start, then=then, **{"with": {"least": 7, "pause": "3 days"}})

    assert told(steps, head, start, then=then).trace == []
    assert given.trace[0].fields["parameters"] == {"least": 7, "pause": "3 days"}
    assert str(given.ended_at)[:10] == "2026-03-06"


@pytest.mark.parametrize("start", ["", "start: by hand\n"])
@pytest.mark.parametrize(
    ("given", "where", "said"),
    [
        ({"most": 3, "mots": 3}, " > mots", "the playbook has no parameter 'mots'. Did you mean 'most'?"),
        ({"notice": 5}, " > notice", "5 is not a time such as '3 business days', as 'notice' is. Say '5 days', "),
        ({"who": "nobody_at_all"}, "", "with these values 'example' is wrong: step 'review' > assign: nobody has"),
    ],
)
def test_values_of_a_test_that_do_not_fit_are_told_at_their_place(start, given, where, said):
    document = read(f"with: {json.dumps(given)}", "example.test.yaml")

    found = check_values(document, compiled(source(STEPS, HEAD, start)), story(**{"with": given}), setting())

    assert [(one.where, one.line) for one in found.errors] == [(f"test 'story' > with{where}", 1)]
    assert said in str(found)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "flag"),
        (3, "number"),
        (Decimal("0.5"), "number"),
        ("90 days", "time"),
        ("30%", "percent"),
        ("2026-03-01", "date"),
        ("champion", "text"),
        ("day 30", "text"),
    ],
)
def test_the_type_of_a_parameter_is_that_of_its_default(value, kind):
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("typed", "value"), [("60", 60), ("0.5", Decimal("0.5")), ("true", True), ("5 days", "5 days")]
)
def test_what_is_typed_has_the_type_that_it_looks_like(typed, value):
    assert spoken(typed) == value
    assert type(spoken(typed)) is type(value)


def test_a_play_gives_values_and_the_other_run_keeps_them():
    other = compiled(source(STEPS, HEAD, "start: by hand\n").replace("playbook: example", "playbook: other"))
    mine = compiled(source("  - play: go\n    playbook: other\n    with: {notice: 5 days}", start="start: by hand\n"))
    desk = desk_of(mine, other)

    desk.start("example", NOW)

    run = next(one for one in desk.runs.values() if one.playbook == "other")
    assert run.parameters["notice"] == "5 days"
    assert desk.changes.plans[run.plan].steps["review"].spec.due.amount == 5


def test_a_play_with_values_that_the_other_takes_no_more_does_not_start_it():
    other = compiled(source("  - task: go", start="start: by hand\n").replace("playbook: example", "playbook: other"))
    mine = compiled(source("  - play: go\n    playbook: other\n    with: {notice: 5 days}", start="start: by hand\n"))
    desk = desk_of(mine, other)

    desk.start("example", NOW)

    assert [one.fields["reason"] for _, name, one in desk.changes.trace if name == "other"] == ["parameters"]


def desk_of(*plans: Plan) -> Desk:
    numbers = count(1)
    desk = Desk(
        setting=setting(),
        rules=Rules.of(plans),
        account=Account("acme"),
        plans={plan.hash: plan for plan in plans}.__getitem__,
        new_run=lambda _, playbook: f"{playbook}/{next(numbers)}",
    )
    desk.take(
        *(fact for facts in told_together(facts_of(story().moments[0], setting().vocabulary)) for fact in facts),
        now=NOW,
    )
    return desk


# --- an account's own

OWN = "parameters: {who: csm, notice: {default: 90 days, from: account.asked_for}}\n"
WAIT = "  - {task: review, assign: $who, due: $notice}\n"
BY_RULE = "start: {when: account.arr > 9}\n"


@cache
def with_terms() -> Setting:
    """The standard setting, where an account may say what it has asked for."""
    asked_for = replace(setting().vocabulary.fields["name"], name="asked_for", required=False)
    fields = {**setting().vocabulary.fields, "asked_for": asked_for}
    return replace(setting(), vocabulary=replace(setting().vocabulary, fields=fields))


def own(asked_for: str | None, start: str = BY_RULE, **said: object) -> list[Entry]:
    document = read(source(WAIT, OWN, start), "example.yaml")
    plan, found = compile_with_notes(document, with_terms())
    assert plan is not None, str(found)
    told_of = replace(story(**said), moments=())
    fields = {"name": "Acme", "arr": 10, "stage": "adoption", "asked_for": asked_for, "start_date": "2025-06-01"}
    first = Moment(NOW, ({"id": "1", "account": "account", "at": NOW.isoformat(), "fields": fields},))
    return simulate(plan, replace(told_of, moments=(first,)), with_terms()).trace


@pytest.mark.parametrize("start", [BY_RULE, "start: by hand\n"])
@pytest.mark.parametrize(("asked_for", "expected"), [(None, "90 days"), ("5 days", "5 days")])
def test_an_account_says_its_own_value_in_a_field(start, asked_for, expected):
    started = own(asked_for, start)[0]

    assert (started.event, started.fields["parameters"]) == ("started", {"who": "csm", "notice": expected})


@pytest.mark.parametrize("start", [BY_RULE, "start: by hand\n"])
def test_what_a_story_or_a_start_gives_goes_before_the_accounts_own(start):
    started = own("5 days", start, **{"with": {"notice": "7 days"}})[0]

    assert started.fields["parameters"]["notice"] == "7 days"


def test_beside_what_a_story_gives_the_accounts_own_counts():
    started = own("5 days", **{"with": {"who": "ae"}})[0]

    assert started.fields["parameters"] == {"who": "ae", "notice": "5 days"}


@pytest.mark.parametrize("start", [BY_RULE, "start: by hand\n"])
def test_an_own_value_that_does_not_fit_starts_nothing_and_the_trace_says_so(start):
    (told,) = own("soon", start)

    assert (told.event, told.fields["reason"]) == ("not_started", "parameters")
    (said,) = told.fields["unfit"]
    assert said.startswith("'soon' is not a time such as '3 business days', as 'notice' is.")
