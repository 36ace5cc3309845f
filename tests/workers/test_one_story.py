"""One story: what a simulation tells is what happens on Temporal, on real timers and a scaled clock.

Drawn playbooks of all kinds, nested, and one that rests in each kind of wait, loop and track while a goal or stop
comes; on one server, each on an account of its own. Entries are the same, in the same order, with the same paths,
reasons and people; instants lie as far apart as the clock was late, at most MARGIN. Lives that differ while the machine
was later than that are lived once more by themselves, at last on a slower clock; a machine that is too slow for that
proves nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from activities.clock import Clock, utc_now
from activities.store.database import Database
from activities.store.tables import metadata
from engine.steps import KINDS
from engine.stored import to_json
from tests.support.examples import TIMES
from tests.support.hosts import NOW
from tests.support.one_kind import EXITS, RESTS, resting_life
from tests.support.retold import Chronicle, Life, host_of, lived, simulated
from tests.support.scaled import Feeder
from tests.support.stages import fresh_queue, stage
from tests.support.steady import DAYS, MARGIN, Said, differs, drawn

END = NOW + timedelta(days=DAYS + 2)
# Real seconds that a day takes, each time that lives which differed because the machine was slow are lived again.
PACES = (2, 3, 6)
DRAWN = 14

pytestmark = pytest.mark.timeout(300)


def resting() -> list[Life]:
    begins = [NOW + timedelta(minutes=50 + 100 * number) for number in range(len(RESTS))]
    exits = list(EXITS) * len(RESTS)
    return [resting_life(name, exit_, at) for name, exit_, at in zip(RESTS, exits, begins, strict=False)]


async def live(server: str, folder: Path, lives: Sequence[Life], pace: int) -> tuple[dict[str, str], timedelta]:
    """What differs, in words, by account; and by how much, in logical time, the clock was late."""
    database, queue = Database(f"sqlite:///{folder}/{fresh_queue()}.db"), fresh_queue()
    metadata.create_all(database.engine)
    host = host_of(database, lives, Clock(86_400 // pace, NOW, utc_now()), care=True, queues=queue)
    host.database.read(host.applied.current)
    host = replace(host, clock=Clock(86_400 // pace, NOW - timedelta(days=1), utc_now()))
    async with stage(server, host, queue, cached=1_000, sandbox=False):
        feeder = Feeder(host, lives)
        await feeder.run(END)
        await asyncio.sleep(0.3)
    found = {
        one.account: _difference(simulated(feeder.as_told(one), END, care=True), lived(host, one)) for one in lives
    }
    database.close()
    return {account: why for account, why in found.items() if why}, feeder.lag * (86_400 // pace)


def _difference(told: Chronicle, happened: Chronicle) -> str:
    wrong = (_until_the_end(told.get(key, []), happened.get(key, [])) for key in sorted({*told, *happened}))
    return "\n".join(one for one in wrong if one)


def _until_the_end(mine: list[Said], theirs: list[Said]) -> str:
    """What is told shortly before the end may come too late."""
    mine, theirs = ([one for one in part if one["at"] <= to_json(END)] for part in (mine, theirs))
    both = min(len(mine), len(theirs))
    late = all(one["at"] > to_json(END - MARGIN) for one in (*mine[both:], *theirs[both:]))
    return differs(mine[:both], theirs[:both], MARGIN) if late else differs(mine, theirs, MARGIN)


def _said(lives: Sequence[Life], differ: dict[str, str]) -> str:
    stories = {life.account: f"{life.text}\n{life.story.model.then}" for life in lives}
    return "\n\n".join(f"{account}: {why}\n{stories[account]}" for account, why in differ.items())


@pytest.mark.parametrize("number", range(TIMES))
async def test_what_a_simulation_tells_is_what_happens_on_temporal(temporal, tmp_path, number):
    lives = [*resting(), *drawn(DRAWN, number, care=True)]
    assert {step.kind for life in lives for step in life.plan.steps.values()} == set(KINDS)

    late = MARGIN
    differ: dict[str, str] = {}
    for pace in PACES:
        differ, late = await live(temporal, tmp_path, lives, pace)
        lives = [life for life in lives if life.account in differ]
        if not differ or late <= MARGIN:
            break

    if differ and late > MARGIN:
        pytest.skip(f"the machine was {late} late, in logical time, also with {len(lives)} lives alone")
    assert not differ, _said(lives, differ)
