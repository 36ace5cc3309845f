"""The loop on a real server: what it starts, what it waits for, and that it never gives up."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Replayer, Worker

from activities import runs, tasks
from activities.clock import utc_now
from activities.directive import Begin, Directive, Look, Named
from activities.store import effects
from activities.store.tasks import listed
from activities.transport import Busy, Sent
from tests.support.hosts import Noting, acme, host_on, only_run, playbook, tell, then_sent
from tests.support.stages import fresh_queue, stage, until
from workers.temporal import connect
from workers.workflow import RunWorkflow

RED = "start: {when: metrics.nps.value < 5}\n"
SLACK_WAIT_SLACK = """
  - {slack: first, to: csm, text: It is red}
  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}
  - {slack: second, to: csm, text: It is green}
"""


def red(host, account="acme"):
    acme(host, account=account)
    tell(host, account, metric="nps", value=3)
    return only_run(host, account).id


async def ended(client, run):
    """The workflow's status once it is begun and closed."""
    await until_described(client, run)
    handle = client.get_workflow_handle(run)
    await handle.result()
    return (await handle.describe()).status


async def history(client, run) -> WorkflowHistory:
    return await client.get_workflow_handle(run).fetch_history()


async def recorded(handle):
    """The names of what has happened to a workflow."""
    found = await handle.fetch_history()
    return [event.WhichOneof("attributes").removesuffix("_event_attributes") for event in found.events]


@pytest.fixture(params=[100, 0], ids=["cached", "replayed at every step"])
def cached(request):
    return request.param


class TestTheWholeWay:
    async def test_from_start_over_a_flip_to_the_end_saying_each_thing_once(self, temporal, sqlite, cached):
        slack, queue = Noting(), fresh_queue()
        host = host_on(sqlite, playbook(SLACK_WAIT_SLACK, start=RED), real=utc_now, slack=slack, queues=queue)
        async with stage(temporal, host, queue, cached=cached) as on:
            run = red(host)
            await until(lambda: "better" in only_run(host).details)
            tell(host, "acme", metric="nps", value=9)

            assert await ended(on.client, run) == WorkflowExecutionStatus.COMPLETED
            assert [one.body for one in slack.sent] == ["It is red", "It is green"]
            assert only_run(host).outcome == "completed"
            # Two effects: the first directive came with the start, the one for the flip with its nudge.
            assert (await recorded(on.client.get_workflow_handle(run))).count("activity_task_scheduled") == 2

    async def test_on_postgresql_too(self, temporal, postgres):
        slack, queue = Noting(), fresh_queue()
        host = host_on(postgres, playbook(SLACK_WAIT_SLACK, start=RED), real=utc_now, slack=slack, queues=queue)
        async with stage(temporal, host, queue) as on:
            run = red(host)
            await until(lambda: "better" in only_run(host).details)
            tell(host, "acme", metric="nps", value=9)

            await ended(on.client, run)

        assert [one.body for one in slack.sent] == ["It is red", "It is green"]

    async def test_a_wait_ends_by_its_timer_on_a_scaled_clock(self, temporal, sqlite, cached):
        queue = fresh_queue()
        steps = "  - {wait: a, for: 48 hours}\n  - {wait: b, for: 72 hours}\n"
        host = host_on(sqlite, playbook(steps, start=RED), real=utc_now, scale=400_000, queues=queue)
        async with stage(temporal, host, queue, cached=cached) as on:
            run = red(host)

            await ended(on.client, run)

        assert only_run(host).ended - only_run(host).started == timedelta(days=5)

    async def test_a_person_who_completes_a_task_moves_the_run(self, temporal, sqlite):
        queue = fresh_queue()
        host = host_on(
            sqlite, playbook("  - {task: call, assign: csm, title: Call}\n", start=RED), real=utc_now, queues=queue
        )
        async with stage(temporal, host, queue) as on:
            run = red(host)
            (task,) = host.database.read(listed)
            await until(lambda: [one.state for one in host.database.read(effects.listed)] == ["sent"])

            tasks.complete(host, task.id, by="ana")

            assert await ended(on.client, run) == WorkflowExecutionStatus.COMPLETED

    async def test_a_busy_provider_is_asked_again_and_a_dead_lease_waited_out(self, temporal, sqlite):
        slack, queue = Noting(then_sent(Busy("rate limited", timedelta(seconds=0.1)))), fresh_queue()
        steps = "  - {slack: first, to: csm, text: It is red}\n"
        host = host_on(sqlite, playbook(steps, start=RED), real=utc_now, slack=slack, queues=queue)
        async with stage(temporal, host, queue) as on:
            run = red(host)

            await ended(on.client, run)

        assert len(slack.sent) == 2
        assert only_run(host).outcome == "completed"


