"""What a playbook's file becomes, and what keeps it from becoming anything. Wrong files are in tests/bad."""

from dataclasses import replace

import pytest

from engine.compile import compile_playbook, compile_with_notes
from engine.logic import Condition, compile_condition
from engine.plan import Plan
from engine.policy import Stop
from engine.problems import Problems
from engine.source import read
from tests.support.playbooks import compiled, problems, setting, source

LOOK = "  - {task: look}"


def test_what_an_author_leaves_away_has_its_default():
    plan = compiled("playbook: bare\nowner: csm\nsteps:\n  - {task: look_at_it}\n")

    assert (plan.title, plan.stages, plan.tiers, plan.priority, plan.anchor) == ("bare", None, None, 50, None)
    assert (plan.start.by_rule, plan.start.by_hand, plan.start.mode, plan.start.again.mode) == (
        True,
        False,
        "becomes",
        "never",
    )
    spec = plan.steps["look_at_it"].spec
    assert (spec.title, spec.assign, spec.outcomes, str(spec.due)) == (
        "Look at it",
        "csm",
        ("done", "skipped"),
        "5 business days",
    )


def test_stage_and_tiers_are_part_of_the_start_alone():
    plan = compiled(source(LOOK, "tiers: [growth, starter]\n", stage="[renewal, advocacy]"))

    assert plan.start.scope is not None
    assert plan.start.scope.reads == {"account.stage", "account.tier"}
    assert plan.stops == ()


def test_an_edit_of_the_steps_makes_another_version_and_keeps_the_start():
    start = "start: {when: metrics.nps.value < 5}\n"

    before, after = compiled(source(LOOK, start=start)), compiled(source("  - {task: check_it}", start=start))

    assert before.hash != after.hash
    assert before.start_hash == after.start_hash


def with_policy_stop():
    condition = compile_condition('account.status == "churned"', setting().vocabulary.names())
    assert isinstance(condition, Condition)
    return replace(setting(), policy=replace(setting().policy, stop=(Stop(condition, "churned"),)))


@pytest.mark.parametrize(("head", "outcomes"), [("", ["lost", "churned"]), ("policy_stop: false\n", ["lost"])])
def test_the_policys_stops_come_behind_the_playbooks_own_unless_it_says_otherwise(head, outcomes):
    document = read(source(LOOK, head + "stop: {when: account.arr == 0, outcome: lost}\n"), "example.yaml")
    assert not isinstance(document, Problems)

    plan = compile_playbook(document, with_policy_stop())

    assert isinstance(plan, Plan)
    assert [one.outcome for one in plan.stops] == outcomes


def test_cases_that_cover_a_choice_which_every_account_has_need_no_otherwise():
    covered = """
  - branch: status
    cases:
      - {when: account.status == "active", then: []}
      - {when: 'account.status in ["paused", "churned"]', then: []}
"""

    assert not problems(source(covered))
    assert [one.code for one in problems(source(covered.replace('"paused", ', "")))] == ["no-otherwise"]


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ('account.status == "paused" or account.status == "churned"', []),
        ('account.status != "active"', []),
        ('not (account.status == "active" or account.status == "paused") or account.status == "paused"', []),
        ('account.status != "active" and account.status != "paused"', ["no-otherwise"]),
        ('account.status != "active" and account.arr > 5', ["no-otherwise"]),
    ],
)
def test_a_choice_is_covered_however_the_cases_say_it(case, code):
    steps = f"""
  - branch: status
    cases: [{{when: account.status == "active", then: []}}, {{when: '{case}', then: []}}]
"""

    assert [one.code for one in problems(source(steps))] == code


def test_what_is_no_choice_is_covered_by_no_cases():
    steps = '  - {branch: b, cases: [{when: account.name == "a", then: []}, {when: account.name != "a", then: []}]}'

    assert [one.code for one in problems(source(steps))] == ["no-otherwise"]


def test_cases_that_cover_the_outcomes_of_a_step_need_no_otherwise():
    steps = """
  - {task: look, outcomes: [saved, lost]}
  - branch: how
    cases:
      - {when: outcome.look == "saved", then: []}
      - {when: outcome.look == "lost", then: []}
      - {when: outcome.look == "skipped", then: []}
"""

    assert not problems(source(steps))


