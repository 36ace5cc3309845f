"""`playbook recover`: a workflow for every live run that lacks one."""

from datetime import datetime

import click

from workers.cli.moments import instant
from workers.cli.output import print_json, say, several
from workers.cli.program import with_example
from workers.cli.store import json_option, opened


@click.command(
    "recover", epilog=with_example("playbook recover", "playbook recover --restored-from 2026-03-01T02:00:00Z")
)
@click.option(
    "--restored-from",
    "restored",
    metavar="INSTANT",
    help="The database was put back from a backup of then: mail since is asked for at the provider, not sent again.",
)
@json_option
def command(*, restored: str | None, as_json: bool) -> None:
    """Wakes every run that is not over, whether Temporal knows it or not. Safe to run at any time, and twice.

    For a Temporal server that was lost or replaced. The wakes are delivered by the relay of a running `playbook up`.
    """
    from activities import wakes

    since: datetime | None = instant(restored) if restored else None
    with opened() as host:
        count = wakes.recover(host, since)
    if as_json:
        print_json({"runs": count})
    else:
        say(f"{several(count, 'run')} will be woken; `playbook up` delivers it")
