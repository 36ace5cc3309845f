"""What an account should read, told the slow and obvious way: all facts kept, everything reckoned anew each time.

It shares no code with engine/: the oracle of the property tests. Facts come on whole hours, so that nothing can change
but on an hour (of clock or calendar) and a tick after one; it looks at each of them. Unknown is None.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)

Length = tuple[int, str]  # (14, "day")
Number = Fraction | None


@dataclass(frozen=True)
class Said:
    """`kind` is fields, metric or event; `what` the metric or event; `data` what it says."""

    at: datetime
    kind: str
    what: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Band:
    below: Fraction
    dwell: Length | None = None
    clears: Fraction | None = None


@dataclass(frozen=True)
class Rule:
    """One metric. `target` and `formula` are given the model, at an instant, and which: value or previous."""

    how: str
    event: str = ""
    of: str = ""
    over: Length | None = None
    fresh: Length | None = None
    target: Callable[["Plain", datetime], Number] | None = None
    lower: bool = False
    yellow: Band = Band(Fraction(85, 100))
    red: Band = Band(Fraction(70, 100))
    formula: Callable[["Plain", datetime, str], Number] | None = None
    made_of: tuple[str, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    coverage: Fraction = Fraction(1)


@dataclass
class Plain:
    facts: Sequence[Said]
    rules: Mapping[str, Rule]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    _sorted: dict[tuple[str, str], list[tuple[datetime, Any]]] = field(default_factory=dict)
    _attained: dict[tuple[str, datetime], Number] = field(default_factory=dict)

    @cached_property
    def first(self) -> datetime:
        return min(one.at for one in self.facts)

    # --- what was said

    def field(self, name: str, now: datetime) -> Any:
        told = [value for at, value in self._all("fields", name) if at <= now]
        return self.defaults.get(name) if not told or told[-1] is None else told[-1]

    def entries(self, name: str, now: datetime) -> list[tuple[datetime, Any]]:
        """What the metric itself was told by now, oldest first: instants with values."""
        return [(at, value) for at, value in self._all("metrics", name) if at <= now]

    def _all(self, of: str, name: str) -> list[tuple[datetime, Any]]:
        """By their own instants; of two at one instant the one that came later stands behind."""
        if (of, name) not in self._sorted:
            found = list(self._field(name) if of == "fields" else self._metric(name))
            self._sorted[of, name] = sorted(found, key=lambda one: one[0])
        return self._sorted[of, name]

    def _field(self, name: str) -> Iterator[tuple[datetime, Any]]:
        return ((one.at, one.data[name]) for one in self.facts if one.kind == "fields" and name in one.data)

    def _metric(self, name: str) -> Iterator[tuple[datetime, Any]]:
        rule = self.rules[name]
        for one in self.facts:
            if rule.how == "reported" and one.kind == "metric" and one.what == name:
                yield one.at, one.data["value"]
            if rule.event and one.kind == "event" and one.what == rule.event and (not rule.of or rule.of in one.data):
                yield one.at, one.data.get(rule.of)

    # --- parts of a metric

    def value(self, name: str, now: datetime) -> Any:
        rule = self.rules[name]
        match rule.how:
            case "reported" | "latest":
                return self._reading(rule, self.entries(name, now), now)
            case "first" | "last":
                instants = [at for at, _ in self.entries(name, now)]
                return None if not instants else instants[0 if rule.how == "first" else -1]
            case "days_since":
                return self._days(name, now)
            case "formula":
                assert rule.formula
                return rule.formula(self, now, "value")
            case "score":
                return self._score(rule, now, self.attainment)
            case _:
                return self._tally(name, rule, now, 0)

    def previous(self, name: str, now: datetime) -> Any:
        rule = self.rules[name]
        match rule.how:
            case "reported" | "latest":
                entries = self.entries(name, now)
                return entries[-2][1] if len(entries) > 1 else None
            case "last":
                instants = [at for at, _ in self.entries(name, now)]
                return instants[-2] if len(instants) > 1 else None
            case "first" | "days_since":
                return None
            case "formula":
                assert rule.formula
                return rule.formula(self, now, "previous")
            case "score":
                return self._score(rule, now, self.attained_before)
            case _:
                return self._tally(name, rule, now, 1) if rule.over else None

    def change(self, name: str, now: datetime) -> Number:
        value, previous = self.value(name, now), self.previous(name, now)
        if not isinstance(value, int | Fraction) or not isinstance(previous, int | Fraction) or not previous:
            return None
        return Fraction(value - previous) / previous

    def target(self, name: str, now: datetime) -> Number:
        rule = self.rules[name]
        return Fraction(100) if rule.how == "score" else rule.target(self, now) if rule.target else None

    def attainment(self, name: str, now: datetime) -> Number:
        if (name, now) not in self._attained:
            rule = self.rules[name]
            early = rule.over is not None and not rule.lower and not self._covered(rule.over, now)
            self._attained[name, now] = None if early else self._share(name, self.value(name, now), now)
        return self._attained[name, now]

    def attained_before(self, name: str, now: datetime) -> Number:
        return self._share(name, self.previous(name, now), now)

    def at(self, name: str, now: datetime) -> datetime | None:
        rule = self.rules[name]
        parts = rule.made_of or tuple(rule.weights)
        if parts:
            return max((at for part in parts if (at := self.at(part, now)) is not None), default=None)
        instants = [at for at, _ in self.entries(name, now)]
        return None if not instants else instants[0 if rule.how == "first" else -1]

    def zone(self, name: str, now: datetime) -> tuple[str | None, datetime | None]:
        """Which, and since when: hour by hour, and the tick after each, from the first data on."""
        rule = self.rules[name]
        zone = since = low = red = None
        for at in self._looks(now):
            share = self.attainment(name, at)
            if share is None:
                zone = since = low = red = None
                continue
            raw = _raw(rule, zone, share)
            low = None if raw == "green" else low or at
            red = None if raw != "red" else red or at
            shown = raw
            if raw == "red" and zone != "red" and self._dwells(rule.red, red, at):
                shown = zone or "yellow"
            if raw == "yellow" and zone == "green" and self._dwells(rule.yellow, low, at):
                shown = zone
            if shown != zone:
                zone, since = shown, at
        return zone, since

    # --- how

    def _looks(self, now: datetime) -> list[datetime]:
        hours = [self.first + i * HOUR for i in range(int((now - self.first) / HOUR) + 1)]
        return [at for hour in hours for at in (hour, hour + TICK) if at <= now] + ([now] if now >= self.first else [])

    def _reading(self, rule: Rule, entries: list[tuple[datetime, Any]], now: datetime) -> Any:
        if not entries or (rule.fresh and now > self._after(entries[-1][0], rule.fresh, now)):
            return None
        return entries[-1][1]

    def _days(self, name: str, now: datetime) -> int | None:
        entries = self.entries(name, now)
        return (self._date(now, now) - self._date(entries[-1][0], now)).days if entries else None

    def _tally(self, name: str, rule: Rule, now: datetime, back: int) -> Any:
        """Of the window, or (back 1) of the one before it."""
        if now < self.first:
            return None
        averages = rule.how == "average" and rule.over is not None
        if rule.over and (back or averages) and not self._covered(_times(rule.over, 1 + back), now):
            return None
        values = [value for at, value in self.entries(name, now) if self._in(rule.over, at, now, back)]
        match rule.how:
            case "count":
                return len(values)
            case "distinct":
                return len(set(values))
            case "sum":
                return sum(values)
            case _:
                return Fraction(sum(values), len(values)) if values else None

    def _in(self, over: Length | None, at: datetime, now: datetime, back: int) -> bool:
        if over is None:
            return True
        inside = self._inside(_times(over, 1 + back), at, now)
        return inside and not (back and self._inside(over, at, now))

    def _score(self, rule: Rule, now: datetime, of: Callable[[str, datetime], Number]) -> Number:
        shares = {part: of(part, now) for part in rule.weights}
        known = sum(weight for part, weight in rule.weights.items() if shares[part] is not None)
        if not known or known < rule.coverage * sum(rule.weights.values()):
            return None
        capped = {
            part: min(max(share, Fraction(0)), Fraction(1)) for part, share in shares.items() if share is not None
        }
        return sum((rule.weights[part] * share for part, share in capped.items()), Fraction(0)) * 100 / known

    def _share(self, name: str, value: Any, now: datetime) -> Number:
        target = self.target(name, now)
        if value is None or target is None:
            return None
        if self.rules[name].lower:
            return Fraction(1) if value <= 0 else Fraction(target) / value if target else None
        return Fraction(value) / target if target else None

    # --- time

    def _zone_of(self, now: datetime) -> str:
        return self.field("time_zone", now) or "UTC"

    def _date(self, at: datetime, now: datetime) -> date:
        return at.astimezone(ZoneInfo(self._zone_of(now))).date()

    def _inside(self, over: Length, at: datetime, now: datetime) -> bool:
        """Whether `at` is in the window that ends now, as far as its beginning goes."""
        n, unit = over
        if unit == "hour":
            return at >= now - n * HOUR
        zone = self._zone_of(now)
        return wall(zone, at) >= _back(wall(zone, now), n, unit)

    def _covered(self, over: Length, now: datetime) -> bool:
        """Nothing from before the first data is in the window."""
        return not self._inside(over, self.first - TICK, now)

    def _dwells(self, band: Band, since: datetime | None, at: datetime) -> bool:
        return band.dwell is not None and since is not None and at < self._after(since, band.dwell, at)

    def _after(self, begun: datetime, length: Length, now: datetime) -> datetime:
        n, unit = length
        if unit == "hour":
            return begun + n * HOUR
        zone = ZoneInfo(self._zone_of(now))
        return (begun.astimezone(zone).replace(fold=0) + timedelta(n)).astimezone(UTC)


def _raw(rule: Rule, zone: str | None, share: Fraction) -> str:
    red = rule.red.clears if zone == "red" and rule.red.clears else rule.red.below
    yellow = rule.yellow.clears if zone in {"red", "yellow"} and rule.yellow.clears else rule.yellow.below
    return "red" if share < red else "yellow" if share < yellow else "green"


def _times(over: Length, times: int) -> Length:
    return over[0] * times, over[1]


def _back(local: datetime, n: int, unit: str) -> datetime:
    """The same time of day so long ago; from a day that the month lacks, the end of that month."""
    if unit == "day":
        return local - timedelta(n)
    year, month = divmod(local.year * 12 + local.month - 1 - n, 12)
    try:
        return local.replace(year=year, month=month + 1)
    except ValueError:
        return datetime.combine(date(year, month + 2, 1), time())


@lru_cache(maxsize=100_000)
def wall(zone: str, at: datetime) -> datetime:
    """The local time; in an hour that comes twice, the second time round, the last moment of the first."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    seen = [at, *(hour - i * HOUR / 2 - TICK for i in range(-1, 6) if hour - i * HOUR / 2 - TICK <= at)]
    return max(one.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for one in seen)