def test_a_wait_for_a_date_that_every_account_has_needs_no_otherwise():
    assert not problems(source("  - {wait: year, until: 1 year after account.start_date}"))


def test_days_before_the_anchor_need_no_otherwise():
    assert not problems(source("  - {wait: early, until: day -90}", "anchor: account.renewal_date\n"))


def test_what_the_run_remembers_of_its_start_is_what_its_conditions_ask_for():
    goal = "goal: {when: account.arr > at_start(account.arr), outcome: grown}\n"

    assert compiled(source(LOOK, goal)).at_start == {"account.arr"}


def test_a_condition_may_name_the_outcome_of_whatever_may_have_happened_before_it():
    steps = """
  - branch: size
    cases: [{when: account.arr >= 10, then: [{task: big}]}]
    otherwise: [{task: small}]
  - branch: how
    cases: [{when: outcome.big == "done" or outcome.small == "done", then: []}]
    otherwise: []
"""

    assert not problems(source(steps))


def test_a_mail_that_is_waited_for_reads_contacts_by_any_name():
    steps = """
  - email: hello
    to: {each: 'contact.role == "champion" and any(c.role == contact.role for c in contacts)'}
    subject: Hi
    text: Hello
    missing: wait
"""
    found = problems(source(steps))

    assert [one.code for one in found] in ([], ["missing-wait"])


def test_a_branch_without_otherwise_is_one_fault_and_hides_nothing_behind_it():
    ends = "  - {branch: how, cases: [{when: metrics.nps.value > 8, then: [{end: well}]}]}\n  - {task: look}\n"

    assert [one.code for one in problems(source(ends))] == ["no-otherwise"]


def test_warnings_alone_do_not_keep_a_plan_from_being_made():
    document = read(source(LOOK), "example.yaml")
    assert not isinstance(document, Problems)

    plan, found = compile_with_notes(document, setting())

    assert plan is not None
    assert found.errors == ()


@pytest.mark.parametrize(
    ("start", "again"),
    [
        ("never", ("never", None, None)),
        ("always", ("always", None, None)),
        ("after 30 days", ("after", "30 days", None)),
        ("'after 1 month, at most 3 times'", ("after", "1 month", 3)),
        ("'after 2 weeks , at most 1 time'", ("after", "2 weeks", 1)),
    ],
)
def test_how_often_an_account_may_enter(start, again):
    found = compiled(source(LOOK, start=f"start: {{when: account.arr > 1, again: {start}}}\n")).start.again

    assert (found.mode, str(found.after) if found.after else None, found.at_most) == again


HEAD = """\
stop:
  - {when: account.arr > 5 and account.tier == "blu", outcome: lost}
"""
START = """\
start:
  when: account.arr > 5
    and account.tier == "gron"
    and account.nosuch == "x"
"""
CONDITIONS = """\
  - branch: which
    cases:
      - when: |
          account.arr > 5 and
            account.no_one == "x" and account.tier == "bleu"
        then: []
      - when: >-
          metrics.nps.value > 3
          and account.renewal_date > 30
        then: []
      - when: 'any(c.role == "champion" and c.rol == "x" for c in contacts)'
        then: []
      - when: {"==": [{"var": "account.tier"}, "blue"]}
        then: []
    otherwise: []
  - wait: awaited
    for: account.arr > 5 and at_start(account.no_where) == "x"
    at_most: 3 days
    otherwise: []
  - update: fields
    set: {arr: 1 + account.no_how}
"""


def test_a_fault_of_a_condition_stands_at_the_wrong_word_however_the_text_is_folded():
    text = source(CONDITIONS, HEAD, START)
    rows = text.splitlines()

    found = sorted((one.line, one.column) for one in problems(text).errors)

    wrong = [
        '"gron"', "account.nosuch", '"blu"', "account.no_one", '"bleu"', "account.renewal_date > 30", "c.rol ",
        '"blue"', "account.no_where", "account.no_how",
    ]  # fmt: skip
    places = [(row, line.index(word) + 1) for word in wrong for row, line in enumerate(rows, 1) if word in line]
    assert found == sorted(places)
