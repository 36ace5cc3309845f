"""Lives on a host whose clock jumps from one instant at which something is due to the next."""

from collections.abc import Sequence
from datetime import datetime

from activities import facts, ledger, runs
from activities.effect import perform
from activities.host import Host
from activities.ledger import Granted
from activities.store import accounts
from activities.store import runs as stored
from activities.transport import Sent
from tests.support.hosts import HandClock
from tests.support.retold import Life, happen


class Virtual:
    """Everything that is due at an instant is done before the clock goes on: mails last, as in a simulation."""

    def __init__(self, host: Host, clock: HandClock, lives: Sequence[Life]) -> None:
        self.host, self.clock = host, clock
        self.coming = [(moment.at, life, moment) for life in lives for moment in life.story.moments]
        self.looks: dict[str, datetime] = {}

    def live(self, until: datetime) -> None:
        while (now := self.next_instant()) is not None and now <= until:
            self.clock.at = max(now, self.clock.at)
            self.tell(now)
            while facts.wake_due(self.host):
                pass
            self.settle(now)

    def next_instant(self) -> datetime | None:
        due = self.host.database.read(accounts.next_due)
        told = [at for at, _, _ in self.coming]
        return min((*told, *self.looks.values(), *([due] if due else [])), default=None)

    def tell(self, now: datetime) -> None:
        mine: dict[str, list] = {}
        for at, life, moment in self.coming:
            if at == now:
                mine.setdefault(life.account, [life]).append(moment)
        self.coming = [one for one in self.coming if one[0] != now]
        for life, *moments in mine.values():
            happen(self.host, life, moments)

    def settle(self, now: datetime) -> None:
        """Until nothing moves."""
        while True:
            self.advance_all(now)
            if (mails := self.do_all_but_mails()) is None:
                continue
            if not mails:
                return
            for one in mails:
                perform(self.host, one, None, lambda receipt: None)
                break

    def advance_all(self, now: datetime) -> None:
        rows = self.host.database.read(stored.unfinished)
        for run in rows:
            reached = self.looks.get(run)
            runs.advance(self.host, run, reached if reached is not None and reached <= now else None)

    def do_all_but_mails(self) -> list[str] | None:
        """The mails that are to go; None when something else has been done."""
        self.looks, mails, moved = {}, [], False
        for run in self.host.database.read(stored.unfinished):
            directive = runs.advance(self.host, run)
            if directive.look_at is not None:
                self.looks[run] = directive.look_at
            mails += [one.id for one in directive.effects if one.queue.endswith("-email")]
            others = [one.id for one in directive.effects if one.id not in mails]
            moved = self.do_at_once(others) or moved
        return None if moved else mails

    def do_at_once(self, effects: Sequence[str]) -> bool:
        """As a workflow does: all of a directive are under way before the first is answered."""
        claims = [(one, ledger.claim(self.host, one)) for one in effects]
        for one, claim in claims:
            if isinstance(claim, Granted):
                answer = claim.channel.transport.send(claim.message, claim.channel.deadline)
                assert isinstance(answer, Sent)
                ledger.settle(self.host, one, "sent", answer.receipt)
        return bool(claims)
