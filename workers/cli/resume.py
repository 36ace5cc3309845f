"""`playbook resume`: lets held runs go on, and tries stuck ones again."""

import click

from workers.cli.faults import CommandFault
from workers.cli.messages import CHANNELS
from workers.cli.operating import meant, operate, run_options, starts_option, starts_told
from workers.cli.output import print_json, say, several
from workers.cli.program import with_example
from workers.cli.store import opened, who


@click.command(
    "resume",
    epilog=with_example(
        "playbook resume renewal-risk-3fa9", "playbook resume --account acme --yes", "playbook resume --provider email"
    ),
)
@run_options
@starts_option
@click.option("--provider", type=click.Choice(CHANNELS), help="What waits for this way out is tried at once.")
def command(
    *,
    names: tuple[str, ...],
    playbook: str | None,
    account: str | None,
    starts: bool,
    provider: str | None,
    by: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Lets each paused RUN go on, with all that happened meanwhile in its order.

    A run that is listed in `playbook attention` is tried again: its parked step, or the input at which it failed.
    With --starts the playbook lets accounts in again; those whose start was held wait for `playbook release`.
    With --provider one of the messages that wait for it tries at once whether it is back, and the others follow.
    """
    from activities.host import Host
    from workers.acting import Order, faulted, resumed

    if provider is not None:
        _try_now(provider, names, playbook, account, starts=starts, as_json=as_json)
        return
    if starts:
        starts_told(names, playbook, account, who(by), "resumed", as_json=as_json)
        return

    def choose(host: Host) -> tuple[list[Order], list[str]]:
        rows = meant(host, names, playbook, account)
        return resumed(rows), faulted(rows)

    operate(choose, "resume", by=by, yes=yes, as_json=as_json)


def _try_now(
    provider: str, names: tuple[str, ...], playbook: str | None, account: str | None, *, starts: bool, as_json: bool
) -> None:
    """No harm is done by trying too early: then it is down for as long again."""
    from activities import putting_off
    from activities.store import troubles

    if names or playbook or account or starts:
        raise CommandFault("--provider stands alone: it is the provider that is tried, for all who wait for it")
    with opened() as host:
        found = host.database.read(lambda connection: troubles.found(connection, host.clock.real()))
        waiting = sum(one.waiting for one in found if one.channel == provider)
        putting_off.try_now(host, provider)
    if as_json:
        print_json({"provider": provider, "waiting": waiting})
    elif all(one.channel != provider for one in found):
        say(f"{provider} is not in trouble: nothing waits for it to come back")
    else:
        say(f"{provider} is tried at once, for {several(waiting, 'message')}; `playbook attention` tells if in vain")
