"""The ground that both sides of a comparison stand on: one dev server, and the engine whole in this process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client

from activities import facts
from activities.applied import Applied
from activities.clock import Clock, utc_now
from activities.host import Channel, Host
from activities.outbox import Outbox
from activities.store import outbox
from activities.store.database import Database
from activities.store.schema import upgrade
from activities.transport import Transport
from workers.applying import apply
from workers.bench.counting import Counting
from workers.bench.playbooks import write_workspace
from workers.checking import check
from workers.devserver import DevServer
from workers.queues import Queues
from workers.relay import Relay
from workers.temporal import Slots, connect
from workers.worker import running_workers

QUEUE = "bench"


@dataclass(slots=True)
class Ground:
    client: Client
    host: Host
    counting: Counting
    _posted: int = field(default=0)

    def post(self, account: str, level: int) -> None:
        self.post_all([account], level)

    def post_all(self, accounts: Sequence[str], level: int) -> None:
        """One reading for each, in one post."""
        items = [self._fact(account, metric="level", value=level) for account in accounts]
        self._taken(facts.post(self.host, items))

    def know(self, accounts: Sequence[str]) -> None:
        self._taken(facts.post(self.host, [self._fact(one, fields={"stage": "adoption"}) for one in accounts]))
        self.post_all(accounts, 6)

    def _fact(self, account: str, **said: object) -> dict[str, object]:
        self._posted += 1
        return {"id": f"bench/{self._posted}", "account": account, "at": self.host.clock.now(), **said}

    @staticmethod
    def _taken(answers: Sequence[facts.Answer]) -> None:
        refused = [one.reasons for one in answers if one.status != "stored"]
        if refused:
            raise RuntimeError(f"the benchmark's own facts were refused: {refused[0]}")


def local_outbox(database: Database, clock: Clock) -> Outbox:
    return Outbox(
        lambda message: database.write(lambda connection: outbox.keep(connection, message, clock.now())),
        lambda message: database.read(lambda connection: outbox.holds(connection, message)),
    )


@asynccontextmanager
async def ground(
    server: DevServer, folder: Path, playbook: str, transport: Transport | None = None, scale: int = 1
) -> AsyncIterator[Ground]:
    """The playbook is applied, a worker and a relay are at work, as `playbook up` has it, in one process. Without a
    transport, messages stay in the local outbox. `scale` logical seconds pass in a real one.
    """
    async with AsyncExitStack() as stack:
        database = Database(f"sqlite:///{folder / 'playbook.db'}")
        stack.callback(database.close)
        upgrade(database)
        clock = Clock(scale, utc_now(), utc_now())
        counting = Counting(transport or local_outbox(database, clock))
        queues = Queues(f"{QUEUE}-{folder.name}")
        relays: list[Relay] = []
        channels = {"email": Channel(counting, queues.email), "slack": Channel(counting, queues.slack)}

        def stir() -> None:
            for relay in relays:
                relay.stir()

        host = Host(database, clock, Applied(), channels, stir)
        apply(host, check(write_workspace(folder / "workspace", playbook)), by="bench")
        client = await connect(server.address)
        relays.append(Relay(client, host, queues.runs))
        await stack.enter_async_context(running_workers(client, host, queues, Slots()))
        going = asyncio.create_task(relays[0].run())
        stack.push_async_callback(_ended, going)
        yield Ground(client, host, counting)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
