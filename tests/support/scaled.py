"""Lives on a real Temporal server and a scaled clock, told when their instants come."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from activities import wakes
from activities.clock import utc_now
from activities.host import Host
from engine.moments import Moment
from tests.support.retold import Life, happen
from tests.support.steady import told_at

HELD = timedelta(seconds=0.2)  # real: whoever feeds facts holds back while what is due is later than that


@dataclass(slots=True)
class Feeder:
    """Tells the lives' stories on the host's clock. `told` are the instants at which each account was told something,
    `lag` is by how much, in real time, it was at most told too late, or something was done too late: what was behind
    when somebody looked, and all the time since then in which nobody did.
    """

    host: Host
    lives: Sequence[Life]
    told: dict[str, list[datetime]] = field(default_factory=dict)
    lag: timedelta = timedelta(0)

    async def run(self, until: datetime) -> None:
        clock = self.host.clock
        coming = sorted(
            ((one.at, life, one) for life in self.lives for one in life.story.moments), key=lambda one: one[0]
        )
        behind, looked = timedelta(0), utc_now()
        while coming or clock.now() < until:
            self.lag = max(self.lag, behind + (utc_now() - looked))
            looked = utc_now()
            behind = await asyncio.to_thread(wakes.lag, self.host)
            if coming and coming[0][0] <= clock.now() and behind <= HELD:
                _, life, moment = coming.pop(0)
                await asyncio.to_thread(self.tell, life, moment)
            else:
                await asyncio.sleep(0.005)

    def tell(self, life: Life, moment: Moment) -> None:
        """All of it at one instant, which is noted: as the clock was a moment ago, it stands for so long."""
        real = utc_now()
        standing = replace(self.host, clock=replace(self.host.clock, real=lambda: real))
        self.told.setdefault(life.account, []).append(standing.clock.now())
        self.lag = max(self.lag, real - standing.clock.at_real(moment.at))
        happen(standing, life, [moment])

    def as_told(self, life: Life) -> Life:
        return replace(life, story=told_at(life.story, self.told[life.account]))
