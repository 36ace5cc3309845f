"""Facts in the order they happened, under the scaled clock, and people at work beside them.

It holds back while what is due is more than HELD late: a story that is told faster than it can be lived is another one.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel

from activities import facts, wakes
from activities.host import Host
from workers.demo.players import Players
from workers.demo.portfolio import Happening

HELD = timedelta(seconds=0.2)  # real
TICK = 0.04  # seconds, real
AT_ONCE = 20  # facts in one post: what follows from them is to be done before the next ones come


class Fed(BaseModel):
    """How far it has come. Times are real seconds: `lag` the largest of what was due, `held` the largest of a fact."""

    day: int = 0
    posted: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: dict[str, int] = {}
    lag: float = 0.0
    held: float = 0.0
    acts: int = 0
    too_late: int = 0
    over: bool = False


@dataclass(slots=True)
class Feeder:
    """`since` and `until` are logical; after `until` only what was held back is still posted."""

    host: Host
    players: Players
    coming: deque[Happening]
    since: datetime
    until: datetime
    answers: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    posted: int = 0
    lag: timedelta = timedelta(0)
    held: timedelta = timedelta(0)

    def run(self, tell: Callable[[Fed], None], pause: Callable[[float], None] = time.sleep) -> Fed:
        """Until the last fact is in. `tell` hears of every new day."""
        day = -1
        while (now := self.host.clock.now()) < self.until or self.coming:
            self.step(now)
            if (today := self._day(now)) != day:
                day = today
                tell(self.fed(now))
            pause(TICK)
        return self.fed(self.until).model_copy(update={"over": True})

    def step(self, now: datetime) -> None:
        behind = wakes.lag(self.host)
        self.lag = max(self.lag, behind)
        if behind > HELD:
            return
        self._post(now)
        self.players.look()
        if now < self.until:
            self.players.act(now)

    def _post(self, now: datetime) -> None:
        for several in self._due(now):
            real = self.host.clock.real()
            late = [real - self.host.clock.at_real(one.at) for one in several]
            self.held = max(self.held, *late)
            for answer in facts.post(self.host, [one.raw for one in several]):
                self.answers[answer.status] += 1
                self.reasons.update(answer.reasons)
            self.posted += len(several)

    def _due(self, now: datetime) -> Iterator[Sequence[Happening]]:
        several: list[Happening] = []
        while self.coming and self.coming[0].at <= now and len(several) < AT_ONCE:
            several.append(self.coming.popleft())
        if several:
            yield several

    def _day(self, now: datetime) -> int:
        return max(0, (min(now, self.until) - self.since).days)

    def fed(self, now: datetime) -> Fed:
        return Fed(
            day=self._day(now),
            posted=self.posted,
            stored=self.answers["stored"],
            duplicates=self.answers["duplicate"],
            rejected=dict(self.reasons),
            lag=self.lag.total_seconds(),
            held=self.held.total_seconds(),
            acts=self.players.played.done,
            too_late=self.players.played.too_late,
        )
