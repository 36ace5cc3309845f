"""The ground that both sides of a comparison stand on: one dev server, and the engine whole in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
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
from workers.showing import Showing
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

    def tell(self, account: str, **said: object) -> None:
        self._taken(facts.post(self.host, [self._fact(account, **said)]))

    def know(self, accounts: Sequence[str], **fields: object) -> None:
        said = {"stage": "adoption", **fields}
        self._taken(facts.post(self.host, [self._fact(one, fields=said) for one in accounts]))
        self.post_all(accounts, 6)

    def know_champions(self, accounts: Sequence[str]) -> None:
        """One for each, whose address begins with the account's name."""
        known = {"id": "kim", "name": "Kim", "role": "champion"}
        made = [self._fact(one, contact={**known, "email": f"{one}@customer.test"}) for one in accounts]
        self._taken(facts.post(self.host, made))

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
    server: DevServer,
    folder: Path,
    playbooks: Sequence[str],
    transport: Transport | None = None,
    scale: int = 1,
    channel: Callable[[Transport, str], Channel] = Channel,
) -> AsyncIterator[Ground]:
    """The playbooks are applied, a worker and a relay are at work, as `playbook up` has it, in one process. Without a
    transport, messages stay in the local outbox. `scale` logical seconds pass in a real one.
    """
    async with AsyncExitStack() as stack:
        database = Database(f"sqlite:///{folder / 'playbook.db'}")
        stack.callback(database.close)
        upgrade(database)
        clock = Clock(scale, utc_now(), utc_now())
        counting = Counting(transport or local_outbox(database, clock))
        queues = Queues(f"{QUEUE}-{folder.name}")
        stirred: list[Relay | Showing] = []
        ways = {"email": queues.email, "slack": queues.slack, "webhook": queues.webhook}
        channels = {name: channel(counting, queue) for name, queue in ways.items()}

        def stir() -> None:
            for one in stirred:
                one.stir()

        host = Host(database, clock, Applied(), channels, stir)
        apply(host, check(write_workspace(folder / "workspace", *playbooks)), by="bench")
        client = await connect(server.address)
        stirred += [Relay(client, host, queues.runs), *([Showing(host)] if channels["slack"].cards else [])]
        await stack.enter_async_context(running_workers(client, host, queues, Slots()))
        for one in stirred:
            stack.push_async_callback(_ended, asyncio.create_task(one.run()))
        yield Ground(client, host, counting)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
