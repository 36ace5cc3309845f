"""A mail to a colleague for what Slack does not bring them: a task as words, and commands in the place of buttons."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.markdown import in_markdown
from engine.render.cards import ACCOUNT, Card, Line

Clock = Callable[[datetime], str]
"""An instant as its reader has it."""

SUBJECT: Final = 150
WHOLE: Final = 60_000  # of what somebody must do, or approve
TEXT: Final = 10_000  # more than one message of Slack holds
DOWN: Final = "Slack does not bring you this now, so it comes by mail."
LOST: Final = "Slack does not know you (by your address or id in people.yaml), so it comes by mail."
_CLOSING: Final = frozenset({"done", "approve", "refuse"})


@dataclass(frozen=True, slots=True)
class Notice:
    """`body` is Markdown."""

    subject: str
    body: str


def notice(card: Card, outcomes: Sequence[str], said: str, reader: str, clock: Clock, why: str = DOWN) -> Notice:
    """`said` is what they would have read in Slack: a task's own title, or a reminder of it. `why` it comes by mail."""
    return Notice(headline(said or card.title), "\n\n".join(_parts(card, outcomes, said, reader, clock, why)))


def headline(said: str) -> str:
    """A subject line of the first words."""
    line = " ".join(next((one for one in said.splitlines() if one.strip()), "").split())
    return line if len(line) <= SUBJECT else f"{line[: SUBJECT - 1]}…"


def words(said: str, most: int = TEXT) -> str:
    """As it was written; nothing in it can become markup."""
    cut = said if len(said) <= most else f"{said[: most - 1]}…"
    return "\n\n".join(in_markdown(line) for line in cut.splitlines() if line.strip())


def _parts(card: Card, outcomes: Sequence[str], said: str, reader: str, clock: Clock, why: str) -> Iterator[str]:
    if said and said.strip() != card.title.strip():
        yield words(said)
    yield f"**{in_markdown(card.title)}**\n\n{_line(card.standing, clock)}"
    yield "\n".join(f"- {label}: {_figure(card, label, value)}" for label, value in card.figures)
    if card.due:
        yield _line(card.due, clock)
    yield from (in_markdown(line) for line in card.why)
    if card.instructions.strip():
        yield words(card.instructions, WHOLE)
    if commands := list(_commands(card, outcomes, reader)):
        shown = "\n".join(f"    {one}" for one in commands)
        yield f"{why} Without its buttons:\n\n{shown}"
    yield f"Playbook: {in_markdown(card.origin)}."


def _commands(card: Card, outcomes: Sequence[str], reader: str) -> Iterator[str]:
    by = f"--by {reader}"
    if "acknowledge" in card.verbs:
        yield f"playbook task acknowledge {card.task} {by}"
    elif _CLOSING & set(card.verbs):
        yield from (f"playbook task complete {card.task} --outcome {one} {by}" for one in outcomes)
    if "snooze" in card.verbs:
        yield f"playbook task snooze {card.task} --until '2 days' {by}"


def _figure(card: Card, label: str, value: str) -> str:
    return f"[{in_markdown(value)}](<{card.link}>)" if card.link and label == ACCOUNT else in_markdown(value)


def _line(line: Line, clock: Clock) -> str:
    return "".join(_said(one) if isinstance(one, str) else in_markdown(clock(one)) for one in line)


def _said(text: str) -> str:
    """The white space at its end stands before what follows."""
    return f"{in_markdown(text)}{' ' if text.endswith(' ') else ''}"
