"""How far an import has come, for whoever reads a log and not a terminal; and an option that imports share."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workers.importing.feeding import What

EVERY = 10.0  # seconds

without_starts_option = click.option(
    "--without-starts", is_flag=True, help="Start nothing for what has been so for long: judge it as if known before."
)


def not_meant(rows: int) -> str:
    return f"{rows:,} {'row' if rows == 1 else 'rows'} not meant by the mapping"


class Lines:
    """A line at most every 10 seconds. `clock` counts seconds."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._last = clock()
        self._rows = self._told = 0

    def __call__(self, what: "What", number: int, total: int) -> None:
        if what == "found":
            self._rows += number
        else:
            self._told += number
        if self._clock() - self._last >= EVERY:
            self._last = self._clock()
            far = f"facts told: {self._told:,} of {total:,}" if what == "through" else f"rows looked at: {self._rows:,}"
            self._say(far)
