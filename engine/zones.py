"""Green, yellow, red: where a metric stands, since when, with dwell and hysteresis.

`step` is fed the attainment at every instant at which it changes, and at `due`: so a zone's `since` follows the
readings' own instants and not the moment at which somebody looked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, get_args

from engine.measures import Band, Zones
from engine.quantities import Duration
from engine.ticks import Ticks

Zone = Literal["green", "yellow", "red"]
ZONES: Final[tuple[Zone, ...]] = get_args(Zone)

Ends = Callable[[Duration, Ticks], Ticks]
"""When a duration is over that began at a tick: for days, by the calendar of the account."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`red` and `low`: since when its readings have been red, or worse than green, whatever a dwell still shows."""

    zone: Zone | None = None
    since: Ticks | None = None
    red: Ticks | None = None
    low: Ticks | None = None


NOWHERE: Final = Standing()


def step(bounds: Zones, before: Standing, attainment: Decimal | int | None, at: Ticks, ends: Ends) -> Standing:
    if attainment is None:
        return NOWHERE
    raw = _raw(bounds, before.zone, attainment)
    low = None if raw == "green" else at if before.low is None else before.low
    red = None if raw != "red" else at if before.red is None else before.red
    zone = before.zone or "yellow" if _waits(bounds, before.zone, Standing(raw, at, red, low), ends) else raw
    if (zone, red, low) == (before.zone, before.red, before.low):
        return before
    return Standing(zone, before.since if zone == before.zone else at, red, low)


def due(bounds: Zones, now: Standing, ends: Ends) -> Ticks | None:
    """When a running dwell ends, the attainment staying as it is."""
    if now.red is not None:
        return _end(bounds.red, now.red, ends) if now.zone != "red" else None
    return _end(bounds.yellow, now.low, ends) if now.low is not None and now.zone == "green" else None


def _raw(bounds: Zones, zone: Zone | None, attainment: Decimal | int) -> Zone:
    if attainment < _line(bounds.red, begun=zone == "red"):
        return "red"
    return "yellow" if attainment < _line(bounds.yellow, begun=zone in {"red", "yellow"}) else "green"


def _waits(bounds: Zones, before: Zone | None, new: Standing, ends: Ends) -> bool:
    """A dwell delays what gets worse, never what gets better; while it runs the zone before stays."""
    match new.zone:
        case "red" if before != "red":
            end = _end(bounds.red, new.red, ends)
        case "yellow" if before == "green":
            end = _end(bounds.yellow, new.low, ends)
        case _:
            return False
    return end is not None and new.since is not None and new.since < end


def _line(band: Band, *, begun: bool) -> Decimal:
    return band.clears_at if begun and band.clears_at is not None else band.below


def _end(band: Band, since: Ticks | None, ends: Ends) -> Ticks | None:
    return None if band.dwell is None or since is None else ends(band.dwell, since)
