"""`playbook import`: facts from files."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.faults import FINE, WRONG
from workers.cli.output import note, print_json, say, several
from workers.cli.program import with_example
from workers.cli.store import json_option, opened

if TYPE_CHECKING:
    from workers.importing.feeding import Count

SHOWN = 50  # refused rows; a file that is wrong throughout needs no thousand lines to say so


@click.command(
    "import",
    epilog=with_example(
        "playbook import playbooks/demo/ravenstack.mapping.yaml", "playbook import facts.ndjson --json"
    ),
)
@click.argument("mapping", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def command(ctx: click.Context, *, mapping: Path, as_json: bool) -> None:
    """Turns the CSV files that MAPPING speaks of into facts, or takes the facts of an NDJSON file, one a line.

    What is stored already is passed over, so an import that was cut off is gone on with by doing it again. Rows that
    cannot be taken are told with file and line; the rest goes on. The mapping is explained in playbooks/demo/README.md.
    """
    from workers.importing.feeding import feed, read_facts

    with opened() as host:
        setting = host.database.read(lambda connection: host.applied.current(connection).setting)
        whole = read_facts(mapping, setting.vocabulary)
        with _progress(len(whole.facts)) as progress:
            count = feed(host, whole, progress)
    if as_json:
        print_json(_json(count))
    else:
        _print(count)
    ctx.exit(WRONG if count.faults else FINE)


def _print(count: "Count") -> None:
    for fault in count.faults[:SHOWN]:
        note(str(fault))
    if len(count.faults) > SHOWN:
        note(f"… and {len(count.faults) - SHOWN} more")
    left_out = f"{len(count.faults)} left out"
    say(f"{several(count.total, 'fact')}: {count.stored} stored, {count.known} known already, {left_out}")


def _json(count: "Count") -> dict[str, object]:
    faults = [{"file": one.file, "line": one.line, "message": one.message} for one in count.faults]
    return {"total": count.total, "stored": count.stored, "known": count.known, "left_out": faults}


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("facts", total=total)
        yield lambda number: bar.advance(task, number)
