"""Green, yellow, red: where a metric stands, since when, with dwell and hysteresis.

`step` is fed the attainment at every instant at which it changes, and at `due`: so a zone's `since` follows the
readings' own instants and not the moment at which somebody looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, get_args

from engine.measures import Band, Zones
from engine.ticks import Ticks, span

Zone = Literal["green", "yellow", "red"]
ZONES: Final[tuple[Zone, ...]] = get_args(Zone)


@dataclass(frozen=True, slots=True)
class Standing:
    """`red` and `low`: since when its readings have been red, or worse than green, whatever a dwell still shows."""

    zone: Zone | None = None
    since: Ticks | None = None
    red: Ticks | None = None
    low: Ticks | None = None


NOWHERE: Final = Standing()


def step(bounds: Zones, before: Standing, attainment: Decimal | int | None, at: Ticks) -> Standing:
    if attainment is None:
        return NOWHERE
    raw = _raw(bounds, before.zone, attainment)
    low = None if raw == "green" else at if before.low is None else before.low
    red = None if raw != "red" else at if before.red is None else before.red
    zone = _shown(bounds, before.zone, raw, red, low, at)
    if (zone, red, low) == (before.zone, before.red, before.low):
        return before
    return Standing(zone, before.since if zone == before.zone else at, red, low)


def due(bounds: Zones, now: Standing) -> Ticks | None:
    """When a running dwell ends, the attainment staying as it is."""
    if now.red is not None:
        return _end(bounds.red, now.red) if now.zone != "red" else None
    return _end(bounds.yellow, now.low) if now.low is not None and now.zone == "green" else None


def _raw(bounds: Zones, zone: Zone | None, attainment: Decimal | int) -> Zone:
    if attainment < _line(bounds.red, begun=zone == "red"):
        return "red"
    return "yellow" if attainment < _line(bounds.yellow, begun=zone in {"red", "yellow"}) else "green"


def _shown(bounds: Zones, before: Zone | None, raw: Zone, red: Ticks | None, low: Ticks | None, at: Ticks) -> Zone:
    """A dwell delays what gets worse, never what gets better; while it runs the zone before stays."""
    if raw == "red" and before != "red" and red is not None and _runs(bounds.red, red, at):
        return before or "yellow"
    if raw == "yellow" and before == "green" and low is not None and _runs(bounds.yellow, low, at):
        return before
    return raw


def _line(band: Band, *, begun: bool) -> Decimal:
    return band.clears_at if begun and band.clears_at is not None else band.below


def _runs(band: Band, since: Ticks, at: Ticks) -> bool:
    end = _end(band, since)
    return end is not None and at < end


def _end(band: Band, since: Ticks) -> Ticks | None:
    return span(band.dwell).ends(since) if band.dwell is not None else None
