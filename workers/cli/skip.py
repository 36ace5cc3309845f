"""`playbook skip`: passes over the step that a run rests at."""

import click

from workers.cli.output import print_json, say
from workers.cli.program import with_example
from workers.cli.store import by_option, json_option, opened, who


@click.command(
    "skip", epilog=with_example("playbook skip renewal-risk-3fa9", "playbook skip renewal-risk-3fa9 recovery")
)
@click.argument("run")
@click.argument("step", required=False)
@by_option
@json_option
def command(*, run: str, step: str | None, by: str | None, as_json: bool) -> None:
    """Lets RUN go on behind the step that it rests at, first of all one that waits for a person; STEP says which, where
    it rests at several.

    The step's outcome is then `skipped`.
    """
    from workers.acting import carry_out, skipped
    from workers.looking import find_run

    with opened() as host:
        order = skipped(host.database.read(lambda connection: find_run(connection, run)), step)
        carry_out(host, [order], who(by))
    if as_json:
        print_json({"runs": [order.run], "path": order.path})
    else:
        say(f"{order.run} is told to skip {order.path}")
