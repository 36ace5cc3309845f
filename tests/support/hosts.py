"""A host on a test's own database: the standard workspace, a few playbooks, and transports that note what they get."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any

from activities import facts
from activities.applied import Applied, texts_of
from activities.clock import Clock
from activities.host import Channel, Host
from activities.store import runs, versions
from activities.store.database import Database
from activities.transport import Answer, Busy, Finding, Message, Sent, Transport
from engine.plan import Plan
from tests.support.playbooks import ACME, KIM, TEAM, compiled, source
from tests.support.workspaces import FOLDER

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)  # a Monday morning in New York


@dataclass(slots=True)
class HandClock:
    """Real time as a test sets it."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def go(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass(slots=True)
class Noting:
    """A transport that keeps what it is handed, and answers as it was told: in turn, then always Sent."""

    answers: Iterator[Answer | Callable[[Message], Answer]] = field(default_factory=lambda: iter(()))
    known: set[str] = field(default_factory=set)
    deaf: list[Busy] = field(default_factory=list)  # what is answered first to whoever looks for something
    sent: list[Message] = field(default_factory=list)
    asked: list[Message] = field(default_factory=list)
    name: str = "noting"

    def send(self, message: Message, deadline: timedelta) -> Answer:
        self.sent.append(message)
        answer = next(self.answers, Sent(f"receipt:{message.id}"))
        return answer(message) if callable(answer) else answer

    def find(self, message: Message, since: datetime) -> Sent | Busy | None:
        self.asked.append(message)
        if self.deaf:
            return self.deaf.pop(0)
        return Sent(f"found:{message.id}") if message.id in self.known else None

    def check(self) -> Sequence[Finding]:
        return []


def always(answer: Answer) -> Iterator[Answer]:
    return repeat(answer)


def then_sent(*answers: Answer | Callable[[Message], Answer]) -> Iterator[Answer | Callable[[Message], Answer]]:
    return chain(answers)


def named(plan: Plan, playbook: str) -> Plan:
    return plan.model_copy(update={"playbook": playbook})


def playbook(steps: str, name: str = "example", head: str = "", start: str = "", stage: str = "any") -> Plan:
    return compiled(source(steps, head, start, stage).replace("playbook: example", f"playbook: {name}"))


def apply(host: Host, *plans: Plan) -> None:
    host.database.write(lambda c: versions.apply(c, plans, texts_of(FOLDER), at=host.clock.now(), by="test"))


def host_on(
    database: Database,
    *plans: Plan,
    real: Callable[[], datetime] | None = None,
    scale: int = 1,
    email: Noting | None = None,
    slack: Transport | None = None,
    webhook: Transport | None = None,
    queues: str = "test",
    seconds: float = 3,
    stir: Callable[[], None] = lambda: None,
    cards: bool = False,
    notice: Noting | None = None,
) -> Host:
    """On a Monday morning, whatever `real` says. Channels answer within a second: nobody waits long for a lease."""
    times = {"deadline": timedelta(seconds=1), "lease": timedelta(seconds=2), "seconds": seconds}
    real = real or HandClock()
    host = Host(
        database=database,
        clock=Clock(scale, NOW, real(), real=real),
        applied=Applied(),
        channels={
            "email": Channel(email or Noting(), f"{queues}-email", **times),
            "slack": Channel(slack or Noting(), f"{queues}-slack", **times, cards=cards),
            "webhook": Channel(webhook or Noting(), f"{queues}-webhook", **times),
            "notice": Channel(notice or Noting(), f"{queues}-notice", **times),
        },
        stir=stir,
        falls_back=notice is not None,
    )
    apply(host, *plans)
    return host


def acme(host: Host, account: str = "acme", **more: Any) -> None:
    """The account, its champion and its team, known as of now."""
    at = host.clock.now()
    tell(host, account, at, fields={**ACME, **more})
    tell(host, account, at, contact=KIM)
    tell(host, account, at, team=TEAM)


def tell(host: Host, account: str, at: datetime | None = None, **said: Any) -> facts.Answer:
    """Posts one fact, which must be taken in."""
    tell.count += 1  # type: ignore[attr-defined]
    item = {"id": f"f{tell.count}", "account": account, "at": at or host.clock.now(), **said}  # type: ignore[attr-defined]
    answer = facts.post(host, [item])[0]
    assert answer.status == "stored", answer
    return answer


tell.count = 0  # type: ignore[attr-defined]


def only_run(host: Host, account: str = "acme") -> runs.RunRow:
    found = host.database.read(lambda connection: runs.listed(connection, account=account))
    assert len(found) == 1, found
    return found[0]
