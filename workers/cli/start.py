"""`playbook start`: starts a playbook by hand, for one account or for many."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.faults import CommandFault
from workers.cli.output import print_json, say
from workers.cli.program import with_example
from workers.cli.store import by_option, json_option, opened, who, yes_option
from workers.cli.tallies import applied_playbook, counted_first
from workers.wording import why_barred

if TYPE_CHECKING:
    from activities.host import Host
    from engine.entering import Given


@click.command(
    "start",
    epilog=with_example(
        "playbook start quarterly-review acme --by noor",
        "playbook start sessions acme --with sessions=5 --with learners=champion",
        "playbook start quarterly-review --where 'account.arr >= 50000' --stage adoption",
        "playbook start quarterly-review --file accounts.txt --yes",
    ),
)
@click.argument("playbook")
@click.argument("accounts", metavar="[ACCOUNT]...", nargs=-1)
@click.option("--where", metavar="CONDITION", help="Every account for which it is true.")
@click.option("--stage", metavar="WORD", help="Every account in this stage.")
@click.option("--tier", metavar="WORD", help="Every account of this tier.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="A file with an account's id in each line.")
@click.option(
    "--with", "given", metavar="NAME=VALUE", multiple=True, help="A parameter's value in place of its default."
)
@by_option
@yes_option
@json_option
def command(
    *,
    playbook: str,
    accounts: tuple[str, ...],
    where: str | None,
    stage: str | None,
    tier: str | None,
    file: Path | None,
    given: tuple[str, ...],
    by: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Starts PLAYBOOK for each ACCOUNT. Its stage, tiers, `again` and the one live run apply, its condition does not.

    A playbook with a run for each contact or record starts for all that are meant, or for the one of ACCOUNT/ID.
    For more than one, who would start and who is barred is counted first. A playbook's `limit` is for what starts by
    itself: starts by a person are not held by it and do not count towards it.
    """
    ids = [*accounts, *(_lines(file) if file else [])]
    selects = where is not None or stage is not None or tier is not None
    if selects and ids:
        raise CommandFault("name accounts, or say --where, --stage and --tier; not both")
    if not selects and not ids:
        raise CommandFault("name accounts, or say which with --where, --stage, --tier or --file")
    values = _values(given)
    with opened() as host, applied_playbook(playbook):
        if len(accounts) == 1 and file is None:
            _start_one(host, playbook, accounts[0], by, values, as_json=as_json)
            return
        if selects:
            from workers.choosing import chosen

            ids = chosen(host, where=where, stage=stage, tier=tier)
        _start_all(host, playbook, ids, by, values, yes=yes, as_json=as_json)


def _values(given: tuple[str, ...]) -> "Given":
    from engine.parameters import packed, spoken

    parted = [one.partition("=") for one in given]
    for name, equals, _ in parted:
        if not equals:
            raise CommandFault(f"'--with {name}' gives no value. Write it as in --with 'notice=60 days'")
    return packed({name.strip(): spoken(value.strip()) for name, _, value in parted})


def _start_one(host: "Host", playbook: str, account: str, by: str | None, given: "Given", *, as_json: bool) -> None:
    from activities.starts import Barred, NoSuchAccount, start

    try:
        answer = start(host, playbook, account, who(by), given)
    except NoSuchAccount:
        raise CommandFault(f"there is no account '{account}'") from None
    if isinstance(answer, Barred):
        raise CommandFault(f"{playbook} did not start for {account}: {why_barred(answer.reason)}")
    if as_json:
        print_json({"run": answer.run, **({"runs": list(answer.runs)} if len(answer.runs) > 1 else {})})
    else:
        say(f"started: {', '.join(answer.runs)}")


def _start_all(
    host: "Host", playbook: str, ids: list[str], by: str | None, given: "Given", *, yes: bool, as_json: bool
) -> None:
    from activities.starts import foresee, start_all

    counted_first(
        lambda: foresee(host, playbook, ids, given),
        lambda going: start_all(host, playbook, going, who(by), given),
        f"start {playbook}",
        yes=yes,
        as_json=as_json,
        beside=_of_limit(host, playbook),
    )


def _of_limit(host: "Host", playbook: str) -> str:
    """What a person would ask who knows that the playbook has one."""
    from activities.desks import bench

    plan = host.database.read(lambda connection: bench(host, connection).current.rules.plans.get(playbook))
    if plan is None or plan.limit is None:
        return ""
    return f"  its limit of {plan.limit} neither holds nor counts them: it is for what starts by itself"


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "it is not UTF-8"
        raise CommandFault(f"{file} cannot be read: {why}") from None
    return [line.strip() for line in lines if line.strip()]
