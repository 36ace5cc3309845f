"""What waits for too long is counted, on both databases; a task queue that nobody asks is named."""

import asyncio

from tests.support.hosts import HandClock, acme, host_on, playbook, tell
from tests.support.stages import fresh_queue, stage
from workers.queues import Queues
from workers.standstill import late_work, unasked
from workers.temporal import connect

RED = "start: {when: metrics.nps.value < 5}\n"
WAIT = "  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: []}\n"


def red(database, **given):
    host = host_on(database, playbook(WAIT, start=RED), **given)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    return host


def test_what_was_due_a_moment_ago_is_not_late(database):
    host = red(database, real=HandClock())

    host.clock.real.go(seconds=59)

    assert late_work(host) == ""


def test_a_wake_that_nobody_delivers_is_late_after_a_minute(database):
    host = red(database, real=HandClock())

    host.clock.real.go(seconds=61)

    assert late_work(host) == "1 wake waits, the first for 1 minute"


def test_everything_that_waits_is_counted_with_the_time_of_the_first(database):
    host = red(database, real=HandClock())
    tell(host, "acme", metric="nps", value=9)
    host.database.write(lambda c: c.exec_driver_sql("UPDATE accounts SET due_at = last_instant"))

    host.clock.real.go(hours=3, minutes=5)

    assert late_work(host) == "1 wake, 1 account and 1 run wait, the first for 3 hours"


def test_under_a_scaled_clock_the_time_is_real(database):
    host = red(database, real=HandClock(), scale=86_400)
    host.database.write(lambda c: c.exec_driver_sql("DELETE FROM wakes"))
    host.database.write(lambda c: c.exec_driver_sql("UPDATE accounts SET due_at = last_instant"))

    host.clock.real.go(seconds=50)
    soon = late_work(host)
    host.clock.real.go(minutes=2)

    assert (soon, late_work(host)) == ("", "1 account waits, the first for 2 minutes")


async def test_task_queues_that_no_worker_asks_are_named(temporal, sqlite):
    queue = fresh_queue()
    client = await connect(temporal)
    alone = await unasked(client, Queues(queue))

    async with stage(temporal, host_on(sqlite, queues=queue), queue), asyncio.timeout(20):
        while await unasked(client, Queues(queue)):
            await asyncio.sleep(0.1)

    assert alone == [queue, f"{queue}-email", f"{queue}-slack", f"{queue}-webhook", f"{queue}-notice"]
