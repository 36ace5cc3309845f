"""`playbook discard`: takes away the input at which a run fails."""

import click

from workers.cli.output import print_json, say
from workers.cli.program import with_example
from workers.cli.store import by_option, confirm, json_option, opened, who, yes_option


@click.command(
    "discard", epilog=with_example("playbook discard renewal-risk-3fa9", "playbook discard renewal-risk-3fa9 --yes")
)
@click.argument("run")
@click.option("--input", "seq", type=int, metavar="NUMBER", help="Which one, where it is not the first that waits.")
@by_option
@yes_option
@json_option
def command(*, run: str, seq: int | None, by: str | None, yes: bool, as_json: bool) -> None:
    """Lets RUN go on without the input at which it failed five times: what was told by it is lost to this run.

    `playbook attention` lists such runs as `fault`. Report the fault first; after a deploy that mends it `playbook
    resume` loses nothing.
    """
    from activities import runs
    from activities.store import inputs
    from workers.acting import discardable
    from workers.looking import find_run

    with opened() as host:
        row = host.database.read(lambda connection: find_run(connection, run))
        unread = host.database.read(lambda connection: inputs.unread(connection, row.id))
        found = discardable(unread, row, seq)
        what = f"input {found.seq} ({found.kind}{f' for {found.path}' if found.path else ''})"
        confirm(f"{row.id} goes on without {what}", yes=yes)
        runs.discard_input(host, row.id, found.seq, who(by))
    if as_json:
        print_json({"run": row.id, "input": found.seq})
    else:
        say(f"{row.id} goes on without {what}")
