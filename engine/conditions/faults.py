"""What is wrong with a condition, said so that its author can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, TypeAlias

Pointer: TypeAlias = tuple[str | int, ...]

# What to do about a name that the vocabulary lacks, where no other one is near.
ADD_IT: Final = "Add it to vocabulary.yaml; `playbook vocabulary` lists what is there."


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


def slip_of(word: str, known: Iterable[str]) -> str | None:
    """Which of the known it is but for one letter that is missing, too many, another, or swapped with its neighbour."""
    words = sorted(set(known))
    return None if word in words else next((one for one in words if _one_off(word) & _one_off(one)), None)


def _one_off(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}
