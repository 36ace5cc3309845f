"""How many facts an intake takes in a second, and whether that stays so with many playbooks and many accounts."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from workers.bench.figure import Figure, Goal
from workers.bench.portfolio import Item, happenings, write_portfolio
from workers.bench.served import Intake, fill, intake

BUSY = 20  # playbooks
BATCH = 100
WARM = 20
CARELESS = Goal("ratio", "at least", 0.9)


@dataclass(frozen=True, slots=True)
class Size:
    """`rounds` of `batches` for each side, in turns, after one that only warms up."""

    accounts: int = 10_000
    batches: int = 30
    rounds: int = 5
    few: int = 1_000
    many: int = 100_000
    idle: int = 1_000
    singles: int = 300


def throughput(folder: Path, size: Size = Size()) -> list[Figure]:
    """With and without playbooks that read nothing of what happens."""
    with ExitStack() as stack:
        sides = [
            (_served(stack, folder / name, size.accounts, idle), happenings(size.accounts, name=name))
            for name, idle in (("busy", 0), ("idle", size.idle))
        ]
        _in_turns(sides, 5)
        rounds = [_in_turns(sides, size.batches) for _ in range(size.rounds)]
    alone = median(one for one, _ in rounds)
    ratio = median(crowded / one for one, crowded in rounds)
    what = f"facts, batches of {BATCH}, {size.accounts:,} accounts"
    return [
        Figure(f"{what}, {BUSY} playbooks", alone, "facts/s", Goal("value", "at least", 1_500)),
        Figure(f"{what}, {size.idle:,} idle ones more", alone * ratio, "facts/s", CARELESS, alone),
    ]


def growth(folder: Path, size: Size = Size()) -> list[Figure]:
    """One fact's transaction with few accounts and with many."""
    with ExitStack() as stack:
        few, many = (_served(stack, folder / name, n, 0) for name, n in (("few", size.few), ("many", size.many)))
        feeds = happenings(size.few, name="few"), happenings(size.many, name="many")
        took = [(_one(few, feeds[0]), _one(many, feeds[1])) for _ in range(WARM + size.singles)]
        mine, theirs = (median(side) * 1000 for side in zip(*took[WARM:], strict=True))
        memory = many.resident()
    what = f"with {size.many:,} accounts"
    return [
        Figure(f"one fact's post {what}, beside {size.few:,}", theirs, "ms", Goal("ratio", "at most", 1.2), mine),
        Figure(f"memory of the intake {what}", memory, "MB", Goal("value", "under", 300)),
    ]


def _served(stack: ExitStack, folder: Path, accounts: int, idle: int) -> Intake:
    workspace = write_portfolio(folder / "workspace", BUSY, idle)
    return stack.enter_context(intake(fill(folder, workspace, accounts), workspace))


def _in_turns(sides: list[tuple[Intake, Iterator[Item]]], batches: int) -> tuple[float, float]:
    """Facts a second of each."""
    first, second = (_speed(side, feed, batches) for side, feed in sides)
    return first, second


def _speed(side: Intake, feed: Iterator[Item], batches: int) -> float:
    prepared = [list(islice(feed, BATCH)) for _ in range(batches)]
    began = time.perf_counter()
    for batch in prepared:
        side.post(batch)
    return batches * BATCH / (time.perf_counter() - began)


def _one(side: Intake, feed: Iterator[Item]) -> float:
    item = next(feed)
    began = time.perf_counter()
    side.post([item])
    return time.perf_counter() - began
