"""What Temporal calls: an attempt that it gives up goes to its end, and alarms nobody."""

import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from temporalio.testing import ActivityEnvironment

from activities.definitions import Activities
from activities.directive import Look
from tests.support.hosts import acme, host_on, only_run, playbook, tell

RED = "start: {when: metrics.nps.value < 5}\n"


def test_an_attempt_that_is_cut_off_while_the_database_is_busy_goes_to_its_end_and_is_no_fault(sqlite, caplog):
    host = host_on(sqlite, playbook("  - task: call", start=RED))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    run, attempt = only_run(host), ActivityEnvironment()

    with ThreadPoolExecutor() as pool, closing(sqlite3.connect(str(sqlite.engine.url.database))) as busy:
        busy.execute("BEGIN IMMEDIATE")
        under_way = pool.submit(attempt.run, Activities(host).advance, Look(run=run.id))
        time.sleep(0.3)
        attempt.cancel()
        time.sleep(0.1)
        busy.rollback()
        directive = under_way.result()

    assert directive.done is False
    assert only_run(host).failures == 0
    assert [one.message for one in caplog.records if one.levelno >= logging.WARNING] == []
