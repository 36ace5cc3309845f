"""`playbook release`: lets held starts go on."""

from typing import TYPE_CHECKING

import click

from workers.cli.faults import CommandFault
from workers.cli.output import print_json, say, several
from workers.cli.program import with_example
from workers.cli.store import by_option, confirm, json_option, opened, who, yes_option
from workers.cli.tallies import applied_playbook, counted_first

if TYPE_CHECKING:
    from activities.host import Host


@click.command(
    "release",
    epilog=with_example(
        "playbook release renewal-risk --all",
        "playbook release renewal-risk --account acme --account globex",
        "playbook release renewal-risk --all --drop --yes",
    ),
)
@click.argument("playbook")
@click.option("--account", "accounts", metavar="ID", multiple=True, help="Of this account; may be said several times.")
@click.option("--all", "everybody", is_flag=True, help="Of every account.")
@click.option("--drop", is_flag=True, help="Let the starts be: they are held no more and start nothing.")
@by_option
@yes_option
@json_option
def command(
    *,
    playbook: str,
    accounts: tuple[str, ...],
    everybody: bool,
    drop: bool,
    by: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Starts PLAYBOOK for accounts whose start is held; `playbook held` lists them.

    Its stage, tiers, `again`, goal, stop and the one live run apply; whether its condition still holds is for you to
    judge. Who is barred stays held, until that has passed or you drop it. What is held of a playbook that is applied
    no more can only be dropped.
    """
    from activities.releasing import foresee, held_of, release

    if bool(accounts) == everybody:
        raise CommandFault("say which: --account ID, or --all")
    with opened() as host, applied_playbook(playbook, instead=_instead(playbook)):
        ids = held_of(host, playbook) if everybody else list(accounts)
        if drop:
            _drop(host, playbook, ids, who(by), yes=yes, as_json=as_json)
            return
        counted_first(
            lambda: foresee(host, playbook, ids),
            lambda going: release(host, playbook, going, who(by)),
            f"start {playbook}",
            yes=yes or len(ids) == 1,
            as_json=as_json,
        )


def _instead(playbook: str) -> str:
    return f"What is held of a playbook that was taken away can be dropped: playbook release {playbook} --all --drop"


def _drop(host: "Host", playbook: str, ids: list[str], by: str | None, *, yes: bool, as_json: bool) -> None:
    from activities.releasing import drop

    confirm(f"drop {several(len(ids), 'held start')} of {playbook}", yes=yes or len(ids) == 1)
    number = drop(host, playbook, ids, by)
    if as_json:
        print_json({"dropped": number})
    else:
        say(f"dropped: {several(number, 'held start')} of {playbook}")
