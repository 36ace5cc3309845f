"""`playbook demo`: 90 days of a portfolio in about 90 seconds on a real Temporal server, then a report."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.faults import FINE, WRONG, Unreachable
from workers.cli.output import print_json, say
from workers.cli.program import with_example

if TYPE_CHECKING:
    from workers.demo.show import Show
    from workers.demo.stage import Outcome, Stage


@click.command("demo", epilog=with_example("playbook demo", "playbook demo --crash", "playbook demo --days 14 --json"))
@click.option("--crash", is_flag=True, help="SIGKILL the worker, the relay and the Temporal server on the way.")
@click.option("--days", type=click.IntRange(1, 90), metavar="N", help="Only the first N days.")
@click.option("--accounts", type=click.IntRange(1), metavar="N", help="Only N of the accounts.")
@click.option("--seconds", type=click.IntRange(1), metavar="N", help="How long it takes. Default: a second for a day.")
@click.option("--seed", metavar="WORD", help="Other people, other contacts, other moments of the crashes.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    crash: bool,
    days: int | None,
    accounts: int | None,
    seconds: int | None,
    seed: str | None,
    as_json: bool,
) -> None:
    """Plays a portfolio of real accounts through the playbooks: facts as they happened, people who do their work in
    time, late or never, mail and messages into a local outbox. Nothing leaves this machine.

    It begins anew each time, and leaves its database for `playbook runs` and the other listings. Exits with 1 when an
    effect was lost or happened twice.
    """
    from workers.demo.place import FOLDER
    from workers.demo.portfolio import Asked
    from workers.demo.report import report
    from workers.demo.report_json import report_json
    from workers.demo.show import shown
    from workers.demo.stage import Stage
    from workers.settings import load_settings

    settings = load_settings()
    with shown(terminal=sys.stderr.isatty()) as show:
        asked = Asked(days, accounts, seconds, seed)
        outcome = _played(Stage(settings, FOLDER, _binary(show), asked, crash, show))
    if as_json:
        print_json(report_json(outcome))
    else:
        say(*report(outcome), "", *_where(FOLDER))
    ctx.exit(FINE if outcome.holds else WRONG)


def _played(stage: "Stage") -> "Outcome":
    from workers.devserver_home import DevServerFailed

    try:
        return asyncio.run(stage.play())
    except DevServerFailed as why:
        raise Unreachable(str(why)) from None


def _binary(show: "Show") -> Path:
    from workers.environment import environment
    from workers.temporal_server import NoTemporalServer, temporal_binary

    try:
        return temporal_binary(environment(), show.say)
    except NoTemporalServer as why:
        raise Unreachable(str(why)) from None


def _where(folder: Path) -> list[str]:
    program = "playbook" if shutil.which("playbook") else os.path.relpath(sys.argv[0])
    return [
        "All of it is in the demo's own database. To look further:",
        f"  export PLAYBOOK_DATABASE_URL=sqlite:///{(folder / 'playbook.db').resolve()}",
        f"  {program} runs --live",
        f"  {program} tasks --state open",
        f"  {program} outbox",
        f"  {program} attention",
        f"  {program} trace RUN            (a run of the first list)",
        f"  {program} why ACCOUNT PLAYBOOK",
    ]
