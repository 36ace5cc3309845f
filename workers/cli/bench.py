"""`playbook bench`: the performance table, each figure measured beside what it is compared with, in one run."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.faults import Unreachable
from workers.cli.output import note, print_json, table
from workers.cli.places import workspace_folder
from workers.cli.program import with_example

if TYPE_CHECKING:
    from workers.bench.figure import Figure

WHAT = {
    "runs": "runs a second and billable actions, beside a workflow written by hand",
    "promptness": "from a fact to the Slack call that follows",
    "steps": "activities that ten database-only steps cost",
    "kinds": "events and billable actions of a step of each kind",
    "touchpoints": "billable actions of a run that waits from week to week for a year",
    "mails": "personalised mails a second from one worker, each a page of its own (1 minute)",
    "clicks": "from a click in Slack to the message that shows it and the run's next one, 20 a second",
    "outage": "10,000 runs that want to write while the mail provider is down, and when it is back (10 minutes)",
    "load": "from a fact to the effect that follows, with many of both",
    "facts": "facts a second over HTTP, also with a thousand playbooks that do not care",
    "growth": "one fact's transaction, and the intake's memory, with 100,000 accounts",
    "simulation": "account-days simulated a second, and what a run's state weighs after many rounds",
    "conditions": "conditions answered a second, beside a lambda written by hand",
    "import": "the engine's import",
    "check": "`playbook check` of the workspace",
}
COLUMNS = ("figure", "value", "unit", "against", "ratio", "goal", "holds")


@click.command(
    "bench",
    epilog="\b\nNames:\n"
    + "\n".join(f"  {name:<13}{what}" for name, what in WHAT.items())
    + "\n\n"
    + with_example("playbook bench", "playbook bench import check --json"),
)
@click.argument("names", nargs=-1, metavar="[NAME]...", type=click.Choice(list(WHAT)))
@click.option("--json", "as_json", is_flag=True, help="The table as JSON.")
def command(*, names: tuple[str, ...], as_json: bool) -> None:
    """Measures how fast this engine is on this machine: all of it, or what is named. An idle machine tells the truth.

    Nothing of yours is touched: it runs on a Temporal server, database and workspace of its own.
    """
    from workers.bench.table import measured

    figures = asyncio.run(measured(names or tuple(WHAT), _binary, workspace_folder(), note))
    if as_json:
        print_json([figure.to_json() for figure in figures])
    else:
        table(COLUMNS, [_row(figure) for figure in figures], "nothing measured")


def _binary() -> Path:
    from workers.environment import environment
    from workers.temporal_server import NoTemporalServer, temporal_binary

    try:
        return temporal_binary(environment(), note)
    except NoTemporalServer as why:
        raise Unreachable(str(why)) from None


def _row(figure: "Figure") -> Sequence[object]:
    said = figure.to_json()
    shown = [said[name] for name in ("name", "value", "unit", "against", "ratio", "goal")]
    return [*shown, ("yes" if figure.holds else "NO") if figure.goal else ""]
