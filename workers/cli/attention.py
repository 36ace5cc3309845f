"""`playbook attention`: what goes on only when a person has decided."""

from typing import TYPE_CHECKING

import click

from workers.cli.output import instant_column, own_zone, print_json, say, several, table
from workers.cli.program import with_example
from workers.cli.store import json_option, limit_option, opened

if TYPE_CHECKING:
    from workers.views import View


@click.command("attention", epilog=with_example("playbook attention", "playbook attention --json"))
@limit_option
@json_option
def command(*, limit: int, as_json: bool) -> None:
    """Lists stuck runs, doubtful mails, refused messages, providers that are down, unheard escalations, tasks that are
    overdue, asleep for too long or nobody's, held starts.

    At most LIMIT of each are shown; how many more there are is said. Many held starts of one playbook are one line.
    """
    from workers.looking import EVERY, attention

    with opened() as host:
        found = host.database.read(lambda connection: attention(connection, host, EVERY))
    kinds = [[one for one in found if one["kind"] == kind] for kind in dict.fromkeys(one["kind"] for one in found)]
    shown = [one for several_ in kinds for one in several_[:limit]]
    if as_json:
        print_json(shown)
        return
    cells = [(one["kind"], one["account"], _why(one), one["fix"]) for one in shown]
    table(("what", "account", "why", "what to do"), cells, "nothing waits for a decision")
    say(*(f"… and {len(rest):,} more: {rest[0]['kind']}" for one in kinds if (rest := one[limit:])))
    if found:
        say("", f"for a person to decide: {several(sum(map(_number, found)), 'thing')} (times in {own_zone()})")


def _why(one: "View") -> str:
    """Of a provider also since when, how much waits, and when it is tried again."""
    if one["kind"] != "provider":
        return str(one["reason"])
    since = f"since {instant_column(one['since'])}, " if one["since"] else ""
    again = f"next try {instant_column(one['next_try'])}" if one["next_try"] else "tried again within seconds"
    waiting = one["waiting"] if isinstance(one["waiting"], int) else 0
    return f"{str(one['reason']).rstrip('.')} ({since}{several(waiting, 'message')} waiting, {again})"


def _number(one: "View") -> int:
    number = one.get("number", 1)
    return number if isinstance(number, int) else 1
