"""Days of work in Slack, played by hand: a host on the shipped workspace, a clock that is set, and what people do.

What Temporal, the relay and the processes that show would do is done here one after the other, until nothing is left.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from activities import facts, runs, wakes
from activities.applied import Applied
from activities.clock import Clock
from activities.effect import perform
from activities.host import Channel, Host
from activities.slack import cards, digests
from activities.slack.messages import Slack
from activities.store import accounts
from activities.store import tasks as task_rows
from activities.store.database import Database
from activities.store.tables import digests as digest_rows
from engine.run import Task
from tests.support.clicks import APP, TEAM, Counter, click, counter
from tests.support.hosts import HandClock, Noting
from tests.support.standins import StandInSlack
from tests.support.standins.slack import Posted
from workers.applying import apply
from workers.checking import Checked, check

SHIPPED = Path(__file__).parents[2] / "playbooks"
_NEVER = timedelta(days=1_000)


@cache
def shipped() -> Checked:
    return check(SHIPPED)


@dataclass(slots=True)
class Days:
    """`came` says when each message came, by the clock of the story."""

    host: Host
    clock: HandClock
    slack: StandInSlack
    counter: Counter
    mail: Noting
    zone: ZoneInfo
    came: dict[str, datetime] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    homes: list[Mapping[str, Any]] = field(default_factory=list)
    _looks: dict[str, datetime] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _known: int = 0

    # --- time

    def until(self, wall: str) -> None:
        """What happens by itself up to then: `2024-11-26 09:00`, on the wall of the zone."""
        end = datetime.fromisoformat(wall).replace(tzinfo=self.zone).astimezone(self.clock.at.tzinfo)
        self.settle()
        while (then := self._next()) <= end:
            self.clock.at = max(then, self.clock.at)
            self.settle()
        self.clock.at = end
        self.settle()

    def settle(self) -> None:
        """All that is due by now, and all that comes of it."""
        while self._judged() + self._woken() + self._shown() + self._digested():
            pass
        for message in self.slack.messages:
            self.came.setdefault(message.ts, self.clock.at)

    def _next(self) -> datetime:
        read = self.host.database.read
        due = [*self._looks.values(), read(accounts.next_due), self._next_digest()]
        return min((one for one in due if one is not None), default=self.clock.at + _NEVER)

    def _next_digest(self) -> datetime | None:
        found: datetime | None = self.host.database.read(lambda c: c.scalar(select(func.min(digest_rows.c.next_at))))
        return found

    def _judged(self) -> int:
        return facts.wake_due(self.host) + facts.fill(self.host)

    def _woken(self) -> int:
        leased = wakes.lease(self.host, 100)
        wakes.delivered(self.host, [one.wake for one in leased])
        reached = {run for run, at in self._looks.items() if at <= self.clock.at}
        for run in sorted(reached.union(one.wake.run for one in leased)):
            self._advance(run, reached=run in reached)
        return len(leased) + len(reached)

    def _advance(self, run: str, *, reached: bool) -> None:
        self._looks.pop(run, None)
        directive = runs.advance(self.host, run, self.clock.at if reached else None)
        while directive.effects:
            directive = perform(self.host, directive.effects[0].id, None, lambda receipt: None)
        if directive.look_at is not None:
            self._looks[run] = directive.look_at

    def _shown(self) -> int:
        leased = cards.lease(self.host, 100)
        for one in leased:
            cards.show(self.host, one)
        return len(leased)

    def _digested(self) -> int:
        self._known = digests.meet(self.host, self._known)
        leased = digests.lease(self.host, 100)
        for one in leased:
            digests.send(self.host, one)
        return len(leased)

    # --- what happens

    def tell(self, *said: Mapping[str, Any], history: bool = False) -> None:
        """Facts, true now where they do not say `at`."""
        now = self.clock.at
        told = [{"id": f"f{next(self._numbers)}", "at": now, **one} for one in said]
        answers = facts.post(self.host, told, history=history)
        assert all(one.status == "stored" for one in answers), answers
        self.settle()

    def press(self, user: str, verb: str, task: str, **fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A button, and the form that it opens, filled in; the form as it was shown."""
        before = len(self.slack.views)
        assert self.counter.press(user, verb, task).status_code == 200
        opened = self.slack.views[-1] if len(self.slack.views) > before else None
        if opened is not None:
            self.asked.append((f"{verb}", opened))
            answer = self.counter.fill(user, **fields)
            assert answer.status_code == 200
            assert not answer.content or "errors" not in answer.json(), answer.json()
        self.settle()
        return opened

    def ask(self, user: str, words: str) -> Mapping[str, Any]:
        """`/playbook`; what only who asks sees. A button of it is pressed by `go`."""
        said = {"command": "/playbook", "text": words, "user_id": user, "team_id": TEAM["id"], "api_app_id": APP}
        told = self.counter.post("/slack/commands", urlencode(said | {"response_url": ""}).encode()).json()
        self.asked.append((f"/playbook {words}", told))
        return dict(told)

    def go(self, user: str, told: Mapping[str, Any]) -> None:
        """The first button of an answer."""
        [row] = [one for one in told["blocks"] if one["type"] == "actions"]
        self.counter.act(click(user, "", "", f"{self.slack.url}/hooks/click", actions=row["elements"][:1]))
        self.settle()

    def home(self, user: str) -> Mapping[str, Any]:
        """As it is shown when it is opened."""
        before, event = self.slack.homes.get(user), f"Ev{next(self._numbers)}"
        happened = {"type": "app_home_opened", "user": user, "tab": "home"}
        said = {"type": "event_callback", "team_id": TEAM["id"], "api_app_id": APP, "event_id": event}
        assert self.counter.post("/slack/events", json.dumps(said | {"event": happened}).encode()).status_code == 200
        patience = time.monotonic() + 5
        while self.slack.homes.get(user) is before and time.monotonic() < patience:
            time.sleep(0.005)
        self.homes.append(self.slack.homes[user])
        return self.slack.homes[user]

    # --- what there is

    def task(self, account: str, step: str) -> Task:
        """The open one."""
        found = [one for one in self.tasks(account) if one.step == step and one.state == "open"]
        assert len(found) == 1, [(one.step, one.state) for one in self.tasks(account)]
        return found[0]

    def incident(self, account: str, playbook: str) -> str:
        """The open escalation."""
        [one] = [one for one in self.tasks(account) if one.playbook == playbook and one.kind == "escalation"]
        return one.id

    def tasks(self, account: str) -> Sequence[Task]:
        return self.host.database.read(lambda c: task_rows.listed(c, account=account))

    def shown_to(self, user: str) -> list[Posted]:
        """All that stands in the conversation with them, threads too."""
        room = self.slack.conversations.get(user)
        return room.messages if room else []


def days(database: Database, slack: StandInSlack, begin: str, zone: str = "America/New_York") -> Days:
    """The shipped workspace applied, with everybody in it known to Slack."""
    at = datetime.fromisoformat(begin).replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
    clock, mail = HandClock(at), Noting()
    times: dict[str, Any] = {"deadline": timedelta(seconds=5), "lease": timedelta(seconds=8), "seconds": 10}
    channels = {
        "email": Channel(mail, "email", **times),
        "slack": Channel(Slack(slack.token, api=slack.api), "slack", **times, cards=True),
        "webhook": Channel(Noting(), "webhook", **times),
        "notice": Channel(Noting(), "notice", **times),
    }
    host = Host(database, Clock(1, at, at, real=clock), Applied(), channels)
    checked = shipped()
    slack.people |= {str(one.email): str(one.slack) for one in checked.setting.people.everyone}
    for name in ("wins", "customer-stories", "product-feedback"):
        slack.room(name)
    apply(host, checked, "noor")
    return Days(host, clock, slack, counter(host, slack), mail, ZoneInfo(zone))
