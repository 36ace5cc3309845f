"""A card in Slack's blocks, within Slack's limits for any name of any length, with a text for screen readers beside
them. Names and texts are escaped: nothing in them can mention anybody or make a link.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from activities.slack.text import fallback
from engine.render.cards import ACCOUNT, Card, Line
from engine.render.reasons import day
from engine.rights import Verb

Block = dict[str, JsonValue]

TITLE: Final = 300
FIGURE: Final = 120
WHY: Final = 300
LINK: Final = 400
INSTRUCTIONS: Final = 2_000
ACTION: Final = "task."  # what the ids of our buttons begin with
_LABELS: Final[Mapping[Verb, str]] = {
    "done": "Done",
    "approve": "Approve",
    "edit": "Edit",
    "refuse": "Decline",
    "read": "Read it all",
    "snooze": "Snooze",
    "reassign": "Reassign",
    "claim": "I take it",
    "acknowledge": "Acknowledge",
    "note": "Note",
}
_STYLES: Final[Mapping[Verb, str]] = {
    "done": "primary",
    "approve": "primary",
    "acknowledge": "primary",
    "refuse": "danger",
}
CIRCLES: Final = {zone: f":large_{zone}_circle: " for zone in ("green", "yellow")} | {"red": ":red_circle: "}
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def blocks(card: Card) -> Sequence[Block]:
    """At most seven blocks and under 9,000 characters."""
    return list(_blocks(card))


def text(card: Card) -> str:
    """The whole card in words: for notifications, and for who hears it read out."""
    lines = [
        f"{shown(card.title, TITLE)}. {_plain(card.standing)}.",
        "; ".join(f"{label}: {shown(value, FIGURE)}" for label, value in card.figures),
        _plain(card.due),
        *(shown(line, WHY) for line in card.why),
        shown(card.instructions, INSTRUCTIONS),
        f"Playbook: {shown(card.origin, TITLE)}.",
    ]
    if card.verbs:
        lines.append(f"You can: {', '.join(label(one, card.kind) for one in card.verbs)}.")
    return fallback("\n".join(line for line in lines if line))


def label(verb: Verb, kind: str) -> str:
    return "Take over" if verb == "claim" and kind == "escalation" else _LABELS[verb]


def shown(value: str, limit: int, *, lines: bool = False) -> str:
    """A text as mrkdwn that shows it, at most so many characters with its escapes; line ends become spaces unless
    `lines` are kept.
    """
    parts = value.strip().splitlines() if lines else [value.replace("```", "'''")]
    return _cut("\n".join(" ".join(part.split()) for part in parts), limit)


def linked(name: str, link: str, limit: int) -> str:
    """A name that leads to its record; the name alone where there is no link, or one too long to be one."""
    words = shown(name, limit)
    if not link or len(link) > LINK:
        return words
    return f"<{link.replace('&', '&amp;')}|{words.replace('|', '¦')}>"


def instant(at: datetime) -> str:
    """As each reader has it on their own clock: "tomorrow at 9:00"."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{_spoken(at)}>"


def _blocks(card: Card) -> Iterator[Block]:
    title = shown(card.title, TITLE).replace("*", "")
    head = f"*{title}*" if card.is_open else f"~{title.replace('~', '')}~"
    yield _section(f"{head}\n{_marked(card.standing)}")
    if not card.is_open:
        yield from _in_short(card)
        return
    fields = [f"*{label}:* {_figure(card, label, value)}" for label, value in card.figures]
    if card.due:
        fields.insert(1, f"*{_marked(card.due[:1]).strip()}:* {_marked(card.due[1:])}")
    if fields:
        yield {"type": "section", "fields": [_mrkdwn(one) for one in fields[:10]]}
    if card.why:
        yield _context(*(shown(line, WHY) for line in card.why))
    if card.instructions.strip():
        yield _section(shown(card.instructions, INSTRUCTIONS, lines=True))
    yield _context(shown(card.origin, TITLE))
    if card.verbs:
        buttons: list[JsonValue] = [button(card.task, card.kind, card.title, one) for one in card.verbs]
        yield {"type": "actions", "block_id": "verbs", "elements": buttons}


def _in_short(card: Card) -> Iterator[Block]:
    """What is closed takes little room."""
    known = " · ".join(_figure(card, label, value) for label, value in card.figures)
    yield _context(*([known] if known else ()), *(shown(line, WHY) for line in card.why), shown(card.origin, TITLE))


def _figure(card: Card, label: str, value: str) -> str:
    if label == ACCOUNT:
        return linked(value, card.link, FIGURE)
    circle = CIRCLES.get(value.partition(" ")[0], "")
    return f"{circle}{shown(value, FIGURE)}"


def button(task: str, kind: str, title: str, verb: Verb) -> Block:
    """What acts on a task, wherever it is shown."""
    said = label(verb, kind)
    heard = f"{said}: {' '.join(title.split())}"
    made: Block = {
        "type": "button",
        "action_id": f"{ACTION}{verb}",
        "text": {"type": "plain_text", "text": said},
        "value": task,
        "accessibility_label": heard if len(heard) <= 75 else f"{heard[:74]}…",
    }
    return made | ({"style": _STYLES[verb]} if verb in _STYLES else {})


def _section(mrkdwn: str) -> Block:
    return {"type": "section", "text": _mrkdwn(mrkdwn)}


def _context(*lines: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(line) for line in lines]}


def _mrkdwn(said: str) -> Block:
    return {"type": "mrkdwn", "text": said}


def _marked(line: Line) -> str:
    return "".join(_cut(one, TITLE) if isinstance(one, str) else instant(one) for one in line)


def _cut(words: str, limit: int) -> str:
    kept: list[str] = []
    room = limit
    for char in words:
        piece = _ESCAPES.get(char, char)
        room -= len(piece)
        if room < 1:
            return f"{''.join(kept).rstrip()}…"
        kept.append(piece)
    return "".join(kept)


def _plain(line: Line) -> str:
    return "".join(one if isinstance(one, str) else _spoken(one) for one in line)


def _spoken(at: datetime) -> str:
    return f"{day(at.date())}, {at.astimezone(UTC):%H:%M} UTC"