class TestContinueAsNew:
    async def test_happens_when_nothing_is_in_flight_and_loses_nothing(self, temporal, sqlite, cached):
        queue = fresh_queue()
        steps = "\n".join(f"  - {{task: t{n}, assign: csm, title: Call}}" for n in range(4))
        host = host_on(sqlite, playbook(steps, start=RED), real=utc_now, queues=queue)
        async with stage(temporal, host, queue, cached=cached, renew_after=5) as on:
            run = red(host)
            await until_renewed(on.client, run)
            for number in range(4):
                task = await until(lambda n=number: open_task(host, f"t{n}"))
                tasks.complete(host, task.id, by="ana")

            await ended(on.client, run)

        assert only_run(host).outcome == "completed"
        assert {one.state for one in host.database.read(effects.listed)} <= {"sent", "skipped"}

    async def test_waits_for_an_effect_that_is_in_flight(self, temporal, sqlite):
        release, queue = threading.Event(), fresh_queue()
        slack = Noting(iter([lambda message: Sent("late") if release.wait(10) else Sent("never")]))
        steps = "  - {slack: first, to: csm, text: It is red}\n"
        host = host_on(sqlite, playbook(steps, start=RED), real=utc_now, slack=slack, queues=queue, seconds=15)
        async with stage(temporal, host, queue, renew_after=1) as on:
            run = red(host)
            await until(lambda: slack.sent)
            for _ in range(5):
                await on.client.get_workflow_handle(run).signal("nudge")
            release.set()

            await ended(on.client, run)
            names = await recorded(on.client.get_workflow_handle(run))

        assert len(slack.sent) == 1
        assert "workflow_execution_continued_as_new" not in names


async def until_renewed(client, run):
    """Until the server's lists, which lag a little, show an execution that was continued as new."""
    async with asyncio.timeout(20):
        while WorkflowExecutionStatus.CONTINUED_AS_NEW not in [
            one.status async for one in client.list_workflows(f"WorkflowId = '{run}'")
        ]:
            await asyncio.sleep(0.02)


def open_task(host, step):
    return next((one for one in host.database.read(listed) if one.step == step and one.state == "open"), None)


async def until_described(client, run):
    while True:
        try:
            return await client.get_workflow_handle(run).describe()
        except RPCError:
            await asyncio.sleep(0.02)


class Scripted:
    """Stand-ins for the two activities, so that the loop alone is looked at. `told` are advance's answers in turn."""

    def __init__(self, *told, effect=None):
        self.told, self.looks, self.performed = list(told), [], []
        self.on_effect = effect or (lambda id_: self.told[-1])

    @activity.defn(name="advance")
    def advance(self, look: Look) -> Directive:
        self.looks.append(look)
        told = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        return told() if callable(told) else told

    @activity.defn(name="effect")
    def effect(self, id_: str) -> Directive:
        self.performed.append(id_)
        return self.on_effect(id_)


def directive(rev, *ids, epoch=0, **more):
    named = tuple(Named(id=one, queue=more["queue"], seconds=30) for one in ids)
    return Directive(run="r", epoch=epoch, rev=rev, effects=named, **{k: v for k, v in more.items() if k != "queue"})


@asynccontextmanager
async def looping(temporal, script, begin=None, cached=100):
    """The loop alone, its activities played by `script`; begun like a start that came with its directive."""
    client, queue = await connect(temporal), fresh_queue()
    with ThreadPoolExecutor(20) as threads:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[RunWorkflow],
            activities=[script.advance, script.effect],
            activity_executor=threads,
            max_cached_workflows=cached,
        ):
            handle = await client.start_workflow(
                RunWorkflow.run, begin or Begin(run="r"), id=f"loop-{queue}", task_queue=queue, start_signal="nudge"
            )
            script.queue = queue
            yield handle


