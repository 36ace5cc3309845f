"""What is seen while the demo plays: bars on a terminal, a few lines in a pipe; all on standard error."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from workers.demo.feeder import Fed


class Show(Protocol):
    """What the audience sees meanwhile."""

    def say(self, line: str) -> None: ...

    def imported(self, facts: int, of: int) -> None: ...

    def day(self, fed: Fed, of: int) -> None: ...


class Quiet:
    """A line for each act."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._playing = False

    def say(self, line: str) -> None:
        click.echo(f"{time.monotonic() - self._began:5.0f} s  {line}", err=True)

    def imported(self, facts: int, of: int) -> None:
        if facts == of:
            self.say(f"{of:,} facts of history imported, playbooks applied next")

    def day(self, fed: Fed, of: int) -> None:
        if not self._playing:
            self._playing = True
            self.say(f"{of} days begin")
        del fed


class OnTerminal:
    """A bar for each act; lines stand above them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._history = progress.add_task("history", total=None, visible=False, said="")
        self._days = progress.add_task("days", total=None, visible=False, said="")

    def say(self, line: str) -> None:
        self._progress.console.print(line, highlight=False)

    def imported(self, facts: int, of: int) -> None:
        self._progress.update(self._history, visible=True, completed=facts, total=of, said=f"{facts:,} of {of:,} facts")

    def day(self, fed: Fed, of: int) -> None:
        said = f"day {fed.day} of {of}, {fed.posted:,} facts, {fed.acts:,} acts of people"
        self._progress.update(self._days, visible=True, completed=fed.day, total=of, said=said)


@contextmanager
def shown(*, terminal: bool) -> Iterator[Show]:
    if not terminal:
        yield Quiet()
        return
    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(30),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield OnTerminal(progress)
