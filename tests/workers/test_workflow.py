"""The loop on a real server: what it starts, what it waits for, and that it never gives up."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from activities import tasks
from activities.clock import utc_now
from activities.store import runs
from activities.store.tasks import listed
from tests.support.hosts import Noting, acme, host_on, only_run, playbook, tell
from tests.support.stages import fresh_queue, stage, until

RED = "start: {when: metrics.nps.value < 5}\n"
SLACK_WAIT_SLACK = """
  - {slack: first, to: csm, text: It is red}
  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}
  - {slack: second, to: csm, text: It is green}
"""


async def ended(stage_, run):
    """The workflow's status once it is closed."""
    handle = stage_.client.get_workflow_handle(run)
    await handle.result()
    return (await handle.describe()).status


async def events(stage_, run):
    history = await stage_.client.get_workflow_handle(run).fetch_history()
    return [event.WhichOneof("attributes").removesuffix("_event_attributes") for event in history.events]


def activities_in(names):
    return names.count("activity_task_scheduled")


@pytest.fixture(params=[100, 0], ids=["cached", "replayed at every step"])
def cached(request):
    return request.param


async def test_a_run_goes_from_start_over_a_flip_to_its_end_and_says_each_thing_once(temporal, sqlite, cached):
    slack, queue = Noting(), fresh_queue()
    host = host_on(sqlite, playbook(SLACK_WAIT_SLACK, start=RED), real=utc_now, slack=slack, queues=queue)
    async with stage(temporal, host, queue, cached=cached) as on:
        await _red(host)
        run = only_run(host).id
        await until(lambda: "better" in only_run(host).details and slack.sent)
        tell(host, "acme", metric="nps", value=9)

        assert await ended(on, run) == WorkflowExecutionStatus.COMPLETED
        assert [one.body for one in slack.sent] == ["It is red", "It is green"]
        assert only_run(host).outcome == "completed"
        # Two effects, and one advance for the flip: the first directive came with the start.
        assert activities_in(await events(on, run)) == 3


async def _red(host):
    acme(host)
    tell(host, "acme", metric="nps", value=3)
