"""`playbook import`: facts from files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.advancing import Lines, not_meant, without_starts_option
from workers.cli.faults import FINE, WRONG
from workers.cli.output import note, print_json, say, several
from workers.cli.program import with_example
from workers.cli.store import json_option, opened

if TYPE_CHECKING:
    from workers.importing.feeding import Count, Progress

SHOWN = 50  # refused rows; a file that is wrong throughout needs no thousand lines to say so


@click.command(
    "import",
    epilog=with_example(
        "playbook import playbooks/demo/ravenstack.mapping.yaml", "playbook import facts.ndjson --json"
    ),
)
@click.argument("mapping", type=click.Path(path_type=Path))
@without_starts_option
@json_option
@click.pass_context
def command(ctx: click.Context, *, mapping: Path, without_starts: bool, as_json: bool) -> None:
    """Turns the CSV files that MAPPING speaks of into facts, or takes the facts of an NDJSON file, one a line.

    Cut off at any moment, it goes on where it was when it is done again, and stores nothing twice; a file that was
    changed meanwhile is looked at anew. Rows that cannot be taken are told with file and line; the rest goes on. The
    facts of one account are told as one, in the order in which they happened, wherever they stand in the files. The
    mapping is explained in playbooks/demo/README.md.

    A portfolio that is new here may bring much that has been so for long. With --without-starts none of that starts a
    playbook: all is stored and judged as if the accounts had been known when the playbooks were applied, so that under
    `becomes` only what changes from then on does, and under `is` what is still so.
    """
    from workers.importing.feeding import import_file
    from workers.settings import load_settings

    with opened() as host, _progress() as progress:
        try:
            count = import_file(host, mapping, load_settings().make_home(), progress, starts=not without_starts)
        except KeyboardInterrupt:
            note("left off; the same command goes on with it")
            raise
    if as_json:
        print_json(_json(count))
    else:
        _print(count)
    ctx.exit(WRONG if count.left_out else FINE)


def _print(count: "Count") -> None:
    for fault in count.faults[:SHOWN]:
        note(str(fault))
    if count.left_out > SHOWN:
        note(f"… and {count.left_out - SHOWN} more")
    if count.changed:
        note("a file has been changed since the import was cut off, so all of it was looked at anew")
    if count.resumed:
        note(f"gone on behind fact {count.resumed}; the figures are of all of it")
    left_out = f"{count.left_out} left out"
    if count.aside:
        note(f"… {not_meant(count.aside)}")
    say(f"{several(count.total, 'fact')}: {count.stored} stored, {count.known} known already, {left_out}")


def _json(count: "Count") -> dict[str, object]:
    faults = [{"file": one.file, "line": one.line, "message": one.message} for one in count.faults]
    return {
        "total": count.total,
        "stored": count.stored,
        "known": count.known,
        "left_out": faults,
        "left_out_count": count.left_out,
        "not_meant": count.aside,
        "resumed": count.resumed,
        "changed": count.changed,
    }


@contextmanager
def _progress() -> Iterator["Progress"]:
    """Two bars on a terminal; elsewhere a line now and then."""
    if not sys.stderr.isatty():
        yield Lines(note)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bar:
        rows = bar.add_task("rows looked at", total=None)
        facts = bar.add_task("facts told", total=None, visible=False)

        def show(what: str, number: int, total: int) -> None:
            task = rows if what == "found" else facts
            bar.update(task, advance=number, total=total or None, visible=True)

        yield show
