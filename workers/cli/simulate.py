"""`playbook simulate`: what would happen to one account, told in advance on a virtual clock."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from engine.plan import Plan, template_of
from engine.problems import suggest_or_list
from engine.render import timeline
from engine.setting import Setting
from engine.simulate import Told, simulate
from engine.standing import standing
from engine.story import Story
from workers.cli.faults import FINE, WRONG, CommandFault
from workers.cli.output import note, print_json, say, zone_clock
from workers.cli.places import choose
from workers.cli.program import with_example
from workers.cli.stories import story_option, test_option, told_in, until
from workers.wording import bars_of


@click.command(
    "simulate",
    epilog=with_example(
        "playbook simulate renewal-risk --test recovery --words",
        "playbook simulate renewal-risk --story playbooks/renewal/risk.test.yaml --test recovery --until '30 days'",
    ),
)
@click.argument("playbook")
@story_option
@test_option
@click.option(
    "--until", "last", help="How far: a duration, a day or an instant. Default: to the end, 400 days at most."
)
@click.option("--words", is_flag=True, help="What people read: titles of tasks, subjects of mails, messages.")
@click.option(
    "--without", "left_out", multiple=True, metavar="STEP", help="Leaves out what this step, and those in it, did."
)
@click.option("--why", is_flag=True, help="Each decision with the values that it saw.")
@click.option("--json", "as_json", is_flag=True, help="The timeline as JSON, the same bytes each time.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    playbook: str,
    story: Path | None,
    word: str,
    last: str | None,
    words: bool,
    left_out: tuple[str, ...],
    why: bool,
    as_json: bool,
) -> None:
    """Tells the timeline of one account through PLAYBOOK, an id or a file. Nothing is sent.

    The story file is one test of a *.test.yaml, without its expectations. Without --story it is the file of tests
    beside the playbook.
    """
    chosen = choose(playbook)
    story = story or chosen.tests
    found, plan = told_in(story, chosen, word)
    end = until(last, found, chosen.setting) if last else None
    told = simulate(plan, found, chosen.setting, end, chosen.others)
    if as_json:
        print_json(told.to_json())
    else:
        _print(_without(told, left_out, plan), found, plan, chosen.setting, whys=why, words=words)
    for fault in told.faults:
        note(f"{story}: {fault}")
    ctx.exit(WRONG if told.faults else FINE)


def _without(told: Told, steps: Sequence[str], plan: Plan) -> Told:
    """The same without the lines of these steps, such as thirteen calls that each week brings."""
    known = [step.id for step in plan.steps.values()]
    for step in steps:
        if step not in known:
            raise CommandFault(f"the playbook has no step '{step}'. {suggest_or_list(step, known)}".strip())
    wanted = [place for place, one in enumerate(told.trace) if not _parts(one.path) & set(steps)]
    words = {number: told.words[place] for number, place in enumerate(wanted) if place in told.words}
    return replace(told, trace=[told.trace[place] for place in wanted], words=words)


def _parts(path: str) -> set[str]:
    return set(template_of(path).split("/"))


def _print(told: Told, story: Story, plan: Plan, setting: Setting, *, whys: bool, words: bool) -> None:
    zone = story.calendar(setting).zone
    bars = bars_of(plan.start)
    shown = timeline(told.trace, zone_clock(zone), whys=whys, words=told.words if words else {}, bars=bars)
    say(f"{story.name} (times in {zone})", *shown)
    if told.ended_at is not None:
        say(f"outcome: {told.outcome}")
    elif any(entry.event == "started" for entry in told.trace):
        say(f"it has not ended: {standing(told.runs.values(), plan, story.clock(setting))}")
    else:
        say("it did not start; `playbook explain` says why")
