"""`playbook doctor`: what is set up and what is not, each with the remedy."""

import click

from workers.cli.faults import FINE, UNREACHABLE, WRONG
from workers.cli.output import print_json, say
from workers.cli.program import with_example
from workers.cli.store import json_option


@click.command("doctor", epilog=with_example("playbook doctor", "playbook doctor --json"))
@json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Looks at settings, workspace, database, work that waits, Temporal server and its workers, mail and Slack, without
    changing or sending anything. What is FAIL wants mending; a note tells what works otherwise than it might be meant.

    Exits with 4 when a server or provider cannot be reached, with 1 when something else is wrong.
    """
    from workers.examination import examine

    found = examine()
    if as_json:
        print_json([{"name": one.name, "ok": one.ok, "message": one.message, "fix": one.fix} for one in found])
    else:
        width = max(len(one.name) for one in found)
        for one in found:
            fix = f" {one.fix}" if one.fix else ""
            say(f"{one.verdict:<4}  {one.name:<{width}}  {one.message}{fix}")
    away = any(not one.ok and one.reachability for one in found)
    ctx.exit(UNREACHABLE if away else FINE if all(one.ok for one in found) else WRONG)
