"""What commands print: JSON for programs, tables and instants for people."""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import click

from engine.render import printable
from engine.values import to_json

Clock = Callable[[datetime], str]


def say(*lines: str) -> None:
    for line in lines:
        click.echo(line)


def note(line: str) -> None:
    """For a person beside the output proper, which a pipe takes without it."""
    click.echo(line, err=True)


def several(number: int, noun: str) -> str:
    """ "1 run", "2 runs" """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(data: object) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=_json))


def _json(value: object) -> object:
    match value:
        case datetime() | Decimal() | date():
            return to_json(value)
        case tuple() | set() | frozenset():
            return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def zone_clock(zone: str) -> Clock:
    """Instants as they stand on a clock there: 2026-03-02 Mon 09:00."""
    where = ZoneInfo(zone)
    return lambda at: f"{at.astimezone(where):%Y-%m-%d %a %H:%M}"


def own_clock() -> Clock:
    """On the clock of whoever reads: the one thing that the machine's time zone is asked for."""
    return lambda at: f"{at.astimezone():%Y-%m-%d %a %H:%M}"


def instant_column(said: object) -> str:
    """An instant of a view, on the reader's clock; empty where there is none."""
    return own_clock()(datetime.fromisoformat(said)) if isinstance(said, str) else ""


def own_zone() -> str:
    return datetime.now(UTC).astimezone().tzname() or "UTC"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """`empty` is said where there are no rows. In a pipe nothing is cut off."""
    if not rows:
        say(empty)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(columns))
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(printable(_cell(one))) for one in row))
    width = None if sys.stdout.isatty() else 100_000
    console = Console(width=width, highlight=False, soft_wrap=False)
    with console.capture() as drawing:
        console.print(drawn)
    say(*(line.rstrip() for line in drawing.get().splitlines()))


def _cell(value: object) -> str:
    return "" if value is None else str(value)
