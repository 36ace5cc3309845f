"""Chance that is the same on every machine and in every run: a number depends on the seed and on what it is about.

Nothing is drawn in turn, so a new question changes none of the answers to the others.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

Face = TypeVar("Face")


def number(below: int, *about: str) -> int:
    """A number from 0 up to, not including, `below`."""
    return int.from_bytes(sha256("/".join(about).encode()).digest()[:8], "big") % below


def chosen(faces: Sequence[Face], *about: str) -> Face:
    return faces[number(len(faces), *about)]


def happens(percent: int, *about: str) -> bool:
    return number(100, *about) < percent
