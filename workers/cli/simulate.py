"""`playbook simulate`: what would happen to one account, told in advance on a virtual clock."""

from pathlib import Path

import click

from engine.render import timeline
from engine.simulate import Told, simulate
from engine.story import Story
from workers.cli.faults import FINE, WRONG
from workers.cli.output import note, print_json, say, zone_clock
from workers.cli.places import Chosen, choose
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
    why: bool,
    as_json: bool,
) -> None:
    """Tells the timeline of one account through PLAYBOOK, an id or a file. Nothing is sent.

    The story file is one test of a *.test.yaml, without its expectations. Without --story it is the file of tests
    beside the playbook.
    """
    chosen = choose(playbook)
    story = story or chosen.tests
    found = told_in(story, chosen.setting, word)
    end = until(last, found, chosen.setting) if last else None
    told = simulate(chosen.plan, found, chosen.setting, end, chosen.others)
    if as_json:
        print_json(told.to_json())
    else:
        _print(told, found, chosen, whys=why, words=words)
    for fault in told.faults:
        note(f"{story}: {fault}")
    ctx.exit(WRONG if told.faults else FINE)


def _print(told: Told, story: Story, chosen: Chosen, *, whys: bool, words: bool) -> None:
    zone = story.calendar(chosen.setting).zone
    bars = bars_of(chosen.plan.start)
    shown = timeline(told.trace, zone_clock(zone), whys=whys, words=told.words if words else {}, bars=bars)
    say(f"{story.name} (times in {zone})", *shown)
    if told.ended_at is not None:
        say(f"outcome: {told.outcome}")
    elif any(entry.event == "started" for entry in told.trace):
        say("it has not ended")
    else:
        say("it did not start; `playbook explain` says why")
