"""A text of the author's that is filled in where a value is due: `{{ account.name }} is red`."""

from __future__ import annotations

from typing import Literal

from engine.run import Frozen


class Text(Frozen):
    kind: Literal["text"] = "text"
    source: str


def is_filled(source: str) -> bool:
    """Whether it has a place that is filled in."""
    return "{{" in source or "{%" in source
