"""A condition's text cut into words that Python's parser can take without ever seeing what they stand for.

Names, numbers, texts and durations become placeholders, so a field may be called `class`, 0.1 stays exact, and no
literal of Python's own can slip in. Whatever is not of the language is refused here, at its place.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from engine.conditions.faults import Fault
from engine.conditions.tree import MAX_DEPTH, JsonLogic, unfit, whole
from engine.quantities import UNITS, Refused, parse_duration

MAX_LENGTH: Final = 20_000
# Words that may nest without a bracket; far more of them than a person would write is no condition.
MAX_NESTING_WORDS: Final = 500

KEYWORDS: Final = frozenset({"and", "or", "not", "in", "if", "else", "for"})
_OTHER_WORDS: Final[dict[str, str]] = {
    "True": "Write true.", "False": "Write false.", "None": "Write known(x), or not known(x).",
    "null": "Write known(x), or not known(x).", "AND": "Write and.", "OR": "Write or.", "NOT": "Write not.",
    "IN": "Write in.", "is": "Write == to compare.", "then": "Write … if … else ….",
}  # fmt: skip
_OTHER_SIGNS: Final[dict[str, str]] = {
    "=": "Write == to compare.", "=>": "Write >=.", "=<": "Write <=.",
    "&&": "Write and.", "&": "Write and.", "||": "Write or.", "|": "Write or.",
    "**": "Multiply: x * x.", "//": "Write round(a / b).",
    "!": "Write not.", "<>": "Write !=.", "#": "Take it out; a comment stands behind # in the YAML.",
    "“": 'Write straight quotes: ".', "”": 'Write straight quotes: ".', "„": 'Write straight quotes: ".',
    "≤": "Write <=.", "≥": "Write >=.", "≠": "Write !=.", "$": "Write the number alone.",
}  # fmt: skip
_UNITS: Final = "|".join(rf"{re.escape(unit).replace(chr(92) + ' ', r'[ ]+')}s?" for unit in UNITS)
_TOKEN = re.compile(
    rf"""
      (?P<space>\s+)
    | (?P<text>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
    | (?P<date>\d{{4}}-\d{{2}}-\d{{2}}(?![\w.%-]))
    | (?P<span>\d[\w.]*\s+(?:{_UNITS})\b(?!\s*\())
    | (?P<number>\d[\w.]*%?)
    | (?P<name>[^\W\d]\w*(?:\.\w+)*)
    | (?P<wrong>=>|=<|\*\*|//|<>|&&|\|\|)
    | (?P<sign>==|!=|<=|>=|<|>|[-+*/%()\[\],])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"\d+(\.\d+)?")
_OTHER_DATE: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_NESTING: Final = ("not ", "else ", "+ ", "- ", "* ", "/ ", "% ")
_PAIRS: Final = {")": "(", "]": "["}

Kind: TypeAlias = Literal["value", "name"]


@dataclass(frozen=True, slots=True)
class Word:
    """What a placeholder stands for: a value as JsonLogic, or a name of the author's."""

    kind: Kind
    value: JsonLogic
    offset: int


@dataclass(slots=True)
class Tokens:
    """`source` is for Python's parser; `origins` tells for each of its characters where it came from."""

    source: str = ""
    origins: list[int] = field(default_factory=list)
    words: dict[str, Word] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def keep(self, text: str, offset: int) -> None:
        self.source += f"{text} "
        self.origins += [offset] * (len(text) + 1)

    def stand_in(self, kind: Kind, value: JsonLogic, offset: int) -> None:
        name = f"_{len(self.words)}"
        self.words[name] = Word(kind, value, offset)
        self.keep(name, offset)

    def fault(self, message: str, fix: str, offset: int) -> None:
        self.faults.append(Fault(message, fix, offset))


def cut(text: str) -> Tokens:
    tokens = Tokens()
    if len(text) > MAX_LENGTH:
        tokens.fault("this condition is too large to read", "Split it into parts that a person can follow.", 0)
        return tokens
    for match in _TOKEN.finditer(text):
        _take(match, tokens)
    if not tokens.faults and (fault := _unreadable(text, tokens)):
        tokens.faults.append(fault)
    return tokens


def _take(match: re.Match[str], tokens: Tokens) -> None:
    word, offset = match[0], match.start()
    match match.lastgroup:
        case "space":
            pass
        case "text":
            tokens.stand_in("value", _unquoted(word), offset)
        case "date":
            tokens.stand_in("value", word, offset)
        case "span":
            _take_span(word, offset, tokens)
        case "number":
            _take_number(word, match, tokens)
        case "name":
            _take_name(word, offset, tokens)
        case "sign":
            tokens.keep(word, offset)
        case _:
            _refuse(word, offset, tokens)


def _take_span(word: str, offset: int, tokens: Tokens) -> None:
    duration = parse_duration(" ".join(word.split()))
    if isinstance(duration, Refused):
        tokens.fault(duration.message, duration.fix, offset)
    else:
        tokens.stand_in("value", {"duration": str(duration)}, offset)


def _take_number(word: str, match: re.Match[str], tokens: Tokens) -> None:
    offset = match.start()
    digits = word.removesuffix("%")
    if not _NUMBER.fullmatch(digits):
        date = _OTHER_DATE.fullmatch(digits)
        fix = "Write a date as 2026-07-01." if date else "Write digits with at most one point, such as 1500 or 0.5."
        tokens.fault(f"'{digits}' is not a number", fix, offset)
        return
    if word != digits and match.string[match.end() :][:1].isalnum():
        fix = "Put spaces around % for the rest of a division."
        tokens.fault("% directly behind a number means a percentage", fix, offset)
        return
    number = whole(Decimal(digits))
    if said := unfit(number):
        tokens.fault(said, "Write it with fewer digits.", offset)
        return
    tokens.stand_in("value", number if word == digits else {"percent": number}, offset)


def _take_name(word: str, offset: int, tokens: Tokens) -> None:
    if word in KEYWORDS:
        tokens.keep(word, offset)
    elif word in {"true", "false"}:
        tokens.stand_in("value", word == "true", offset)
    elif fix := _OTHER_WORDS.get(word):
        tokens.fault(f"'{word}' is not a word of conditions", fix, offset)
    else:
        tokens.stand_in("name", word, offset)


def _refuse(word: str, offset: int, tokens: Tokens) -> None:
    if word in {'"', "'"}:
        tokens.fault("the text that starts here has no closing quote", f"Close it with {word}.", offset)
    else:
        fix = _OTHER_SIGNS.get(word, "Take it out, or put it into quotes if it is text.")
        tokens.fault(f"'{word}' is not a sign of conditions", fix, offset)


def _unreadable(text: str, tokens: Tokens) -> Fault | None:
    """Brackets pair up and nest within bounds, so that Python's parser meets nothing it could choke on."""
    if not text.strip():
        return Fault("there is no condition here", "Write one, such as account.arr >= 50000.")
    if sum(tokens.source.count(word) for word in _NESTING) > MAX_NESTING_WORDS:
        return Fault("this condition is too large to read", "Split it into parts that a person can follow.")
    opened: list[tuple[str, int]] = []
    for sign, offset in zip(tokens.source, tokens.origins, strict=True):
        if sign in _PAIRS.values():
            opened.append((sign, offset))
        elif sign in _PAIRS and (not opened or opened.pop()[0] != _PAIRS[sign]):
            return Fault(f"this '{sign}' closes nothing", "Take it out, or open it before.", offset)
        if len(opened) > MAX_DEPTH:
            return Fault("brackets nest too deep here", "Split it into parts that a person can follow.", offset)
    if opened:
        return Fault(f"this '{opened[-1][0]}' is never closed", "Close it.", opened[-1][1])
    return None


def _unquoted(word: str) -> str:
    return _ESCAPE.sub(lambda match: _unescaped(match[1]), word[1:-1])


def _unescaped(code: str) -> str:
    if len(code) < 5:
        return _ESCAPED.get(code, code)
    point = int(code[1:], 16)
    return "\ufffd" if 0xD800 <= point <= 0xDFFF else chr(point)
