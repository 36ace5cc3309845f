"""A digest in Slack's blocks, with the same in words beside them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from activities.slack.card_blocks import Block, instant, shown
from activities.slack.text import fallback
from engine.render.digest import Digest, Line, Part

TITLE: Final = 120
NAME: Final = 50
HEADS: Final[Mapping[Part, str]] = {
    "overdue": "Overdue",
    "today": "Due today",
    "coming": "Due within five working days",
    "new": "New, due later",
}
FOOT: Final = "The Home of this app has all your tasks, with buttons."


def text(told: Digest) -> str:
    """For notifications, and for who hears it read out."""
    counted = ", ".join(f"{count} {HEADS[part].lower()}" for part, _, count in told.parts)
    return fallback(f"Your tasks this morning: {counted}.\n" + "\n".join(_paragraphs(told)))


def blocks(told: Digest) -> Sequence[Block]:
    """At most six, under 10,000 characters."""
    sections: list[Block] = [{"type": "section", "text": _mrkdwn(one)} for one in _paragraphs(told)]
    head: Block = {"type": "section", "text": _mrkdwn("*Your tasks this morning*")}
    return [head, *sections, {"type": "context", "elements": [_mrkdwn(FOOT)]}]


def _paragraphs(told: Digest) -> Iterator[str]:
    for part, lines, count in told.parts:
        more = f"\n… and {count - len(lines)} more" if count > len(lines) else ""
        yield f"*{HEADS[part]} ({count})*\n" + "\n".join(map(_line, lines)) + more


def _line(line: Line) -> str:
    due = f" — {instant(line.task.due)}" if line.task.due else ""
    whose = "" if line.account in line.task.title else f" ({shown(line.account, NAME)})"
    return f"• {shown(line.task.title, TITLE)}{whose}{due}"


def _mrkdwn(said: str) -> Block:
    return {"type": "mrkdwn", "text": said}
