"""Text for Slack: cut into blocks within its limits, and values made harmless."""

import re
from collections.abc import Iterator, Sequence

from engine.mrkdwn import in_mrkdwn

SECTION = 2_900  # Slack takes 3,000; the rest is for a code fence that is closed here and opened again
MESSAGE = 9_500  # all blocks together: about 13,000 in practice; field experience says under 10,000
FALLBACK = 3_900  # `text` beside the blocks, for notifications and screen readers: 4,000 before Slack cuts it itself

_FENCE = "```"
_LONGEST_TOKEN = 600  # a link or mention that is kept whole; beyond that it is no link but a runaway "<"


def escaped(value: str) -> str:
    """A value as mrkdwn that shows it: for names and texts that an author did not write. Slack's three letters are
    escaped, so no mention or link can come of it; line ends become spaces."""
    return in_mrkdwn(" ".join(value.split()))


def quiet(mrkdwn: str) -> str:
    """Without the mentions that wake a whole channel; they stay readable."""
    return re.sub(r"<!(channel|here|everyone)(?:\|[^>]*)?>", r"@\1", mrkdwn)


def fallback(mrkdwn: str) -> str:
    return _cut(mrkdwn.strip(), FALLBACK)


def sections(mrkdwn: str) -> Sequence[str]:
    """At most 9,500 characters in parts of at most 3,000, cut between paragraphs, lines or words where there are any,
    and never inside a link or an entity. A text that is longer says so at its end."""
    rest = _cut(mrkdwn.strip(), MESSAGE)
    parts = []
    while len(rest) > SECTION:
        at = _break(rest, SECTION)
        part, rest = rest[:at].strip(), rest[at:].strip()
        if part.count(_FENCE) % 2:
            part, rest = f"{part}\n{_FENCE}", f"{_FENCE}\n{rest}"
        parts.append(part)
    return [part for part in (*parts, rest) if part]


def pieces(text: str, limit: int = SECTION) -> Iterator[str]:
    """All of it, in parts that are cut as those of `sections` are."""
    rest = text.strip()
    while rest:
        at = _break(rest, limit) if len(rest) > limit else len(rest)
        yield rest[:at].rstrip()
        rest = rest[at:].lstrip()


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    kept = text[: _break(text, limit - 60)].rstrip()
    fence = f"\n{_FENCE}" if kept.count(_FENCE) % 2 else ""
    return f"{kept}{fence}\n… ({len(text) - len(kept):,} more characters)"


def _break(text: str, limit: int) -> int:
    """Where to end a part: above 0 and at most `limit`."""
    for separator in ("\n\n", "\n", " "):
        at = text.rfind(separator, limit // 2, limit)
        if at > 0 and not _inside(text, at):
            return at
    return _inside(text, limit) or limit


def _inside(text: str, at: int) -> int:
    """The start of the link, mention or entity that a cut at `at` would tear apart; 0 where there is none."""
    opened = text.rfind("<", max(at - _LONGEST_TOKEN, 0), at)
    if opened > 0 and ">" not in text[opened:at]:
        return opened
    entity = text.rfind("&", max(at - 5, 0), at)
    return entity if entity > 0 and ";" not in text[entity:at] else 0
