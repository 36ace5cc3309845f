"""What people do with the mails that they get, and which steps of a run hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, get_args

from engine.run import Answered, Run, Said

ANSWERS: Final[tuple[Said, ...]] = get_args(Said)


def heard_by(run: Run, contact: str, verb: Said, at: datetime) -> Iterator[Answered]:
    """An input for each step that is writing to the contact."""
    for open_ in run.open.values():
        people = open_.memo.get("people")
        if isinstance(people, dict) and contact in people:
            yield Answered(at=at, path=open_.path, visit=open_.visit, to=contact, verb=verb)
