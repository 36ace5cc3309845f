"""What is wrong with the author's files: where, what, and what to do about it; collected, never the first only.

PlaybookError
└── InvalidWorkspace    the files are wrong; carries every Problem found
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]


class Position(NamedTuple):
    """A place in a file; line and column count from 1."""

    line: int
    column: int


START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is in words ("step 'review'"), `fix` may be empty, `code` is kebab-case and stays the same for ever."""

    file: str
    line: int
    column: int
    severity: Severity
    where: str
    message: str
    fix: str
    code: str

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        fix = f" {_sentence(self.fix)}" if self.fix else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {where}{_sentence(self.message)}{fix}"

    def to_json(self) -> dict[str, str | int]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
            "where": self.where,
            "message": self.message,
            "fix": self.fix,
            "code": self.code,
        }


class Problems:
    """A growing collection; the same problem is kept once."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self._found: dict[Problem, None] = dict.fromkeys(found)

    def add(
        self,
        file: str,
        at: Position,
        where: str,
        message: str,
        fix: str = "",
        *,
        code: str,
        severity: Severity = "error",
    ) -> None:
        self._found[Problem(file, at.line, at.column, severity, where, message, fix, code)] = None

    def extend(self, more: Iterable[Problem]) -> None:
        self._found.update(dict.fromkeys(more))

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.sorted() if problem.severity == "error")

    def sorted(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._found, key=lambda one: (one.file, one.line, one.column, one.where, one.message)))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._found)

    def __str__(self) -> str:
        return "\n".join(map(str, self.sorted()))

    def __repr__(self) -> str:
        return f"Problems({len(self)}):\n{self}"


class PlaybookError(Exception):
    """Anything that an author or operator can meet; its text is a whole sentence for them."""


class InvalidWorkspace(PlaybookError):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(Problems(problems).sorted())
        super().__init__("\n".join(map(str, self.problems)))


class Refusal(ValueError):
    """Raised by a validator of an author's model: becomes a Problem at the value's place."""

    def __init__(self, message: str, fix: str = "", code: str = "invalid-value") -> None:
        self.message = message
        self.fix = fix
        self.code = code
        super().__init__(f"{_sentence(message)} {fix}".strip())


def nearest(word: str, known: Iterable[str]) -> str | None:
    by_lower = {name.lower(): name for name in sorted(set(known))}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    if not near and len(word) > 1:
        # Cut short rather than misspelt: "feb", "mon".
        longer = [name for name in by_lower if name.startswith(word.lower())]
        near = longer if len(longer) == 1 else []
    return by_lower[near[0]] if near else None


def suggest(word: str, known: Iterable[str]) -> str:
    """ "Did you mean 'assign'?", or nothing when no known word is near."""
    meant = nearest(word, known)
    return f"Did you mean '{meant}'?" if meant else ""


# What to do about a role that nobody has, where no other one is near.
ADD_HOLDER = "Give it to somebody in people.yaml, or name it under `roles` of policy.yaml."

# Names that are still read when they are listed.
_FEW = 16


def suggest_or_list(word: str, known: Iterable[str]) -> str:
    """As `suggest`; when nothing is near, the words that would do (if they are few enough to read)."""
    names = list(dict.fromkeys(known))
    if near := suggest(word, names):
        return near
    return f"Known: {', '.join(names)}." if 0 < len(names) <= _FEW else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
