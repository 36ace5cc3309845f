"""Slack's blocks as pages of HTML, near enough to what Slack shows: to be looked at, not to be asserted."""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.slack_days import Days
from tests.support.standins.slack import Posted

Block = Mapping[str, Any]
PAGE = 7  # messages
_EMOJI = {
    "white_check_mark": "✅", "large_green_circle": "🟢", "large_yellow_circle": "🟡", "red_circle": "🔴",
}  # fmt: skip

STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


class Reader:
    """Whoever looks: their zone, and what time it is, for dates in words."""

    def __init__(self, zone: str, now: datetime) -> None:
        self.zone, self.now = ZoneInfo(zone), now

    def page(self, parts: Iterable[str]) -> str:
        return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{''.join(parts)}"

    def message(self, blocks: Iterable[Block], at: datetime, thread: Iterable[str] = (), note: str = "") -> str:
        head = f"<div class=who><b>Playbooks</b> <span class=app>APP</span><span>{self._clock(at)} {note}</span></div>"
        below = "".join(thread)
        below = f"<div class=thread>{below}</div>" if below else ""
        main = f"<div class=main>{head}{self.blocks(blocks)}{below}</div>"
        return f"<div class=message><div class=icon></div>{main}</div>"

    def modal(self, view: Mapping[str, Any]) -> str:
        foot = "".join(f"<span class='button'>{_escaped(view[one]['text'])}</span> " for one in ("close", "submit"))
        title = _escaped(view["title"]["text"])
        return f"<div class=modal><h3>{title}</h3>{self.blocks(view['blocks'])}<p>{foot}</div>"

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "".join(_DRAWN[one["type"]](self, one) for one in blocks)

    def text(self, said: Mapping[str, Any]) -> str:
        words = str(said["text"])
        return self.mrkdwn(words) if said["type"] == "mrkdwn" else _escaped(words)

    def mrkdwn(self, words: str) -> str:
        parts = re.split(r"```\n?(.*?)```", words, flags=re.DOTALL)
        return "".join(f"<pre>{one.rstrip()}</pre>" if n % 2 else self._marked(one) for n, one in enumerate(parts))

    def _marked(self, words: str) -> str:
        words = re.sub(r"<!date\^(\d+)\^([^|]*)\|([^>]*)>", lambda m: self._date(int(m[1]), m[2]), words)
        words = re.sub(r"<(https?:[^|>]+)\|([^>]*)>", r'<a href="\1">\2</a>', words)
        words = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", words)
        for mark, tag in (("*", "b"), ("_", "i"), ("~", "s")):
            sign = re.escape(mark)
            words = re.sub(rf"(?<![\w{sign}]){sign}(\S(?:[^{sign}\n]*\S)?){sign}(?!\w)", rf"<{tag}>\1</{tag}>", words)
        words = re.sub(r"^>(.*)$", r"<blockquote>\1</blockquote>", words, flags=re.MULTILINE)
        for name, sign in _EMOJI.items():
            words = words.replace(f":{name}:", sign)
        return words

    def _date(self, stamp: int, form: str) -> str:
        at = datetime.fromtimestamp(stamp, UTC).astimezone(self.zone)
        apart = (at.date() - self.now.astimezone(self.zone).date()).days
        pretty = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(apart, f"{at:%b} {at.day}")
        long = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(apart, f"{at:%A, %B} {at.day}")
        return (
            form.replace("{date_short_pretty}", pretty).replace("{date_long_pretty}", long)
            .replace("{date_pretty}", pretty).replace("{time}", self._clock(at))
        )  # fmt: skip

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%I:%M %p}".lstrip("0")

    def element(self, one: Mapping[str, Any]) -> str:
        if one["type"] == "button":
            return f"<span class='button {one.get('style', '')}'>{_escaped(one['text']['text'])}</span>"
        chosen = one.get("initial_option") or {}
        shown = chosen["text"]["text"] if chosen else one.get("initial_value", "")
        return f"<div class=box>{_escaped(shown)}{' ▾' if 'select' in one['type'] else ''}</div>"


def _escaped(words: str) -> str:
    return html.escape(words, quote=False)


def _section(by: Reader, block: Block) -> str:
    text = f"<div class=section>{by.text(block['text'])}</div>" if "text" in block else ""
    fields = "".join(f"<div class=section>{by.text(one)}</div>" for one in block.get("fields", []))
    return text + (f"<div class=fields>{fields}</div>" if fields else "")


def _input(by: Reader, block: Block) -> str:
    optional = " <span class=hint>(optional)</span>" if block.get("optional") else ""
    return f"<div class=label>{by.text(block['label'])}{optional}</div>{by.element(block['element'])}"


def _row(kind: str) -> Callable[[Reader, Block], str]:
    def drawn(by: Reader, block: Block) -> str:
        shown = by.element if kind == "actions" else lambda one: f"<div>{by.text(one)}</div>"
        return f"<div class={kind}>{''.join(map(shown, block['elements']))}</div>"

    return drawn


_DRAWN: Mapping[str, Callable[[Reader, Block], str]] = {
    "section": _section,
    "input": _input,
    "context": _row("context"),
    "actions": _row("actions"),
    "header": lambda by, block: f"<div class=header>{by.text(block['text'])}</div>",
    "divider": lambda by, block: "<hr>",
}


def album(days: Days, folder: Path) -> None:
    """A page for every few messages of a conversation, for each Home, the forms and what was asked by words."""
    folder.mkdir(parents=True, exist_ok=True)
    by = Reader(days.zone.key, days.clock.at)
    for name, parts in _pages(days, by).items():
        (folder / f"{name}.html").write_text(by.page(parts), encoding="utf-8")


def _pages(days: Days, by: Reader) -> dict[str, list[str]]:
    pages: dict[str, list[str]] = {}
    for number, (user, room) in enumerate(sorted(days.slack.conversations.items())):
        drawn = [_thread(days, by, one, room.messages) for one in room.messages if one.thread_ts is None]
        for start in range(0, len(drawn), PAGE):
            pages[f"{number}-{user}-{start // PAGE:02}"] = drawn[start:][:PAGE]
    for number, view in enumerate(days.homes):
        pages[f"home-{number}"] = [by.blocks(view["blocks"])]
    forms = {name: view for name, view in days.asked if view.get("type") == "modal"}
    pages["forms"] = [by.modal(view) for view in forms.values()]
    asked = [(name, told) for name, told in days.asked if "response_type" in told]
    pages["commands"] = [f"<h2>{name}</h2>{by.blocks(told['blocks'])}" for name, told in asked]
    return pages


def _thread(days: Days, by: Reader, message: Posted, all_: Iterable[Posted]) -> str:
    below = [by.message(one.blocks, days.came[one.ts]) for one in all_ if one.thread_ts == message.ts]
    return by.message(message.blocks, days.came[message.ts], below, "(edited)" if message.edits else "")
