"""Whether anything moves: work that waits for too long, and task queues that no worker asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from activities.host import Host
from activities.wakes import waiting
from workers.queues import Queues

if TYPE_CHECKING:
    from temporalio.api.enums.v1 import TaskQueueType
    from temporalio.client import Client

ASKED_WITHIN = timedelta(minutes=2)  # a worker asks for work at least once a minute


def late_work(host: Host) -> str:
    """What waits and for how long, in words; empty when nothing does."""
    found = waiting(host)
    counted = {"wake": found.wakes, "account": found.accounts, "run": found.runs}
    parts = [f"{number} {noun}{'' if number == 1 else 's'}" for noun, number in counted.items() if number]
    if not parts:
        return ""
    return f"{_and(parts)} {'waits' if sum(counted.values()) == 1 else 'wait'}, the first for {_words(found.longest)}"


def _and(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def _words(span: timedelta) -> str:
    for noun, seconds in (("day", 86_400), ("hour", 3_600)):
        if (number := int(span.total_seconds() // seconds)) > 0:
            return f"{number} {noun}{'' if number == 1 else 's'}"
    minutes = max(1, int(span.total_seconds() // 60))
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


async def unasked(client: Client, queues: Queues) -> list[str]:
    """The task queues that no worker has asked for work of late. Raises RPCError."""
    from temporalio.api.enums.v1 import TaskQueueType

    workflows, activities = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    kinds = {queues.runs: workflows, **dict.fromkeys(queues.providers, activities)}
    return [name for name, kind in kinds.items() if not await _is_asked(client, name, kind)]


async def _is_asked(client: Client, name: str, kind: TaskQueueType.ValueType) -> bool:
    from temporalio.api.taskqueue.v1 import TaskQueue
    from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

    asked = DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=name), task_queue_type=kind)
    told = await client.workflow_service.describe_task_queue(asked)
    since = datetime.now(UTC) - ASKED_WITHIN
    return any(one.last_access_time.ToDatetime(tzinfo=UTC) >= since for one in told.pollers)
