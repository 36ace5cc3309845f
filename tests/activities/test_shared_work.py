"""Tasks with an identity across the runs of an account, on the store."""

from activities import runs, tasks
from activities.store import runs as stored_runs
from activities.store.tasks import listed, shared
from tests.support.hosts import acme, host_on, playbook, tell

START = "start: {when: metrics.nps.value < 5}\n"
FIND = "  - {task: find, same_as: champion, outcomes: [found, lost]}\n"
GONE = "stop: {when: account.arr > 50000, outcome: gone}\n"


def two_runs(database, head=""):
    """One begins at a rating below 5, the other at one below 3; both want the same task."""
    first = playbook(FIND, name="first", head=head, start=START)
    second = playbook(FIND, name="second", start=START.replace("5", "3"))
    host = host_on(database, first, second)
    acme(host)
    tell(host, "acme", metric="nps", value=4)
    tell(host, "acme", metric="nps", value=2)
    settle(host)
    return host


def settle(host, rounds=3):
    for _ in range(rounds):
        for row in host.database.read(lambda c: stored_runs.listed(c, account="acme")):
            runs.advance(host, row.id)


def outcomes(host):
    found = host.database.read(lambda c: stored_runs.listed(c, account="acme"))
    return {row.playbook: row.run.outcomes.get("find") for row in found}


def test_two_playbooks_share_one_task_and_both_hear_its_outcome(database):
    host = two_runs(database)
    (task,) = host.database.read(listed)

    tasks.complete(host, task.id, "found", by="ana")
    settle(host)

    assert outcomes(host) == {"first": "found", "second": "found"}
    assert [one.state for one in host.database.read(listed)] == ["done"]


def test_when_the_first_run_is_left_the_second_opens_the_task_anew(database):
    host = two_runs(database, head=GONE)

    tell(host, "acme", fields={"arr": 90000})
    settle(host)

    found = {(one.playbook, one.state) for one in host.database.read(listed)}
    assert found == {("first", "withdrawn"), ("second", "open")}


def test_a_task_that_a_person_opened_again_is_nobodys_to_share(database):
    host = two_runs(database)
    (task,) = host.database.read(listed)
    tasks.complete(host, task.id, "lost", by="ana")
    settle(host)

    tasks.reopen(host, task.id, by="ana")

    assert host.database.read(lambda c: shared(c, "acme")) == []


def test_a_run_that_our_own_fault_holds_hands_the_task_on_when_it_is_stopped(database):
    host = two_runs(database)
    (first,) = [one for one in host.database.read(stored_runs.listed) if one.playbook == "first"]
    host.database.write(lambda c: stored_runs.failed(c, first.id, "the engine failed"))

    runs.operate(host, first.id, "stop", by="ops")
    settle(host)

    found = {(one.playbook, one.state) for one in host.database.read(listed)}
    assert found == {("first", "withdrawn"), ("second", "open")}
