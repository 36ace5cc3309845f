"""`playbook test`: the tests beside the playbooks, on the virtual clock."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from engine.plan import Plan
from engine.playtest import Result, run_tests
from engine.problems import InvalidWorkspace, Problem
from engine.render import timeline
from engine.setting import Setting
from engine.simulate import played
from workers.checking import Checked
from workers.cli.coverage import Coverage, coverage_of
from workers.cli.decisions import decision_lines, decisions_of_start
from workers.cli.faults import FINE, WRONG
from workers.cli.output import print_json, say, several, zone_clock
from workers.cli.places import chosen_paths
from workers.cli.program import with_example
from workers.cli.selection import Selected, select
from workers.wording import bars_of


@dataclass(slots=True)
class Outcome:
    """What came of the files that were asked for. `stopped` are those that could not be run, with their problems;
    `playbooks` says of the others which playbook each is about.
    """

    selected: Selected
    results: list[Result] = field(default_factory=list)
    stopped: dict[str, list[Problem]] = field(default_factory=dict)
    playbooks: dict[str, str] = field(default_factory=dict)

    @property
    def checked(self) -> Checked:
        return self.selected.checked


@click.command(
    "test",
    epilog=with_example("playbook test", "playbook test playbooks/renewal -k nobody", "playbook test --coverage"),
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("-k", "word", default="", metavar="WORD", help="Only tests whose name has WORD in it.")
@click.option("--coverage", is_flag=True, help="Which steps and ways of the playbooks no test goes through.")
@click.option("--json", "as_json", is_flag=True, help="The results as JSON.")
@click.pass_context
def command(ctx: click.Context, *, paths: tuple[Path, ...], word: str, coverage: bool, as_json: bool) -> None:
    """Runs the tests of *.test.yaml files: those given, those of a playbook (its file or its id), or all of a folder.

    A test that fails prints what happened, each decision with the values that it saw and a mark where it was decided.
    """
    selected, wrong = select(chosen_paths(paths))
    if wrong:
        raise InvalidWorkspace(wrong)
    outcomes = [_run(one, word) for one in selected]
    covered = [_covered(one, name) for one in outcomes for name in _tested(one)]
    if as_json:
        _print_json(outcomes, covered if coverage else [])
    else:
        for outcome in outcomes:
            _print(outcome)
        if coverage:
            say(*(line for one in covered for line in one.lines()))
        say(_conclusion(outcomes, word))
    failed = any(one.stopped or not all(result.passed for result in one.results) for one in outcomes)
    nothing = bool(word) and not any(one.results or one.stopped for one in outcomes)
    ctx.exit(WRONG if failed or nothing else FINE)


def _run(selected: Selected, word: str) -> Outcome:
    checked = selected.checked
    outcome = Outcome(selected)
    for tests in checked.tests:
        if tests.file not in selected.files:
            continue
        playbook = checked.file_of(tests.playbook)
        errors = [
            one for one in selected.problems([tests.file, *([playbook] if playbook else [])]) if one.severity == "error"
        ]
        if errors or tests.document is None:
            outcome.stopped[tests.file] = errors
        else:
            outcome.playbooks[tests.file] = tests.playbook
            plan, stories = checked.plans[tests.playbook], list(tests.stories)
            outcome.results += run_tests(tests.document, plan, stories, checked.setting, word, checked.plans).results
    known = {checked.file_of(tests.playbook) for tests in checked.tests}
    for file in sorted(selected.files & checked.workspace.unread.keys() - known - outcome.stopped.keys()):
        outcome.stopped[file] = [one for one in selected.problems([file]) if one.severity == "error"]
    return outcome


# --- what is said


def _print(outcome: Outcome) -> None:
    for result in outcome.results:
        say(
            f"{'PASS' if result.passed else 'FAIL'}  {outcome.selected.named(result.file)}:{result.line}: {result.test}"
        )
        if not result.passed:
            say(*(f"      {line}" for line in _told(result, outcome)))
    for file, problems in outcome.stopped.items():
        say(
            f"ERROR {outcome.selected.named(file)}: its tests cannot be run",
            *(f"      {problem}" for problem in problems),
        )


def _told(result: Result, outcome: Outcome) -> Iterator[str]:
    """What was missed, then the story as it went."""
    setting = outcome.checked.setting
    plan = played(outcome.checked.plans[outcome.playbooks[result.file]], result.story, setting)
    yield from result.missed
    zone = result.story.calendar(setting).zone
    yield f"what happened (times in {zone}):"
    shown = timeline(result.told.trace, zone_clock(zone), whys=True, bars=bars_of(plan.start))
    yield from (f"  {line}" for line in shown)
    if not any(entry.event == "started" for entry in result.told.trace):
        yield from (f"  {line}" for line in _never_started(plan, result, setting))


def _never_started(plan: Plan, result: Result, setting: Setting) -> Iterator[str]:
    if not plan.start.by_rule:
        yield "it did not start: it is started by hand"
        return
    yield "it did not start:"
    decisions = decisions_of_start(plan, result.story, setting, result.told)
    zone = result.story.calendar(setting).zone
    yield from (f"  {line}" for line in decision_lines(decisions, plan, zone_clock(zone)))


def _conclusion(outcomes: Sequence[Outcome], word: str) -> str:
    passed = Counter(result.passed for one in outcomes for result in one.results)
    stopped = sum(len(one.stopped) for one in outcomes)
    total = passed.total()
    if not total and not stopped:
        return f"no test has '{word}' in its name" if word else "there are no tests here"
    parts = [f"{passed[True]} passed"] + [f"{passed[False]} failed"] * (passed[False] > 0)
    errors = f", {several(stopped, 'file')} with errors" if stopped else ""
    return f"{several(total, 'test')}: {', '.join(parts)}{errors}"


def _print_json(outcomes: Sequence[Outcome], covered: Sequence[Coverage]) -> None:
    tests = [
        {
            "file": one.selected.named(result.file),
            "line": result.line,
            "test": result.test,
            "result": "pass" if result.passed else "fail",
            "missed": result.missed,
            **({} if result.passed else result.told.to_json()),
        }
        for one in outcomes
        for result in one.results
    ]
    errors = [
        {"file": one.selected.named(file), "result": "error", "problems": [problem.to_json() for problem in problems]}
        for one in outcomes
        for file, problems in one.stopped.items()
    ]
    print_json({"tests": [*tests, *errors], **({"coverage": [one.to_json() for one in covered]} if covered else {})})


def _tested(outcome: Outcome) -> list[str]:
    return sorted({outcome.playbooks[result.file] for result in outcome.results})


def _covered(outcome: Outcome, playbook: str) -> Coverage:
    results = [result for result in outcome.results if outcome.playbooks[result.file] == playbook]
    return coverage_of(
        outcome.checked.plans[playbook], outcome.selected.named(outcome.checked.documents[playbook].file), results
    )
