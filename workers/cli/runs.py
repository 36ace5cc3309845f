"""`playbook runs`: which accounts are in which playbook, and how it went for those that were."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from workers.cli.output import instant_column, own_zone, print_json, say, several, table
from workers.cli.program import with_example
from workers.cli.store import account_option, json_option, limit_option, opened, playbook_option
from workers.views import View

if TYPE_CHECKING:
    from sqlalchemy import Connection

COLUMNS = ("run", "account", "playbook", "version", "state", "outcome", "started", "ended", "next look")


@click.command(
    "runs",
    epilog=with_example("playbook runs --live", "playbook runs --playbook renewal-risk --outcome recovered --json"),
)
@account_option
@playbook_option
@click.option("--outcome", metavar="WORD", help="Only those that ended so.")
@click.option("--live/--ended", "live", default=None, help="Only those that still run, or only those that do not.")
@limit_option
@json_option
def command(
    *,
    account: str | None,
    playbook: str | None,
    outcome: str | None,
    live: bool | None,
    limit: int,
    as_json: bool,
) -> None:
    """Lists runs, the newest first."""
    from activities.store import runs
    from workers import filters
    from workers.looking import EVERY, run_views

    def found(connection: "Connection") -> list[View]:
        rows = runs.listed(connection, account=account, playbook=playbook, outcome=outcome, live=live, limit=EVERY)
        if not rows:
            filters.check(connection, host, account=account, playbook=playbook)
        return run_views(connection, sorted(rows, key=lambda row: (row.started, row.id), reverse=True))

    with opened() as host:
        rows = host.database.read(found)
    if as_json:
        print_json(rows[:limit])
        return
    print_runs(rows[:limit])
    say("", _summary(rows, limit)) if rows else None


def print_runs(rows: Sequence[View]) -> None:
    from engine.subjects import slot

    cells = [
        (
            one["id"],
            slot(str(one["account"]), str(one["subject"])),
            one["playbook"],
            one["version"],
            one["state"],
            one["outcome"],
            instant_column(one["started"]),
            instant_column(one["ended"]),
            instant_column(one["look_at"]),
        )
        for one in rows
    ]
    table(COLUMNS, cells, "no runs")


def _summary(rows: Sequence[View], limit: int) -> str:
    states: Counter[JsonValue] = Counter(str(one["state"]) for one in rows)
    more = f"; the newest {limit} are shown" if len(rows) > limit else ""
    counts = ", ".join(f"{number} {state}" for state, number in sorted(states.items(), key=str))
    return f"{several(len(rows), 'run')}: {counts}{more} (times in {own_zone()})"
