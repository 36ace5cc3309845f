"""`playbook preview`: what `apply` would change, before anything is written."""

import click

from workers.checking import check
from workers.cli.changes import change_lines, changes_json
from workers.cli.faults import DIFFERENCES, FINE
from workers.cli.output import print_json, say
from workers.cli.places import workspace_folder
from workers.cli.program import with_example
from workers.cli.store import json_option, opened


@click.command("preview", epilog=with_example("playbook preview", "playbook preview --json"))
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Compares the workspace with what is applied: playbooks in words, runs in flight, accounts that would start.

    Exits with 2 when there are differences, so that a pipeline can ask for a person's word.
    """
    from workers.applying import preview

    with opened() as host:
        found = preview(host, check(workspace_folder()))
    if as_json:
        print_json(changes_json(found))
    elif found.nothing:
        say("nothing differs from what is applied")
    else:
        say(*change_lines(found))
    ctx.exit(FINE if found.nothing else DIFFERENCES)
