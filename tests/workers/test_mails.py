"""Mails that are held and mails in turn, on a real server: the same story as a simulation tells."""

from datetime import timedelta

from activities.clock import utc_now
from activities.store.traces import of_run
from engine.simulate import simulate
from tests.support.hosts import NOW, Noting, acme, host_on, only_run, playbook, tell
from tests.support.playbooks import setting, story
from tests.support.stages import fresh_queue, stage, until

RED = "start: {when: metrics.nps.value < 5}\n"
STEPS = """
  - sequence: win_back
    to: champion
    mails:
      - {subject: One, text: Hello}
      - {after: 2 days, subject: Two, text: Hello again, send: {on: [friday]}}
      - {after: 3 business days, subject: Three, text: Good bye}
  - {email: late, to: champion, subject: Late, text: Hello, send: {on: [monday]}, expires: 2 days}
"""
SCALE = 50_000  # a day in less than two seconds
TOLERANCE = timedelta(seconds=1) * SCALE  # what a busy machine is late by


async def test_held_mails_go_on_a_real_server_as_they_do_in_a_simulation(temporal, sqlite):
    queue, email = fresh_queue(), Noting()
    plan = playbook(STEPS, start=RED)
    told = simulate(plan, story(start=NOW.isoformat(), metrics={"nps": 3}), setting())
    host = host_on(sqlite, plan, real=utc_now, scale=SCALE, email=email, queues=queue)

    async with stage(temporal, host, queue):
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        await until(lambda: only_run(host).over)

    happened = host.database.read(lambda c: of_run(c, only_run(host).id))
    assert [(one.event, one.path) for one in happened] == [(one.event, one.path) for one in told.trace]
    assert max(abs(mine.at - its.at) for mine, its in zip(happened, told.trace, strict=True)) < TOLERANCE
    assert [one.subject for one in email.sent] == ["One", "Two", "Three"]