class TestTheLoop:
    async def test_an_activity_that_always_raises_never_ends_the_workflow(self, temporal):
        def always(id_):
            raise ApplicationError("no", non_retryable=True)

        queue = fresh_queue()
        script = Scripted(directive(1, "e", queue=queue), effect=always)
        client = await connect(temporal)
        with ThreadPoolExecutor(5) as threads:
            async with Worker(
                client,
                task_queue=queue,
                workflows=[RunWorkflow],
                activities=[script.advance, script.effect],
                activity_executor=threads,
            ):
                handle = await client.start_workflow(
                    RunWorkflow.run, Begin(run="r"), id=f"l-{queue}", task_queue=queue, start_signal="nudge"
                )
                await until(lambda: len(script.looks) == 2)
                # Named again by the same revision it is not begun again; named by a higher one it is.
                assert script.performed == ["e"]
                script.told[:] = [directive(2, "e", queue=queue), directive(3, done=True)]
                await handle.signal("nudge")
                await handle.result()

        assert script.performed == ["e", "e"]

    async def test_a_directive_that_is_older_than_the_last_counts_for_nothing(self, temporal):
        script = Scripted(directive(5), directive(4, done=True), directive(5, epoch=1, done=True))
        async with looping(temporal, script) as handle:
            await until(lambda: len(script.looks) == 1)
            await handle.signal("nudge")
            await until(lambda: len(script.looks) == 2)
            assert (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
            await handle.signal("nudge")

            await handle.result()

    async def test_a_look_that_moves_nothing_is_followed_by_at_least_a_second(self, temporal):
        past = utc_now()
        script = Scripted(directive(1, look_at=past))
        async with looping(temporal, script) as handle:
            await until(lambda: len(script.looks) >= 3)
            spun = len(script.looks)
            await handle.terminate()

        assert spun == 3
        assert script.looks[1].reached == past

    async def test_the_timer_is_kept_over_passes_and_replaced_when_the_look_changes(self, temporal):
        first, second = utc_now() + timedelta(hours=1), utc_now() + timedelta(hours=2)
        script = Scripted(directive(1, look_at=first), directive(2, look_at=first), directive(3, look_at=second))
        async with looping(temporal, script) as handle:
            for number in (1, 2):
                await until(lambda n=number: len(script.looks) == n)
                await handle.signal("nudge")
            async with asyncio.timeout(20):
                while (names := await recorded(handle)).count("timer_started") < 2:
                    await asyncio.sleep(0.02)
            await handle.terminate()

        assert names.count("timer_started") == 2
        assert names.count("timer_canceled") == 1

    async def test_a_start_with_its_directive_does_not_ask_again(self, temporal):
        script = Scripted(directive(2, done=True))
        begin = Begin(run="r", directive=directive(1))
        async with looping(temporal, script, begin) as handle:
            assert (await handle.query("__temporal_workflow_metadata")) is not None
            assert script.looks == []
            await handle.signal("nudge")

            await handle.result()

        assert len(script.looks) == 1

    async def test_a_nudge_that_brings_a_newer_directive_does_not_ask_again(self, temporal):
        script = Scripted(directive(2))
        async with looping(temporal, script, Begin(run="r", directive=directive(1))) as handle:
            await handle.signal("nudge", directive(2, done=True))

            await handle.result()

        assert script.looks == []

    async def test_a_nudge_that_brings_what_is_known_asks_what_there_is(self, temporal):
        script = Scripted(directive(2, done=True))
        async with looping(temporal, script, Begin(run="r", directive=directive(1))) as handle:
            await handle.signal("nudge", directive(1))

            await handle.result()

        assert len(script.looks) == 1

    async def test_no_more_than_ten_effects_are_in_flight(self, temporal):
        at_once, most, gate = [], [], threading.Lock()
        queue = fresh_queue()
        ids = [f"e{n}" for n in range(25)]
        script = Scripted(directive(1, *ids, queue=queue))

        def busy(id_):
            with gate:
                at_once.append(id_)
                most.append(len(at_once))
            threading.Event().wait(0.1)
            with gate:
                at_once.remove(id_)
            if set(script.performed) == set(ids):
                return directive(2, done=True)
            return directive(1, *ids, queue=queue)

        script.on_effect = busy
        client = await connect(temporal)
        with ThreadPoolExecutor(30) as threads:
            async with Worker(
                client,
                task_queue=queue,
                workflows=[RunWorkflow],
                activities=[script.advance, script.effect],
                activity_executor=threads,
            ):
                await client.execute_workflow(
                    RunWorkflow.run,
                    Begin(run="r", renew_after=10_000),
                    id=f"ten-{queue}",
                    task_queue=queue,
                    start_signal="nudge",
                )

        assert max(most) == 10
        assert sorted(script.performed) == sorted(ids)

    async def test_a_run_that_is_not_in_the_database_has_no_workflow(self, temporal, sqlite):
        queue = fresh_queue()
        host = host_on(sqlite, playbook(SLACK_WAIT_SLACK, start=RED), real=utc_now, queues=queue)
        async with stage(temporal, host, queue, relay=False) as on:
            await on.client.execute_workflow(RunWorkflow.run, Begin(run="nobody"), id="nobody", task_queue=queue)


async def test_a_start_that_is_delivered_twice_is_one(temporal, sqlite):
    slack, queue = Noting(), fresh_queue()
    steps = "  - {slack: first, to: csm, text: It is red}\n  - {task: call, assign: csm, title: Call}\n"
    host = host_on(sqlite, playbook(steps, start=RED), real=utc_now, slack=slack, queues=queue)
    async with stage(temporal, host, queue, relay=False) as on:
        run = red(host)
        begin = Begin(run=run, directive=host.database.read(lambda c: runs.read(c, host, run)))
        for _ in range(3):
            await on.client.start_workflow(RunWorkflow.run, begin, id=run, task_queue=queue, start_signal="nudge")
        await until(lambda: len(slack.sent) == 2)  # and the task's own
        tasks.complete(host, host.database.read(listed)[0].id, by="ana")
        await on.client.get_workflow_handle(run).signal("nudge")

        await ended(on.client, run)

    assert len(slack.sent) == 2


async def test_recorded_histories_replay(temporal, sqlite):
    queue = fresh_queue()
    host = host_on(sqlite, playbook(SLACK_WAIT_SLACK, start=RED), real=utc_now, queues=queue)
    async with stage(temporal, host, queue) as on:
        run = red(host)
        await until(lambda: "better" in only_run(host).details)
        tell(host, "acme", metric="nps", value=9)
        await ended(on.client, run)
        recorded = await history(on.client, run)

    await Replayer(workflows=[RunWorkflow], data_converter=pydantic_data_converter).replay_workflow(recorded)
