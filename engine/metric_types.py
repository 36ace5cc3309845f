"""What may be read of a metric, each part with its type and with what can be told of it without any account."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from engine.measures import DaysSince, Metric, Score
from engine.types import INSTANT, PERCENT, Limits, Tells, Type
from engine.zones import ZONES


def metric_types(metric: Metric) -> dict[str, Type]:
    """By their flat paths."""
    own = f"metrics.{metric.name}"
    return {
        f"{own}.value": metric.type,
        f"{own}.previous": metric.type,
        f"{own}.change": _change(metric),
        f"{own}.target": replace(metric.type, bounds=(None, None)),
        f"{own}.attainment": _attainment(metric),
        f"{own}.zone": Type("choice", ZONES, tells=_zone(metric)),
        f"{own}.zone_since": INSTANT,
        f"{own}.at": INSTANT,
    }


def _change(metric: Metric) -> Type:
    """What is never below nothing falls by all of it at most."""
    return replace(PERCENT, bounds=(-1, None)) if _never_below_zero(metric) else PERCENT


def _attainment(metric: Metric) -> Type:
    if isinstance(metric.measure, Score) and metric.better == "higher":
        return replace(PERCENT, bounds=(0, 1))
    targets = _plain_targets(metric)
    if targets and min(targets) >= 0 and (metric.better == "lower" or _never_below_zero(metric)):
        return replace(PERCENT, bounds=(0, None))
    return PERCENT


def _never_below_zero(metric: Metric) -> bool:
    least = metric.type.bounds[0]
    return least is not None and least >= 0


def _plain_targets(metric: Metric) -> list[Decimal]:
    """None of them where one is reckoned."""
    values = list(metric.target.values.values()) if metric.target else []
    plain = [one for one in values if isinstance(one, Decimal)]
    return plain if len(plain) == len(values) else []


# --- what a zone says of what it is made of


def _zone(metric: Metric) -> Tells:
    """Only of bounds without dwell and hysteresis, where the zone is what is attained now."""
    red, yellow = metric.zones.red, metric.zones.yellow
    if metric.target is None or any(one.dwell or one.clears_at is not None for one in (red, yellow)):
        return ()
    own, bounds = f"metrics.{metric.name}", (Fraction(red.below), Fraction(yellow.below))
    found = [(zone, f"{own}.attainment", limits) for zone, limits in _between(*bounds).items()]
    if (target := _exact_target(metric)) is not None:
        by_value = _lower(target, *bounds) if metric.better == "lower" else _higher(target, *bounds)
        found += [(zone, f"{own}.value", limits) for zone, limits in by_value.items()]
    return tuple(found)


def _exact_target(metric: Metric) -> Fraction | None:
    """One for all accounts, above 0, of a value so short that attainment is not rounded across a bound."""
    targets = _plain_targets(metric)
    short = isinstance(metric.measure, Score | DaysSince) or metric.type.kind == "integer"
    if not short or len(targets) != 1 or targets[0] <= 0:
        return None
    return Fraction(targets[0])


def _between(red: Fraction, green: Fraction) -> dict[str, Limits]:
    return {"red": (("<", red),), "yellow": ((">=", red), ("<", green)), "green": ((">=", green),)}


def _higher(target: Fraction, red: Fraction, green: Fraction) -> dict[str, Limits]:
    return _between(red * target, green * target)


def _lower(target: Fraction, red: Fraction, green: Fraction) -> dict[str, Limits]:
    """Attainment falls as the value rises; a value of 0 or less is 100 %."""
    if not 0 < red <= green <= 1:
        return {}
    most, fine = target / red, target / green
    return {"red": ((">", most),), "yellow": ((">", fine), ("<=", most)), "green": (("<=", fine),)}
