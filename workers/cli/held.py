"""`playbook held`: starts that wait for a person."""

import click

from workers.cli.output import instant_column, own_zone, print_json, say, several, table
from workers.cli.program import with_example
from workers.cli.store import account_option, json_option, limit_option, opened, playbook_option
from workers.wording import why_held

_STILL = {True: "yes", False: "no", None: ""}


@click.command("held", epilog=with_example("playbook held --playbook renewal-risk", "playbook held --json"))
@account_option
@playbook_option
@limit_option
@json_option
def command(*, account: str | None, playbook: str | None, limit: int, as_json: bool) -> None:
    """Lists starts over a playbook's limit, during a pause, or of rules that start one another without an end.

    Nothing is lost: `playbook release` starts them, or drops them.
    """
    from engine.subjects import slot
    from workers import filters
    from workers.holding import held_views

    with opened() as host:
        rows = host.database.read(lambda c: held_views(c, host, playbook=playbook, account=account))
        if not rows:
            host.database.read(lambda c: filters.check(c, host, playbook=playbook, account=account))
    if as_json:
        print_json(rows[:limit])
        return
    cells = [
        (
            one["playbook"],
            slot(str(one["account"]), str(one["subject"])),
            why_held(str(one["reason"])),
            instant_column(one["at"]),
            _STILL[one["still"] if isinstance(one["still"], bool) else None],
        )
        for one in rows[:limit]
    ]
    table(("playbook", "account", "why", "since", "still true"), cells, "no start is held")
    if rows:
        say("", f"{several(len(rows), 'held start')} (times in {own_zone()}); playbook release PLAYBOOK --all")
