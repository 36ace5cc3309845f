"""Instants as whole microseconds since 1970."""

from __future__ import annotations

import datetime as dt
from typing import Final

Ticks = int

NEVER: Final[Ticks] = 1 << 62
DAY: Final[Ticks] = 86_400_000_000

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EARLIEST: Final[Ticks] = -62_135_596_800_000_000  # the year 1
LATEST: Final[Ticks] = 253_402_300_799_999_999  # the year 9999


def ticks(instant: dt.datetime) -> Ticks:
    since = instant - _EPOCH
    return since.days * DAY + since.seconds * 1_000_000 + since.microseconds


def instant(at: Ticks) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=min(max(at, EARLIEST), LATEST))
