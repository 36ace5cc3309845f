"""`playbook show`: a playbook as the engine understood it."""

import click

from engine.render import mermaid, plan_lines
from workers.cli.output import print_json, say
from workers.cli.places import choose
from workers.cli.program import with_example


@click.command("show", epilog=with_example("playbook show renewal-risk", "playbook show renewal-risk --mermaid"))
@click.argument("playbook")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="A flowchart in Mermaid's language.")
@click.option("--json", "as_json", is_flag=True, help="The compiled plan, with the hash that names this version.")
def command(*, playbook: str, as_mermaid: bool, as_json: bool) -> None:
    """Tells PLAYBOOK, an id or a file, in words: for whom, when it starts and ends, and its steps."""
    plan = choose(playbook).plan
    if as_json:
        print_json({"hash": plan.hash, **plan.model_dump(mode="json")})
    elif as_mermaid:
        click.echo(mermaid(plan), nl=False)
    else:
        say(*plan_lines(plan))
