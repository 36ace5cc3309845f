"""What somebody has written themselves, out of a mail that also holds the one that they answer.

What begins a quoted mail in which language is the library's knowledge; here it is only believed where it cannot well be
the sender's own words, since those are told to nobody once they are taken for quoted.
"""

import re
from functools import cache
from html.parser import HTMLParser
from itertools import groupby
from typing import Final

from mailparser_reply.constants import MAIL_LANGUAGES
from mailparser_reply.parser import EmailMessage

# What is looked through for where the quoted mail begins: the library takes a second for some texts that are made to.
LOOKED_THROUGH: Final = 5_000  # characters
PAGE: Final = 100_000  # characters of a page that are read
CUT: Final = "… (the page is longer than what is read of it)"
CONTEXT: Final = 3  # lines of what an answer between the lines answers
_LABEL: Final = re.compile(r"^[>*\s]*[^\W\d][^:\n]{0,20}:", re.MULTILINE)
_NUMBER: Final = re.compile(r"\d+")
_FORWARDS: Final = re.compile(r"forward|weitergeleitet|transf[eé]r|reenvia|inoltrat|doorgestuurd", re.IGNORECASE)
_POINTS_BELOW: Final = re.compile(
    r"\b(below|inline|in-line|in red|in blue|fyi|unten|untenstehend|in rot|zur info|ci-dessous|en rouge|pour info|abajo"
    r"|hieronder)\b",
    re.IGNORECASE,
)
_ANNOUNCES: Final = re.compile(r":\s*$")  # what stands below is told by them
_UNSEEN: Final = re.compile(r"<!--|<style\b", re.IGNORECASE)
_NOTE_ENDS: Final = re.compile(r"-->")
_STYLE_ENDS: Final = re.compile(r"</style\s*>", re.IGNORECASE)
_RULE: Final = re.compile(r"\n[ \t]*[_-]{5,}[ \t]*$")


def own_words(text: str) -> str:
    """All of it where nothing of it seems to be their own."""
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.strip().splitlines()))
    return _between_the_quotes(_above_the_quoted(whole)) or whole


def _above_the_quoted(whole: str) -> str:
    """Where the quoted lines are marked, only what introduces them is left out: answers may stand below."""
    end = max(whole.rfind("\n", 0, LOOKED_THROUGH), 0) if len(whole) > LOOKED_THROUGH else len(whole)
    looked, kept, since = whole[:end], "", 0
    for found in _introductions().finditer(looked):
        above, below = looked[since : found.start()], whole[found.end() :].lstrip()
        if found.group().lstrip().startswith(">") or _FORWARDS.search(above[-80:]):
            continue
        marked = below.startswith(">")
        if not _introduces(found.group(), marked=marked, apart=_is_apart(above, found.group())):
            continue
        if not marked and (_POINTS_BELOW.search(f"{kept}{above}") or _ANNOUNCES.search(above)):
            break  # their answers stand between lines that nothing marks, or it is what they want to be read
        if not marked:
            return _said_to_be_left_out(_RULE.sub("", f"{kept}{above}".rstrip()), whole[found.start() :])
        kept, since = f"{kept}{above}\n", found.end()
    return f"{kept}{whole[since:]}"


@cache
def _introductions() -> re.Pattern[str]:
    """Such as `On …, … wrote:` and the lines `From:`, `Sent:`, `To:`, `Subject:`."""
    known: re.Pattern[str] = EmailMessage(text="", languages=list(MAIL_LANGUAGES)).HEADER_REGEX
    return known


def _is_apart(above: str, said: str) -> bool:
    """A mail's head has an empty line or a rule above it."""
    indent = said[: len(said) - len(said.lstrip())]
    return not above.strip() or "\n\n" in f"{above[-1:]}{indent}" or bool(_RULE.search(f"\n{above.rstrip()}"))


def _said_to_be_left_out(own: str, quoted: str) -> str:
    """Nothing marks it as quoted, so that it may be theirs after all."""
    lines = sum(1 for line in quoted.split("\n") if line)
    return f"{own.rstrip()}\n\n… and {lines:,} line{'s' * (lines > 1)} quoted" if own.strip() else own


def _introduces(said: str, *, marked: bool, apart: bool) -> bool:
    """A sentence with an address, a date and time or marked lines below it, or as many lines as a mail's head has."""
    labels = len(_LABEL.findall(said))
    if labels > 1:
        return (labels > 2 and "@" in said) or (labels > 3 and apart)
    return marked or "@" in said or len(_NUMBER.findall(said)) > 2 or said.strip().startswith("-----")


def _between_the_quotes(text: str) -> str:
    """Of lines that are marked as quoted, only as many as tell what is answered below them."""
    parts = [(is_quoted, list(lines)) for is_quoted, lines in groupby(text.split("\n"), lambda line: line[:1] == ">")]
    parts = [(is_quoted, lines) for is_quoted, lines in parts if is_quoted or any(lines)]
    while parts and parts[-1][0]:
        parts.pop()
    if [is_quoted for is_quoted, _ in parts] == [True, False]:
        parts.pop(0)
    shown = [line for is_quoted, lines in parts for line in (lines[-CONTEXT:] if is_quoted else lines)]
    return "\n".join(shown).strip()


# --- of a page


class _Words(HTMLParser):
    """The words of a page; what it quotes is marked as plain text marks it."""

    BLOCKS: Final = frozenset({"p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"})
    CELLS: Final = frozenset({"td", "th"})
    HIDDEN: Final = frozenset({"style", "script", "title"})

    def __init__(self, hidden: frozenset[str]) -> None:
        super().__init__()
        self.lines: list[tuple[int, list[str]]] = [(0, [])]
        self.hiding = hidden
        self.hidden = self.quoted = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.hidden += tag in self.hiding
        self.quoted += tag == "blockquote"
        if tag == "br" or tag in self.BLOCKS:
            self._break(always=tag == "br")
        if tag in self.CELLS and self.lines[-1][1]:
            self.lines[-1][1].append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(self.hidden - (tag in self.hiding), 0)
        self.quoted = max(self.quoted - (tag == "blockquote"), 0)
        if tag in self.BLOCKS:
            self._break()
        if tag == "p":
            self._break(always=True)

    def _break(self, *, always: bool = False) -> None:
        if always or self.lines[-1] != (self.quoted, []):
            self.lines.append((self.quoted, []))

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.lines[-1][1].append(re.sub(r"\s+", " ", data))


def plain_of(page: str) -> str:
    """All the words of it where a part that was never closed would hide them."""
    short = page if len(page) <= PAGE else _without_unseen(page)
    return _plain(short, _Words.HIDDEN) or _plain(short, frozenset())


def _without_unseen(page: str) -> str:
    """Styles and notes of the program that wrote it may be longer than the words. One that never ends is kept."""
    kept, since = list[str](), 0
    while (begins := _UNSEEN.search(page, since)) and (
        ends := (_NOTE_ENDS if begins.group() == "<!--" else _STYLE_ENDS).search(page, begins.end())
    ):
        kept.append(page[since : begins.start()])
        since = ends.end()
    return "".join([*kept, page[since:]])


def _plain(page: str, hidden: frozenset[str]) -> str:
    words = _Words(hidden)
    words.feed(f"{page[:PAGE]}<br>")  # what stands before a tag is told; closing it takes ever longer
    lines = [("> " if quoted else "") + " ".join("".join(said).split()) for quoted, said in words.lines]
    if len(page) > PAGE and any(lines):
        lines.append(("> " if words.quoted else "") + CUT)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in lines if line != "> ")).strip()
