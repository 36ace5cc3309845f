"""`playbook attention`: what goes on only when a person has decided."""

import click

from workers.cli.output import print_json, say, several, table
from workers.cli.program import with_example
from workers.cli.store import json_option, limit_option, opened


@click.command("attention", epilog=with_example("playbook attention", "playbook attention --json"))
@limit_option
@json_option
def command(*, limit: int, as_json: bool) -> None:
    """Lists stuck runs, doubtful mails, refused messages, unheard escalations, nobody's tasks, held starts."""
    from workers.looking import attention

    with opened() as host:
        found = host.database.read(lambda connection: attention(connection, host, limit))
    if as_json:
        print_json(found)
        return
    cells = [(one["kind"], one["account"], one["reason"], one["fix"]) for one in found]
    table(("what", "account", "why", "what to do"), cells, "nothing waits for a decision")
    if found:
        say("", f"for a person to decide: {several(len(found), 'thing')}")
