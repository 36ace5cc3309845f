"""A host with one playbook that makes a task, a mail and a wait of a bad reading: what listings are tried on."""

from typing import Any

from activities import runs
from activities.host import Host
from activities.store import tasks
from activities.store.database import Database
from activities.store.runs import RunRow
from engine.run import Task
from tests.support.hosts import acme, host_on, only_run, playbook, tell

RED = "start: {when: metrics.nps.value < 5, by_hand: true, again: always}\n"
STEPS = """\
  - task: review
    title: Review {{ account.name }}
    due: 2 business days
    outcomes: [saved, lost]
  - email: recap
    to: champion
    template: renewal/value-recap
  - wait: better
    for: metrics.nps.value >= 8
    at_most: 30 days
    otherwise: []"""


def reviewing(database: Database, **given: Any) -> Host:
    """Acme is known and well."""
    host = host_on(database, playbook(STEPS, "review", start=RED), **given)
    acme(host)
    return host


def under_review(host: Host, account: str = "acme") -> tuple[RunRow, Task]:
    """Acme has turned red: its run rests at a task."""
    tell(host, account, metric="nps", value=3)
    run = only_run(host, account)
    (task,) = host.database.read(lambda connection: tasks.listed(connection, run=run.id))
    return run, task


def advanced(host: Host, run: str) -> RunRow:
    """The run after it has been fed what waits for it."""
    runs.advance(host, run)
    found = host.database.read(lambda connection: runs.runs.find(connection, run))
    assert found is not None
    return found
