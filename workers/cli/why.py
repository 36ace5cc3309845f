"""`playbook why`: why an account is in a playbook, or is not, now and before."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from engine.render import why_lines
from engine.stored import to_json
from workers.cli.output import instant_column, own_zone, print_json, say
from workers.cli.program import with_example
from workers.cli.store import json_option, opened
from workers.views import View

if TYPE_CHECKING:
    from workers.looking import Why


@click.command("why", epilog=with_example("playbook why acme renewal-risk", "playbook why acme renewal-risk --json"))
@click.argument("account")
@click.argument("playbook")
@json_option
def command(*, account: str, playbook: str, as_json: bool) -> None:
    """Says how the start of PLAYBOOK stands for ACCOUNT now, part by part, and what was decided before."""
    from workers.looking import why_told

    with opened() as host:
        found = host.database.read(lambda connection: why_told(connection, host, account, playbook))
    if as_json:
        print_json({**asdict(found), "now": to_json(found.now)})
    else:
        say(*_lines(found))


def _lines(found: "Why") -> Iterator[str]:
    yield f"{found.playbook} for {found.account} (times in {own_zone()})"
    yield f"live: run {found.live}" if found.live else "live: no run"
    yield f"now, {instant_column(to_json(found.now))}:"
    if found.tree is None:
        yield "  it is started by hand"
    else:
        yield from (f"  {line}" for line in why_lines(found.tree))
    yield from _past(found.past)


def _past(past: Sequence[View]) -> Iterator[str]:
    yield "decided before:" if past else "nothing was decided before: the start has not come true since it was applied"
    for one in past:
        reason = f": {one['reason']}" if one.get("reason") else ""
        run = f" ({one['run']})" if one.get("run") else ""
        yield f"  {instant_column(one['at'])}  {str(one['event']).replace('_', ' ')}{reason}{run}"
        if isinstance(tree := one.get("why"), dict):
            yield from (f"      {line}" for line in why_lines(tree))
