"""Plain tables and paragraphs of at most WIDTH characters a line, the same on a terminal and in a file."""

import textwrap
from collections.abc import Collection, Iterator, Sequence

WIDTH = 100
GAP = "  "


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> list[str]:
    """The last column is wrapped where the line would be too long; `right` are the columns of numbers."""
    widths = [max(len(row[place]) for row in (columns, *rows)) for place in range(len(columns) - 1)]
    last = WIDTH - sum(widths) - len(GAP) * len(widths)
    lines: list[str] = []
    for row in (columns, *rows):
        cells = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(columns, row, widths, strict=False)
        ]
        before = GAP.join(cells) + GAP if cells else ""
        lines += _hung(before, _wrapped(row[-1], last))
    return lines


def hanging(before: str, text: str) -> list[str]:
    """`text` behind `before`, its further lines below its first."""
    return list(_hung(before, _wrapped(text, WIDTH - len(before))))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _hung(before: str, lines: Sequence[str]) -> Iterator[str]:
    yield (before + lines[0]).rstrip()
    yield from (" " * len(before) + line for line in lines[1:])


def several(number: int, noun: str, plural: str = "") -> str:
    """ "1 task", "1,204 tasks" """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
