"""`playbook check`: every problem in the files, at its line and column, with what to do."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import click

from engine.problems import Problem, Problems
from workers.checking import Checked
from workers.cli.faults import FINE, WRONG
from workers.cli.output import print_json, say, several
from workers.cli.places import chosen_paths
from workers.cli.program import with_example
from workers.cli.selection import select


@click.command(
    "check",
    short_help="all problems in files",
    epilog=with_example("playbook check", "playbook check playbooks/renewal/risk.yaml"),
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON.")
@click.pass_context
def command(ctx: click.Context, *, paths: tuple[Path, ...], as_json: bool) -> None:
    """Reads playbooks, tests, templates, vocabulary, policy and people, and tells everything that is wrong with them.

    PATH is a file or folder of a workspace, or the id of a playbook; without any, the whole workspace is read. Exits
    with 1 when there is an error; warnings alone do not count.
    """
    problems, understood = look(chosen_paths(paths))
    if as_json:
        print_json([problem.to_json() for problem in problems])
    else:
        say(*map(str, problems))
        say(conclusion(problems, understood))
    ctx.exit(WRONG if any(one.severity == "error" for one in problems) else FINE)


def look(paths: Sequence[Path]) -> tuple[list[Problem], Counter[str]]:
    """The problems of those files, and how much of each kind was understood."""
    selected, wrong = select(paths)
    problems = dict.fromkeys(wrong)
    understood: Counter[str] = Counter()
    for one in selected:
        problems.update(dict.fromkeys(one.problems(one.files)))
        understood += count(one.checked, one.files)
    return list(Problems(problems)), understood


def count(checked: Checked, files: Collection[str]) -> Counter[str]:
    """How many playbooks, steps, templates and tests are in these files; one with an error counts as that alone."""
    wrong = {problem.file for problem in checked.problems.errors if problem.file in files}
    sound = set(files) - wrong
    plans = [plan for name, plan in checked.plans.items() if checked.documents[name].file in sound]
    return Counter(
        playbook=len(plans),
        step=sum(len(plan.steps) for plan in plans),
        template=sum(one.file in sound for one in checked.workspace.templates.files),
        test=sum(len(one.stories) for one in checked.tests if one.file in sound),
        wrong=len(wrong),
    )


def conclusion(problems: Sequence[Problem], understood: Counter[str]) -> str:
    """ "6 playbooks, 31 steps, 12 templates, 24 tests, 1 file not understood: 3 errors" """
    kinds = Counter(problem.severity for problem in problems)
    found = ", ".join(several(kinds[kind], kind) for kind in ("error", "warning", "note") if kinds[kind])
    read = ", ".join(several(understood[noun], noun) for noun in ("playbook", "step", "template", "test"))
    left_out = f", {several(understood['wrong'], 'file')} not understood" if understood["wrong"] else ""
    return f"{read}{left_out}: {found or 'no problems'}"
