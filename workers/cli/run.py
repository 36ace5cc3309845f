"""`playbook run`: one run, where it stands and what it waits for."""

from collections.abc import Iterator
from typing import Any

import click

from workers.cli.messages import standing
from workers.cli.output import instant_column, own_zone, print_json, say
from workers.cli.program import with_example
from workers.cli.resting import waits_for
from workers.cli.store import json_option, opened
from workers.views import View


@click.command("run", epilog=with_example("playbook run renewal-risk-3fa9", "playbook run renewal-risk-3fa9 --json"))
@click.argument("run")
@json_option
def command(*, run: str, as_json: bool) -> None:
    """Shows RUN, by its id or the beginning of it: the steps that it rests at, its tasks, its messages."""
    from workers.looking import find_run, run_told

    with opened() as host:
        told = host.database.read(lambda connection: run_told(connection, host, find_run(connection, run)))
    if as_json:
        print_json(told)
    else:
        say(*_lines(told))


def _lines(told: View) -> Iterator[str]:
    yield f"{told['id']}: {told['playbook']} (version {told['version']}) for {told['account']}"
    yield f"{told['state']}{_ended(told)}, started {instant_column(told['started'])} (times in {own_zone()})"
    if told["attention"]:
        yield f"needs attention: {told['attention']}"
    for one in _several(told, "open"):
        yield f"  at {one['path']} since {instant_column(one['since'])}: {waits_for(one)}"
    for one in _several(told, "tasks"):
        due = f", due {instant_column(one['due'])}" if one["due"] else ""
        yield f"  task {one['path']} ({one['id']}): {one['outcome'] or _state(one)}, {one['person'] or 'nobody'}{due}"
    for one in _several(told, "messages"):
        yield f"  {one['channel']} {one['path']} to {one['to']}: {standing(one)}"


def _several(told: View, key: str) -> list[dict[str, Any]]:
    found = told[key]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _ended(told: View) -> str:
    return f" as {told['outcome']} {instant_column(told['ended'])}" if told["outcome"] else ""


def _state(task: dict[str, Any]) -> str:
    return f"snoozed until {instant_column(task['snoozed'])}" if task["snoozed"] else str(task["state"])
