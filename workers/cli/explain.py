"""`playbook explain`: one decision of a story, taken apart into what it saw."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import click
from pydantic import JsonValue

from engine.plan import Plan
from engine.problems import suggest_or_list
from engine.render import why_lines
from engine.setting import Setting
from engine.simulate import simulate
from engine.story import Story
from engine.trigger import why
from engine.values import to_json
from workers.cli.faults import CommandFault
from workers.cli.output import print_json, say, zone_clock
from workers.cli.places import choose
from workers.cli.program import with_example
from workers.cli.stories import seen_by, story_option, test_option, told_in

Decision = Mapping[str, JsonValue]


@click.command(
    "explain",
    epilog=with_example(
        "playbook explain renewal-risk --story story.yaml",
        "playbook explain renewal-risk --story story.yaml --step how_bad",
    ),
)
@click.argument("playbook")
@story_option
@test_option
@click.option("--step", help="The branch, wait or other step whose decision is meant. Default: the start.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(*, playbook: str, story: Path | None, word: str, step: str | None, as_json: bool) -> None:
    """Says why PLAYBOOK started for the account of the story, or why not, with the value of each part.

    Where it did not start, the answer is how things stand at the end of the story.
    """
    chosen = choose(playbook)
    found = told_in(story or chosen.tests, chosen.setting, word)
    decisions = list(_decisions(chosen.plan, found, chosen.setting, step))
    if as_json:
        print_json(decisions)
        return
    clock = zone_clock(found.calendar(chosen.setting).zone)
    for one in decisions:
        say(f"{clock(datetime.fromisoformat(str(one['at'])))}  {one['path']}  {one['event']}{_reason(one)}")
        if isinstance(tree := one["why"], dict):
            say(*(f"  {line}" for line in why_lines(tree)))


def _reason(decision: Decision) -> str:
    return f": {decision['reason']}" if decision.get("reason") else ""


def _decisions(plan: Plan, story: Story, setting: Setting, step: str | None) -> Iterator[Decision]:
    told = simulate(plan, story, setting)
    entries = [entry for entry in told.trace if entry.fields.get("why") is not None]
    wanted = [entry for entry in entries if (step in {entry.step, entry.path} if step else entry.path == "start")]
    yield from (_shown(entry.to_json()) for entry in wanted)
    if wanted:
        return
    if step is not None:
        known = dict.fromkeys(entry.step or entry.path for entry in entries)
        raise CommandFault(f"nothing was decided at '{step}' in this story. {suggest_or_list(step, known)}".strip())
    scope = seen_by(plan, story, setting)
    tree = why(plan, scope)
    if tree is None:
        raise CommandFault(f"{plan.playbook} is started by hand: there is no condition to explain")
    yield {"at": str(to_json(scope.now)), "path": "start", "event": "not started", "why": tree}


def _shown(entry: Decision) -> Decision:
    return {name: entry[name] for name in ("at", "path", "event", "reason", "case", "why") if name in entry}
