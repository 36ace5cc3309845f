"""`playbook resume`: lets held runs go on, and tries stuck ones again."""

import click

from workers.cli.operating import meant, operate, run_options, starts_option, starts_told
from workers.cli.program import with_example
from workers.cli.store import who


@click.command(
    "resume", epilog=with_example("playbook resume renewal-risk-3fa9", "playbook resume --account acme --yes")
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
    """Lets each paused RUN go on, with all that happened meanwhile in its order.

    A run that is listed in `playbook attention` is tried again: its parked step, or the input at which it failed.
    With --starts the playbook lets accounts in again; those whose start was held wait for `playbook release`.
    """
    from activities.host import Host
    from workers.acting import Order, faulted, resumed

    if starts:
        starts_told(names, playbook, account, who(by), "resumed", as_json=as_json)
        return

    def choose(host: Host) -> tuple[list[Order], list[str]]:
        rows = meant(host, names, playbook, account)
        return resumed(rows), faulted(rows)

    operate(choose, "resume", by=by, yes=yes, as_json=as_json)
