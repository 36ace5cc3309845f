"""The process that sends digests."""

import asyncio
from datetime import timedelta

from activities.store import digests
from activities.transport import Busy
from tests.support.hosts import Noting, acme, host_on, playbook, tell, then_sent
from tests.support.stages import until
from workers.digesting import Digesting

RING = playbook("  - {task: ring, title: Ring Acme}\n", start="start: {when: metrics.nps.value < 5}\n")


async def test_digests_are_sent_by_themselves_and_trouble_ends_nothing(sqlite):
    slack = Noting(then_sent(lambda _: 1 / 0, Busy("not now", timedelta(0))))
    host = host_on(sqlite, RING, slack=slack, cards=True)
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    running = asyncio.create_task(Digesting(host, poll=timedelta(milliseconds=5)).run())
    await until(lambda: slack.sent, "a first try")
    host.clock.real.go(seconds=91)
    await until(lambda: host.database.read(lambda c: digests.troubled(c, 1)), "a second try")
    host.clock.real.go(seconds=10)
    await until(lambda: len(slack.sent) == 3, "a third try")
    running.cancel()
    await asyncio.wait([running])

    assert {one.id for one in slack.sent} == {slack.sent[0].id}
    assert len(slack.asked) == 2
