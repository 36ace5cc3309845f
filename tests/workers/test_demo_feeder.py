"""Facts are told at their time, never while what is due is late, and none is left out."""

from collections import deque
from datetime import timedelta

import pytest

from activities import ledger
from activities.host import Host
from activities.store import effects, facts, wakes
from tests.support.hosts import NOW, HandClock, acme, host_on, only_run, playbook, tell
from workers.demo.feeder import AT_ONCE, Feeder
from workers.demo.players import Players
from workers.demo.portfolio import Happening

DAY = timedelta(days=1)
START = "start: {when: metrics.nps.value < 5}\n"
TASK = "  - {task: call, title: Call them, assign: csm, due: 2 business days, outcomes: [helped, hopeless]}\n"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def host(sqlite, clock) -> Host:
    """A day passes in a second."""
    made = host_on(sqlite, playbook(TASK, start=START), real=clock, scale=86_400)
    acme(made)
    return made


def reading(day: float, value: int = 9, account: str = "acme") -> Happening:
    at = NOW + day * DAY
    return Happening(at, {"id": f"nps/{account}/{day}", "account": account, "at": at, "metric": "nps", "value": value})


def feeder(host: Host, *coming: Happening, days: int = 10) -> Feeder:
    return Feeder(host, Players(host, "seed"), deque(coming), NOW, NOW + days * DAY)


def told(host: Host) -> list[str]:
    found = host.database.read(lambda connection: facts.of_account(connection, "acme"))
    return [one.id for one in found if one.id.startswith("nps/")]


def wake_is_due(host: Host) -> None:
    run = only_run(host).id
    host.database.write(lambda connection: wakes.write(connection, [run], host.clock.real()))


def no_wake(host: Host) -> None:
    """It was delivered, and what was to be sent has been begun."""
    for effect in host.database.read(effects.listed):
        ledger.claim(host, effect.id)
    host.database.write(lambda connection: wakes.delivered(connection, wakes.lease(connection, host.clock.real(), 100)))


def test_a_fact_is_told_when_its_time_has_come_and_not_before(host, clock):
    feeding = feeder(host, reading(1), reading(2))

    clock.go(seconds=1.5)
    feeding.step(host.clock.now())

    assert told(host) == ["nps/acme/1"]
    assert feeding.fed(host.clock.now()).held == pytest.approx(0.5)


def test_it_holds_back_while_a_wake_is_late_and_goes_on_when_it_is_delivered(host, clock):
    tell(host, "acme", metric="nps", value=3)
    feeding = feeder(host, reading(1))
    clock.go(seconds=1.5)

    feeding.step(host.clock.now())
    held_back = told(host)
    no_wake(host)
    feeding.step(host.clock.now())

    assert held_back == []
    assert told(host) == ["nps/acme/1"]
    assert feeding.fed(host.clock.now()).lag == pytest.approx(1.5)


def test_a_flood_is_told_in_parts(host, clock):
    feeding = feeder(host, *(reading(number / 100) for number in range(AT_ONCE + 3)))
    clock.go(seconds=5)

    feeding.step(host.clock.now())
    first = len(told(host))
    feeding.step(host.clock.now())

    assert (first, len(told(host))) == (AT_ONCE, AT_ONCE + 3)


def test_what_was_held_back_is_told_after_the_last_day(host, clock):
    feeding = feeder(host, reading(1), days=2)
    clock.go(seconds=30)

    last = feeding.run(lambda _: None, lambda _: None)

    assert last.over
    assert last.day == 2
    assert last.stored == 1


def test_a_refused_fact_is_counted_with_its_reason_and_the_rest_goes_on(host, clock):
    wrong = Happening(NOW, {"id": "wrong", "account": "acme", "at": NOW, "metric": "nsp", "value": 1})
    feeding = feeder(host, wrong, reading(1), days=2)
    clock.go(seconds=3)

    last = feeding.run(lambda _: None, lambda _: None)

    assert last.stored == 1
    assert [number for reason, number in last.rejected.items() if "nsp" in reason] == [1]
