"""Links and pictures in an author's Markdown: where they lead, what is wrong with that, and values within it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from engine.logic import Fault

# Behind a label, in pointed brackets, and as a definition at the foot of the text.
_OPENS: Final = re.compile(r"(?<!\\)\]\(\s*<?|<(?=(?:https?|mailto|tel):)|^ {0,3}\[[^\]\n]+\]:\s*<?", re.MULTILINE)
_VALUE: Final = re.compile(r"\{\{([-+]?)(.*?)([-+]?)\}\}", re.DOTALL)
_SKIPPED: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_CODE: Final = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_NO_WORDS: Final = re.compile(r"(!?)\[\s*\]\(")
_GOES_ON: Final = re.compile(r"""\s*(?:"[^"]*"|'[^']*'|\([^)]*\))?\s*\)""")
_LEADS_TO: Final = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
_WHOLE: Final = "%/:?#[]@!$&'*+,;=~"  # what an address may be made of
_PART: Final = "/:@~"

FILTER: Final = "_link"


class Encoded(str):
    """A part of an address, as it stands in one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads, as written, with the offset of its first letter and of what stands behind it."""

    start: int
    end: int
    url: str
    labelled: bool


def encoded(text: str, *, whole: bool) -> Encoded:
    """A value that is a `whole` address, or a part of one: a space or a bracket in it ends no link."""
    return Encoded(quote(text.strip(), safe=_WHOLE if whole else _PART))


def with_encoded_values(source: str) -> str:
    """Each `{{ value }}` within an address goes through FILTER; what stands in which line stays."""
    parts, last = [], 0
    for one in targets(source):
        whole = True
        parts.append(source[last : one.start])
        for found in re.split(r"(\{\{.*?\}\})", one.url, flags=re.DOTALL):
            parts.append(_VALUE.sub(rf"{{{{\1 (\2) | {FILTER}({str(whole).lower()}) \3}}}}", found))
            whole = whole and not found
        last = one.end
    return "".join((*parts, source[last:]))


def faults(source: str) -> Iterator[Fault]:
    """Pictures that say nothing, and links that no mail can have."""
    plain = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), source)
    for found in _NO_WORDS.finditer(plain):
        message, fix = "this link has no words to follow it by", "Write where it leads: [our page](https://…)"
        if found[1]:
            message, fix = (
                "this picture says nothing to whoever cannot see it",
                "Write what it shows: ![a map](https://…)",
            )
        yield Fault(message, fix, found.start())
    for one in targets(plain):
        if one.url and not one.url.startswith("{") and not _LEADS_TO.match(one.url):
            message = f"no mail can have a link to '{one.url}': it would be shown as it is written"
            yield Fault(message, "Links in mails begin with https:, http:, mailto: or tel:", one.start)
        elif one.labelled and not _GOES_ON.match(plain, one.end) and plain[one.end : one.end + 1] != ">":
            message = "the address of this link ends at a space, and no link is made of it"
            yield Fault(message, "Write %20 for a space", one.start)


def targets(source: str) -> Iterator[Target]:
    end = 0
    while opened := _OPENS.search(source, end):
        start, end = opened.end(), _end(source, opened.end())
        yield Target(start, end, source[start:end], opened[0].startswith("]"))


def _end(source: str, place: int) -> int:
    """At white space, or at the bracket that closes it."""
    depth = 0
    while place < len(source):
        if skipped := _SKIPPED.match(source, place):
            place = skipped.end()
            continue
        letter = source[place]
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter.isspace() or letter == ">" or depth < 0:
            break
        place += 1
    return place
