"""What is wrong with a condition, said so that its author can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

Pointer: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """`offset` counts characters of the text from 0; `pointer` leads into JsonLogic that was given as such."""

    message: str
    fix: str
    offset: int = 0
    pointer: Pointer = ()

    def __str__(self) -> str:
        return f"{self.message}. {self.fix}".rstrip()


def nearest(word: str, known: Iterable[str]) -> str | None:
    found = get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    meant = nearest(word, known)
    return f"Did you mean {meant}?" if meant else otherwise
