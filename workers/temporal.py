"""Temporal from our side: the connection, the task queues, and workers with slots and threads of their own."""

import logging
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from typing import Any, NoReturn

from temporalio import activity
from temporalio.client import Client, TLSConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.definitions import Activities
from workers.queues import Queues
from workers.settings import Settings
from workers.workflow import RunWorkflow

GRACE = timedelta(seconds=10)  # for what is under way when a worker is told to stop
# Shown in histories. Without it every module that is loaded would be hashed, a second more of each worker's start.
BUILD = f"customer-playbooks-{version('customer-playbooks')}"
# What Temporal's own core says of itself: all but that an attempt ended after it had been given up.
LOGGED = (
    TelemetryFilter(core_level="WARN", other_level="ERROR").formatted(),
    "temporalio_sdk_core::worker::activities=ERROR",
)
STICKY = timedelta(seconds=5)  # for a run's own worker to take its task, before any other may: it may have died


@dataclass(frozen=True, slots=True)
class Slots:
    """How much is under way at once. More workflow tasks than a process can do in two seconds look like deadlocks."""

    workflow_tasks: int = 10
    cached: int = 1_000
    advances: int = 20
    effects: int = 20
    sandbox: bool = False


async def connect(address: str, settings: Settings | None = None, namespace: str = "default") -> Client:
    """Raises RuntimeError when nobody answers."""
    if settings is None:
        return await Client.connect(
            address, namespace=namespace, data_converter=pydantic_data_converter, runtime=_runtime()
        )
    return await Client.connect(
        address,
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,
        api_key=settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None,
        tls=_tls(settings),
        runtime=_runtime(),
    )


@cache
def _runtime() -> Runtime:
    """One for the process. An attempt that was given up while the database was busy is no news: the next finds what it
    did.
    """
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=",".join(LOGGED))))


def _tls(settings: Settings) -> TLSConfig | bool:
    def read(path: Any) -> bytes | None:
        return path.read_bytes() if path else None

    cert, key = settings.temporal_tls_client_cert_path, settings.temporal_tls_client_key_path
    ca = settings.temporal_tls_server_ca_cert_path
    if cert or key or ca or settings.temporal_tls_server_name:
        return TLSConfig(
            server_root_ca_cert=read(ca),
            client_cert=read(cert),
            client_private_key=read(key),
            domain=settings.temporal_tls_server_name,
        )
    return settings.temporal_tls or settings.temporal_api_key is not None


def workers(client: Client, activities: Activities, queues: Queues, slots: Slots = Slots()) -> Sequence[Worker]:
    """One for the runs and their advances, one for each provider."""
    activity.logger.base_logger.addFilter(in_one_line)
    return [
        Worker(
            client,
            task_queue=queues.runs,
            workflows=[RunWorkflow],
            activities=[activities.advance],
            workflow_runner=_runner(sandbox=slots.sandbox),
            activity_executor=_threads("advance", slots.advances),
            max_concurrent_activities=slots.advances,
            max_concurrent_workflow_tasks=slots.workflow_tasks,
            max_cached_workflows=slots.cached,
            sticky_queue_schedule_to_start_timeout=STICKY,
            build_id=BUILD,
            graceful_shutdown_timeout=GRACE,
        ),
        *(_of_provider(client, activities, queue, slots.effects) for queue in queues.providers),
    ]


def in_one_line(record: logging.LogRecord) -> bool:
    """A filter for what Temporal says of a failed activity: type and opaque id, its traceback at debug level only."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ApplicationError) and record.levelno > logging.DEBUG:
        record.msg, record.args = "an activity failed: %s at %s", (error.type, error.message)
        record.exc_info = record.exc_text = None
    return True


def _of_provider(client: Client, activities: Activities, queue: str, effects: int) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        activities=[activities.effect],
        activity_executor=_threads(queue, effects),
        max_concurrent_activities=effects,
        build_id=BUILD,
        graceful_shutdown_timeout=GRACE,
    )


def _threads(name: str, number: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number, thread_name_prefix=name)


def _runner(*, sandbox: bool) -> WorkflowRunner:
    return SandboxedWorkflowRunner() if sandbox else UnsandboxedWorkflowRunner()


def leave(code: int) -> NoReturn:
    """The end of a process that hosted a worker: its interpreter may abort when it is taken down in the usual way."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
