"""`playbook explain`: one decision of a story, taken apart into what it saw."""

from pathlib import Path

import click

from engine.simulate import simulate
from workers.cli.decisions import decision_lines, decisions_at, decisions_of_start
from workers.cli.output import print_json, say, zone_clock
from workers.cli.places import choose
from workers.cli.program import with_example
from workers.cli.stories import story_option, test_option, told_in


@click.command(
    "explain",
    epilog=with_example(
        "playbook explain renewal-risk --story playbooks/renewal/risk.test.yaml --test recovery",
        "playbook explain renewal-risk --test 'large contract' --step how_bad",
    ),
)
@click.argument("playbook")
@story_option
@test_option
@click.option("--step", help="The branch, wait or other step whose decision is meant. Default: the start.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(*, playbook: str, story: Path | None, word: str, step: str | None, as_json: bool) -> None:
    """Says why PLAYBOOK started for the account of the story, or why not, with the value of each part.

    Of a playbook that starts on an event each such event is told, with what it was asked. Where nothing was decided,
    the answer is how things stand at the end of the story.
    """
    chosen = choose(playbook)
    setting = chosen.setting
    found, plan = told_in(story or chosen.tests, chosen, word)
    told = simulate(plan, found, setting, others=chosen.others)
    asked = (plan, found, setting, told)
    decisions = decisions_at(step, *asked) if step else decisions_of_start(*asked)
    if as_json:
        print_json(decisions)
    else:
        say(*decision_lines(decisions, plan, zone_clock(found.calendar(setting).zone)))
