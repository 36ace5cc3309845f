"""`playbook trace`: what a run did, and why, on the author's own paths."""

import click

from engine.render import timeline
from engine.subjects import slot
from workers.cli.output import own_clock, own_zone, print_json, say
from workers.cli.program import with_example
from workers.cli.resting import waits_for
from workers.cli.store import json_option, opened


@click.command(
    "trace", epilog=with_example("playbook trace renewal-risk-3fa9", "playbook trace renewal-risk-3fa9 --json")
)
@click.argument("run")
@click.option("--brief", is_flag=True, help="Without the reasons of the decisions.")
@json_option
def command(*, run: str, brief: bool, as_json: bool) -> None:
    """Tells what happened in RUN (its id or the beginning of it), each decision with the values that it saw."""
    from activities.store import traces
    from workers.looking import find_run, rests

    with opened() as host:
        row, entries, open_ = host.database.read(
            lambda c: (row := find_run(c, run), traces.of_run(c, row.id), rests(c, host, row))
        )
    if as_json:
        print_json([entry.to_json() for entry in entries])
        return
    say(f"{row.id}: {row.playbook} for {slot(row.account, row.subject)} (times in {own_zone()})")
    say(*timeline(entries, own_clock(), whys=not brief))
    if row.outcome:
        say(f"outcome: {row.outcome}")
        return
    say(*(f"now: {one['path']}: {waits_for(one)}" for one in open_))
