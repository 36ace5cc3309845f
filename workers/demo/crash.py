"""What is killed in `--crash`, and when: the worker, then the relay, then the Temporal server, at moments by seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel

from workers.demo.dice import number

Victim = Literal["worker", "relay", "Temporal server"]

# Each has a third of the time to itself, in percent, so that one has been got over when the next one comes.
WINDOWS: Mapping[Victim, tuple[int, int]] = {"worker": (12, 32), "relay": (40, 58), "Temporal server": (66, 84)}


@dataclass(frozen=True, slots=True)
class Crash:
    victim: Victim
    at: datetime


class Kill(BaseModel):
    """A SIGKILL that happened: at which logical instant, what was under way, and real seconds until it was back."""

    victim: Victim
    at: datetime
    effects: int
    inputs: int
    back_after: float


def crashes(since: datetime, until: datetime, seed: str) -> list[Crash]:
    """In logical time, in the order of the windows."""
    length = until - since
    planned = []
    for victim, (first, last) in WINDOWS.items():
        thousandths = first * 10 + number((last - first) * 10, seed, "crash", victim)
        planned.append(Crash(victim, since + length * thousandths / 1000 + _jitter(seed, victim)))
    return planned


def _jitter(seed: str, victim: Victim) -> timedelta:
    """Within the day: at no round hour."""
    return timedelta(seconds=number(3600, seed, "second", victim))
