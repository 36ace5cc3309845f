"""What goes on only when a person has decided is in `playbook attention`, whatever was wrong with what came in."""

from activities import runs, tasks
from activities.store import inputs
from activities.store import runs as stored_runs
from activities.store.tasks import listed
from tests.support.hosts import HandClock, acme, host_on, playbook, tell
from workers.looking import attention

LOW = "start: {when: metrics.nps.value < 5}\n"


def settle(host, rounds=40):
    for _ in range(rounds):
        rows = host.database.read(lambda c: stored_runs.listed(c, limit=1000))
        waiting = [row.id for row in rows if host.database.read(lambda c, row=row: inputs.waiting(c, row.id))]
        for run in waiting:
            runs.advance(host, run)


def decided_by_people(host):
    return [(one["kind"], one["reason"]) for one in host.database.read(lambda c: attention(c, host))]


def begun(database, *plans, **fields):
    host = host_on(database, *plans)
    acme(host, **fields)
    tell(host, "acme", metric="nps", value=3)
    settle(host)
    return host


def test_playbooks_that_start_each_other_by_what_they_set_are_held_and_listed(database):
    """Each waits a little, so that the other's run is over by then and bars nothing."""
    pause, again = "  - {wait: pause, for: 30 seconds}\n", "again: always}\n"
    up = playbook(
        f"{pause}  - {{update: up, set: {{arr: 1}}}}\n", name="up", start=f"start: {{when: account.arr < 1, {again}"
    )
    down = playbook(
        f"{pause}  - {{update: down, set: {{arr: 0}}}}\n",
        name="down",
        start=f"start: {{when: account.arr >= 1, {again}",
    )
    clock = HandClock()
    host = host_on(database, up, down, real=clock)
    acme(host, arr=0)

    for _ in range(44):
        clock.go(seconds=30)
        for row in host.database.read(lambda c: stored_runs.listed(c, live=True)):
            runs.advance(host, row.id)

    ((kind, reason),) = decided_by_people(host)
    assert kind == "held"
    assert "hour" in reason
    assert host.database.read(lambda c: stored_runs.listed(c, live=True)) == []


def test_an_unknown_value_in_a_customers_mail_is_listed_and_goes_on_by_itself_when_it_is_known(database):
    mail = '  - {email: hello, to: champion, subject: Hi, text: "You have {{ account.seats }} seats"}\n'
    host = begun(database, playbook(mail, start=LOW))

    assert decided_by_people(host) == [("parked", "hello: the text needs account.seats, which is not known")]

    tell(host, "acme", fields={"seats": 40})
    settle(host)
    assert decided_by_people(host) == []


def test_a_contact_without_an_address_is_a_task_for_the_owner_and_the_run_goes_on(database):
    host = host_on(database, playbook("  - {email: hello, to: champion, subject: Hi, text: Hello}\n", start=LOW))
    acme(host)
    tell(host, "acme", contact={"id": "c1", "email": None})
    tell(host, "acme", metric="nps", value=3)
    settle(host)

    (task,) = host.database.read(listed)
    assert (task.kind, task.title, task.person) == ("missing", "Find an address for Kim at Acme: champion", "ana")
    assert [row.outcome for row in host.database.read(stored_runs.listed)] == ["completed"]
    assert decided_by_people(host) == []


def test_a_message_to_a_channel_that_nobody_has_named_is_listed(database):
    host = begun(database, playbook("  - {slack: tell, to: account.slack_channel, text: Hello}\n", start=LOW))

    ((kind, reason),) = decided_by_people(host)

    assert (kind, "account.slack_channel is not known" in reason) == ("parked", True)


def test_an_anchor_that_vanishes_is_listed(database):
    steps = "  - {wait: later, until: day -10}\n"
    host = begun(database, playbook(steps, head="anchor: account.renewal_date\n", start=LOW))

    tell(host, "acme", fields={"renewal_date": None})
    settle(host)

    assert decided_by_people(host) == [("parked", "later: account.renewal_date is awaited and not known any more")]


def test_an_anchor_that_vanishes_while_a_task_is_open_is_listed_until_it_is_known_again(database):
    host = begun(database, playbook("  - {task: call}\n", head="anchor: account.renewal_date\n", start=LOW))

    tell(host, "acme", fields={"renewal_date": None})
    settle(host)
    lost = decided_by_people(host)
    tell(host, "acme", fields={"renewal_date": "2026-08-01"})
    settle(host)

    assert lost == [("parked", "its days count from account.renewal_date, which is not known any more")]
    assert decided_by_people(host) == []


def test_a_meeting_that_was_held_lets_the_run_go_on(database):
    steps = "  - {meeting: qbr, where: event.kind == 'qbr', then: [{end: met}], otherwise: [{end: missed}]}\n"
    host = begun(database, playbook(steps, start=LOW))
    (task,) = host.database.read(listed)

    tell(host, "acme", event="meeting", data={"kind": "qbr", "outcome": "no_show"})
    tell(host, "acme", event="meeting", data={"kind": "qbr", "outcome": "held"})
    settle(host)

    (row,) = host.database.read(stored_runs.listed)
    assert (row.outcome, host.database.read(listed)[0].state) == ("met", "done")
    late = tasks.complete(host, task.id, "held", by="ana")
    assert isinstance(late, tasks.Refused)
