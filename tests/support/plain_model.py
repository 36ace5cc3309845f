"""What an account should read, told the slow and obvious way: all facts kept, everything reckoned anew each time.

It shares no code with engine/: the oracle of the account's property tests. Instants are whole hours and ticks after.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)

Happened = tuple[datetime, str, object]  # when, of what kind, and what it says


@dataclass(frozen=True)
class Plain:
    """`over` hours of `login` events against a target by tier; `nps` as reported; `red` after a dwell of hours."""

    facts: Sequence[Happened]
    over: int
    targets: dict[str, int]
    green: Fraction = Fraction(85, 100)
    red: Fraction = Fraction(70, 100)
    dwell: int = 0
    clears_at: Fraction = Fraction(70, 100)

    @property
    def first(self) -> datetime:
        return min(at for at, _, _ in self.facts)

    def logins(self, now: datetime) -> int | None:
        start = now - self.over * HOUR
        return self._count(lambda at: start <= at <= now) if now >= self.first else None

    def logins_before(self, now: datetime) -> int | None:
        start, end = now - 2 * self.over * HOUR, now - self.over * HOUR
        return self._count(lambda at: start <= at < end) if start >= self.first else None

    def nps(self, now: datetime) -> object:
        return self._said("nps", now, 1)

    def nps_before(self, now: datetime) -> object:
        return self._said("nps", now, 2)

    def tier(self, now: datetime) -> object:
        return self._said("tier", now, 1)

    def tier_since(self, now: datetime) -> datetime | None:
        said = self._all("tier", now)
        while len(said) > 1 and said[-2][1] == said[-1][1]:
            said.pop()
        return said[-1][0] if said else None

    def attained_logins(self, now: datetime) -> Fraction | None:
        value, target = self.logins(now), self.targets.get(str(self.tier(now)))
        whole = now - self.over * HOUR >= self.first
        return Fraction(value, target) if whole and value is not None and target else None

    def attained_nps(self, now: datetime) -> Fraction | None:
        value, target = self.nps(now), self.targets.get(str(self.tier(now)))
        return Fraction(value, target) if isinstance(value, int) and target else None

    def zone(self, now: datetime, attained: Callable[[datetime], Fraction | None]) -> tuple[str, datetime] | None:
        """Hour by hour, and the tick after each, from the first data on."""
        zone: str | None = None
        since = low = None
        for at in self._ticks(now):
            share = attained(at)
            if share is None:
                zone = since = low = None
                continue
            below = share < (self.clears_at if zone == "red" else self.red)
            low = (low or at) if below else None
            if below and low is not None and zone != "red" and at < low + self.dwell * HOUR:
                new = zone or "yellow"
            else:
                new = "red" if below else "yellow" if share < self.green else "green"
            if new != zone:
                zone, since = new, at
        return (zone, since) if zone and since else None

    def _ticks(self, now: datetime) -> list[datetime]:
        hours = int((now - self.first) / HOUR)
        instants = [self.first + i * HOUR for i in range(hours + 1)]
        return [at for hour in instants for at in (hour, hour + TICK) if at <= now]

    def _count(self, inside: Callable[[datetime], bool]) -> int:
        return sum(1 for at, kind, _ in self.facts if kind == "login" and inside(at))

    def _all(self, kind: str, now: datetime) -> list[tuple[datetime, object]]:
        return sorted((at, said) for at, of, said in self.facts if of == kind and at <= now)  # type: ignore[type-var]

    def _said(self, kind: str, now: datetime, back: int) -> object:
        said = self._all(kind, now)
        return said[-back][1] if len(said) >= back else None
