"""The shipped workspace is sound, its tests pass, and they go through every step and every way of each playbook."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given

from engine.compile import compile_with_notes
from engine.document import Document
from engine.plan import Plan, template_of
from engine.playtest import Report, read_tests, run_tests
from engine.problems import Problems
from engine.setting import Setting
from engine.source import read
from engine.workspace import Workspace, load
from tests.support.examples import law
from tests.support.spoilt import spoilt
from workers.checking import check

FOLDER = Path(__file__).parents[2] / "playbooks"
PLAYBOOKS = (
    "ask", "champion-left", "coaching", "csat-fall", "detractor", "expansion", "high-touch", "kickoff", "logins-drop",
    "missed-meetings", "nps-fall", "payment-failed", "quarterly-review", "reference", "renewal-120", "renewal-risk", "self-serve", "sessions",
    "severe-week", "ticket-surge", "usage-drop",
)  # fmt: skip


@cache
def workspace() -> Workspace:
    return load(FOLDER)


@cache
def setting() -> Setting:
    found = workspace()
    return Setting(found.vocabulary, found.policy, found.people, found.templates, PLAYBOOKS)


def compiled(document: Document) -> tuple[Plan | None, Problems]:
    return compile_with_notes(document, setting())


@cache
def plans() -> dict[str, Plan]:
    return {plan.playbook: plan for document in workspace().playbooks if (plan := compiled(document)[0])}


@cache
def reports() -> dict[str, Report]:
    told = {}
    for document in workspace().tests:
        playbook, stories, problems = read_tests(document, setting())
        assert list(problems) == []
        told[playbook] = run_tests(document, plans()[playbook], stories, setting(), others=plans())
    return told


def taken(playbook: str) -> set[str]:
    """Paths of everything that the tests of a playbook came past, whichever occurrence of it."""
    paths = {template_of(entry.path) for result in reports()[playbook].results for entry in result.told.trace}
    return paths | {"/".join(path.split("/")[:n]) for path in paths for n in range(1, path.count("/") + 1)}


def cases(playbook: str) -> set[tuple[str, object]]:
    """Each branch that the tests came to, with the case it took."""
    return {
        (template_of(entry.path), entry.fields["case"])
        for result in reports()[playbook].results
        for entry in result.told.trace
        if entry.event == "branched"
    }


def test_the_workspace_is_sound():
    assert [str(problem) for problem in workspace().problems] == []


def test_every_file_compiles_without_a_word_of_complaint():
    problems = [str(problem) for document in workspace().playbooks for problem in compiled(document)[1]]

    assert problems == []
    assert tuple(sorted(plans())) == PLAYBOOKS


def test_a_version_has_its_name_wherever_the_files_lie_and_when_it_is_read_again():
    plans = check(FOLDER).plans.values()

    renamed = [one.playbook for one in plans if Plan.model_validate_json(one.model_dump_json()).hash != one.hash]

    assert renamed == []


def test_every_stage_has_a_playbook_and_every_tier_several():
    stages = {stage for plan in plans().values() for stage in plan.stages or ()}

    assert stages == {"onboarding", "adoption", "renewal", "advocacy"}
    for tier in ("starter", "growth", "enterprise"):
        assert sum(not plan.tiers or tier in plan.tiers for plan in plans().values()) >= 5


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_what_the_files_expect_comes_true(playbook: str):
    results = reports()[playbook].results

    assert results
    assert [(result.test, result.missed) for result in results if not result.passed] == []


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_step_is_gone_through_by_some_test(playbook: str):
    assert set(plans()[playbook].steps) - taken(playbook) == set()


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_way_of_every_branch_is_taken_by_some_test(playbook: str):
    branches = {path: step.spec for path, step in plans()[playbook].steps.items() if step.spec.kind == "branch"}

    wanted = {(path, way) for path, spec in branches.items() for way in (*range(1, len(spec.cases) + 1), "otherwise")}

    assert wanted - cases(playbook) == set()


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_rung_of_every_ladder_is_climbed_by_some_test(playbook: str):
    assert set(rungs(plans()[playbook])) - taken(playbook) == set()


def rungs(plan: Plan) -> Iterator[str]:
    for path, step in plan.steps.items():
        if step.spec.kind == "task":
            yield from (f"{path}/overdue/{number}" for number in range(1, len(step.spec.rungs) + 1))
        if step.spec.kind == "escalate":
            yield from (f"{path}/ladder/{number}" for number in range(1, len(step.spec.ladder) + 1))


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_goal_and_stop_of_its_own_ends_some_test(playbook: str):
    plan = plans()[playbook]
    own = {one.outcome for one in (*plan.goals, *plan.stops)} - {"churned"}

    assert own <= {result.told.outcome for result in reports()[playbook].results}


def test_the_first_playbook_of_the_guide_and_its_test_are_right():
    playbook, test = (
        read(next(block.split("```")[0] for block in guide().split("```yaml\n") if block.startswith(begin)), "hello")
        for begin in ("playbook: hello\ntitle", "playbook: hello\ntests")
    )
    assert isinstance(playbook, Document)
    assert isinstance(test, Document)

    plan, problems = compiled(playbook)
    _, stories, faults = read_tests(test, setting())
    assert plan

    assert [str(one) for one in (*problems, *faults)] == []
    assert [result.missed for result in run_tests(test, plan, stories, setting()).results] == [()]


def test_the_guide_counts_what_is_there():
    counted = re.search(r"\((\d+) playbooks, (\d+) steps, (\d+) templates, (\d+) tests\)", guide())
    assert counted

    steps = sum(len(plan.steps) for plan in plans().values())
    tests = sum(len(report.results) for report in reports().values())

    assert [int(one) for one in counted.groups()] == [len(plans()), steps, len(workspace().templates.files), tests]


def guide() -> str:
    return (FOLDER / "README.md").read_text()


def test_every_template_is_used_by_some_step():
    specs = [spec for plan in plans().values() for step in plan.steps.values() for spec in step.specs]
    mails = [mail for spec in specs if spec.kind == "sequence" for mail in spec.mails]
    used = {getattr(one, "template", None) for one in (*specs, *mails)}

    assert {template.name for template in workspace().templates.files} <= used


def test_who_gets_a_mail_in_their_language_gets_them_all_in_it():
    files = workspace().templates.files

    for language in {one.language for one in files}:
        assert {one.name for one in files if one.language == language} == set(workspace().templates.names)


@law(60)
@given(spoilt())
def test_a_spoilt_file_is_understood_or_said_to_be_wrong_and_never_a_crash(text):
    document = read(text, "spoilt.yaml")

    if isinstance(document, Document) and isinstance(document.data, dict) and "tests" in document.data:
        problems = read_tests(document, setting())[2]
    else:
        problems = document if isinstance(document, Problems) else compiled(document)[1]

    assert all(one.message and "object at 0x" not in str(one) for one in problems)
