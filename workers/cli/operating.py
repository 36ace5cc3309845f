"""What `pause`, `resume` and `stop` share: the runs that are meant, by name or filter, counted before the act."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

import click

from workers.cli.faults import CommandFault
from workers.cli.output import print_json, say, several
from workers.cli.store import account_option, by_option, confirm, json_option, opened, playbook_option, who, yes_option
from workers.cli.tallies import applied_playbook

if TYPE_CHECKING:
    from activities.host import Host
    from activities.store.runs import RunRow
    from workers.acting import Order

F = TypeVar("F", bound=Callable[..., object])


def run_options(function: F) -> F:
    """RUN…, or --playbook and --account; --by, --yes, --json."""
    for option in (json_option, yes_option, by_option, account_option, playbook_option):
        function = option(function)
    return click.argument("names", metavar="[RUN]...", nargs=-1)(function)


starts_option = click.option("--starts", is_flag=True, help="Not its runs: the starts of --playbook.")


def starts_told(
    names: Sequence[str],
    playbook: str | None,
    account: str | None,
    by: str | None,
    told: Literal["paused", "resumed"],
    *,
    as_json: bool,
) -> None:
    """The playbook lets nobody in, or lets accounts in again."""
    from activities import releasing

    if playbook is None or names or account is not None:
        raise CommandFault("--starts goes with --playbook alone: it is the playbook that lets nobody in")
    with opened() as host, applied_playbook(playbook):
        if told == "paused":
            releasing.pause(host, playbook, by)
        elif not releasing.resume(host, playbook):
            raise CommandFault(f"the starts of '{playbook}' are not paused")
    if as_json:
        print_json({"playbook": playbook, "starts": told})
    else:
        say(f"starts of {playbook}: {told}")


def meant(host: "Host", names: Sequence[str], playbook: str | None, account: str | None) -> "list[RunRow]":
    """Raises CommandFault when neither a run nor a filter is named."""
    from activities.store import runs
    from workers import filters
    from workers.looking import EVERY, find_run

    if names:
        return host.database.read(lambda connection: [find_run(connection, name) for name in names])
    if playbook is None and account is None:
        raise CommandFault("name runs, or --playbook or --account")
    found = host.database.read(
        lambda connection: runs.listed(connection, account=account, playbook=playbook, live=True, limit=EVERY)
    )
    if not found:
        host.database.read(lambda connection: filters.check(connection, host, account=account, playbook=playbook))
    return found


def operate(
    choose: "Callable[[Host], tuple[list[Order], list[str]]]", words: str, *, by: str | None, yes: bool, as_json: bool
) -> None:
    """`choose` gives the orders, and the faulted runs that are to be tried again; `words` says what is done to them."""
    from activities import runs
    from workers.acting import carry_out

    with opened() as host:
        orders, broken = choose(host)
        touched = sorted({*(one.run for one in orders), *broken})
        if touched:
            confirm(f"{several(len(touched), 'run')} to {words}", yes=yes or len(touched) == 1)
            carry_out(host, orders, who(by))
            if broken:
                runs.mend(host, broken)
    if as_json:
        print_json({"runs": touched})
    else:
        say(f"{several(len(touched), 'run')} told to {words}" if touched else f"no run to {words}")
