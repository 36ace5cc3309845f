"""People who press Done in Slack, many a second: when Slack is answered, when the message shows it, and when the run's
next message leaves.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from activities.host import Channel
from activities.slack.card_blocks import ACTION
from activities.slack.messages import Slack
from activities.store import tasks
from workers.bench.figure import Figure, Goal
from workers.bench.ground import Ground, ground
from workers.bench.playbooks import CLICKED
from workers.bench.promptness import START_UP, TOKEN
from workers.bench.sink import Arrivals, sink
from workers.devserver import DevServer
from workers.http.server import serve
from workers.settings import Settings

ANA = "U0ANA"
DONE = f"{ACTION}done"
SECRET = "bench"  # noqa: S105  # of nobody
WARM = 5  # clicks before those that are measured
CALM = 5.0  # seconds in which everything that was clicked must have shown


@dataclass(frozen=True, slots=True)
class Clicks:
    rate: int = 20
    seconds: int = 30


async def clicks(server: DevServer, folder: Path, size: Clicks = Clicks()) -> list[Figure]:
    with sink() as arrivals:
        transport = Slack(TOKEN, api=arrivals.url)
        async with ground(server, folder, [CLICKED], transport, channel=partial(Channel, cards=True)) as ours:
            accounts = [f"click-{number}" for number in range(WARM + size.rate * size.seconds)]
            await asyncio.to_thread(ours.know, accounts)
            await asyncio.to_thread(ours.post_all, accounts, 3)
            await _all_shown(arrivals, len(accounts))
            by_account = await asyncio.to_thread(_tasks, ours, len(accounts))
            async with _taken(ours, arrivals) as address:
                acks = await _clicked(address, {one: by_account[one] for one in accounts}, size.rate)
                await asyncio.sleep(CALM)
    return _figures(dict(list(acks.items())[WARM:]), arrivals, size)


async def _all_shown(arrivals: Arrivals, number: int) -> None:
    async with asyncio.timeout(START_UP):
        while sum(text.startswith("Ring ") for text in list(arrivals.texts)) < number:  # noqa: ASYNC110  # workers do it
            await asyncio.sleep(0.1)
    await asyncio.sleep(2)


def _tasks(ours: Ground, number: int) -> Mapping[str, str]:
    found = ours.host.database.read(lambda connection: tasks.listed(connection, state="open", limit=number))
    return {one.account: one.id for one in found}


@asynccontextmanager
async def _taken(ours: Ground, arrivals: Arrivals) -> AsyncIterator[str]:
    """The address at which this process takes what Slack sends, beside all the rest, as `playbook up` does."""
    said = {"http_port": 0, "slack_bot_token": TOKEN, "slack_signing_secret": SECRET, "slack_api_url": arrivals.url}
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    settings = Settings.model_validate(said)
    serving = asyncio.create_task(serve(ours.host, settings, say=lambda _: None, listening=listening.set_result))
    try:
        yield await listening
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def _clicked(address: str, tasks: Mapping[str, str], rate: int) -> dict[str, tuple[float, float]]:
    """By account, when the button was pressed and when Slack was answered. Raises RuntimeError when it was refused."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers.bench.presser", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await child.communicate("\n".join([address, SECRET, str(rate), ANA, DONE, *tasks.values()]).encode())
    acks = dict(zip(tasks, (json.loads(line) for line in told.splitlines()), strict=True))
    if refused := [account for account, one in acks.items() if one is None]:
        raise RuntimeError(f"{len(refused)} clicks were not taken, {refused[0]}'s the first")
    return {account: (began, answered) for account, (began, answered) in acks.items()}


def _figures(acks: Mapping[str, tuple[float, float]], arrivals: Arrivals, size: Clicks) -> list[Figure]:
    edited = _firsts(arrivals, ((f"Ring {account}. Done", account) for account in acks))
    gone_on = _firsts(arrivals, ((f"After {account}", account) for account in acks))
    what, ms = f"{size.rate} clicks/s for {size.seconds} s", 1_000
    answered = max(end - at for at, end in acks.values())
    lost = float(2 * len(acks) - len(edited) - len(gone_on))
    return [
        Figure(f"{what}: answered, worst", answered * ms, "ms", Goal("value", "under", 1_000)),
        Figure(f"{what}: message edited, p99", _p99(acks, edited) * ms, "ms", Goal("value", "under", 500)),
        Figure(f"{what}: next step's message, p99", _p99(acks, gone_on) * ms, "ms", Goal("value", "under", 500)),
        Figure(f"{what}: edits and messages lost", lost, "messages", Goal("value", "at most", 0)),
    ]


def _firsts(arrivals: Arrivals, wanted: Iterable[tuple[str, str]]) -> dict[str, float]:
    """When a text that begins so first arrived, by account."""
    heads = {text.partition(" by ")[0]: times[0] for text, times in arrivals.texts.items()}
    return {account: heads[head] for head, account in wanted if head in heads}


def _p99(acks: Mapping[str, tuple[float, float]], arrived: Mapping[str, float]) -> float:
    took = sorted(at - acks[account][0] for account, at in arrived.items())
    return took[min(len(took) - 1, len(took) * 99 // 100)] if took else float("inf")
