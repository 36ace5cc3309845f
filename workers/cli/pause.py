"""`playbook pause`: holds runs where they are."""

import click

from workers.cli.operating import meant, operate, run_options, starts_option, starts_told
from workers.cli.program import with_example
from workers.cli.store import who


@click.command(
    "pause",
    epilog=with_example(
        "playbook pause renewal-risk-3fa9",
        "playbook pause --playbook renewal-risk",
        "playbook pause --playbook renewal-risk --starts",
    ),
)
@run_options
@starts_option
def command(
    *,
    names: tuple[str, ...],
    playbook: str | None,
    account: str | None,
    starts: bool,
    by: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Holds each RUN (its id or the beginning of it), or all live runs of a playbook or account.

    Nothing is sent and no timer acts while a run is held; what happens meanwhile is kept. Goal and stop still end it.
    With --starts the playbook lets nobody in: its starts are held, and `playbook held` lists them.
    """
    from workers.acting import paused

    if starts:
        starts_told(names, playbook, account, who(by), "paused", as_json=as_json)
        return

    operate(lambda host: (paused(meant(host, names, playbook, account)), []), "pause", by=by, yes=yes, as_json=as_json)
