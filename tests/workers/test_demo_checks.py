"""The check that every effect happened once sees each way in which it might not have."""

import pytest
from sqlalchemy import delete, insert, update

from activities import runs
from activities.effect import perform
from activities.host import Host
from activities.outbox import Outbox
from activities.store import outbox, tables, traces
from engine.trace import Entry
from tests.support.hosts import NOW, acme, host_on, only_run, playbook, tell
from workers.demo.checks import checks

START = "start: {when: metrics.nps.value < 5}\n"
STEPS = """
  - {email: care, to: champion, subject: Hello, text: How are you}
  - {task: call, title: Call them, assign: csm, due: 2 business days}
"""


@pytest.fixture
def host(sqlite) -> Host:
    """One run that has sent a mail, handed over a task, and waits."""
    made = host_on(sqlite, playbook(STEPS, start=START))
    kept = Outbox(
        lambda message: sqlite.write(lambda connection: outbox.keep(connection, message, made.clock.now())),
        lambda message: sqlite.read(lambda connection: outbox.holds(connection, message)),
    )
    for channel in made.channels.values():
        object.__setattr__(channel, "transport", kept)
    acme(made)
    tell(made, "acme", metric="nps", value=3)
    while wanted := runs.advance(made, only_run(made).id).effects:
        perform(made, wanted[0].id, None, lambda _: None)
    return made


def broken(host: Host, *workflows: str) -> list[str]:
    """The rules that do not hold."""
    running = workflows or (only_run(host).id,)
    with host.database.engine.connect() as connection:
        return [one.rule for one in checks(connection, running) if not one.holds]


def do(host: Host, *statements) -> None:
    for statement in statements:
        host.database.write(lambda connection, statement=statement: connection.execute(statement))


def test_a_story_that_went_well_holds_every_rule(host):
    assert broken(host) == []


def test_a_message_that_went_out_twice(host):
    columns = [column for column in tables.outbox.c if column.name != "seq"]
    again = insert(tables.outbox).from_select(
        [one.name for one in columns], tables.outbox.select().with_only_columns(*columns)
    )

    do(host, again)

    assert broken(host) == ["nothing happened twice"]


def test_a_message_that_was_lost(host):
    do(host, delete(tables.outbox).where(tables.outbox.c.channel == "slack"))

    assert broken(host) == ["nothing was lost"]


def test_a_message_that_the_ledger_does_not_know(host):
    effect = update(tables.effects).where(tables.effects.c.channel == "slack")

    do(host, effect.values(state="failed"))

    assert broken(host) == ["nothing happened that the ledger does not know"]


def test_a_message_whose_fate_is_uncertain_may_be_there_once(host):
    effect = update(tables.effects).where(tables.effects.c.channel == "slack")

    do(host, effect.values(state="uncertain"))

    assert broken(host) == []


def test_a_mail_that_its_run_does_not_know_of(host):
    do(host, delete(tables.trace).where(tables.trace.c.event == "sent"))

    assert broken(host) == ["each run knows of every mail that went out"]


def test_a_mail_that_was_on_its_way_when_its_run_ended(host):
    ended = update(tables.runs).values(ended=tables.runs.c.started, outcome="churned")

    do(host, delete(tables.trace).where(tables.trace.c.event == "sent"), ended)
    do(host, update(tables.effects).values(settled_at=host.clock.now().replace(year=2027)))

    assert broken(host) == []


def test_a_task_that_was_opened_and_is_not_there(host):
    do(host, delete(tables.tasks))

    assert broken(host) == ["every task and escalation was opened once"]


def test_a_task_that_was_done_and_its_run_does_not_know(host):
    do(host, update(tables.tasks).values(state="done"))

    assert broken(host) == ["whatever was done is done in its run"]


def test_an_effect_that_is_left_half_done(host):
    effect = update(tables.effects).where(tables.effects.c.channel == "slack")

    do(host, effect.values(state="claimed"), delete(tables.outbox).where(tables.outbox.c.channel == "slack"))

    assert broken(host) == ["no effect is left half done"]


def test_an_input_that_was_never_taken_in(host):
    do(host, update(tables.inputs).values(consumed=None))

    assert broken(host) == ["every input of every run was taken in"]


def test_a_run_that_a_fault_stopped(host):
    do(host, update(tables.runs).values(fault="it broke"))

    assert broken(host) == ["no run is stopped by a fault"]


def test_a_run_without_a_workflow(host):
    assert broken(host, "another-run") == ["every run that is not over has a workflow"]


def test_an_escalation_that_nobody_was_told_of_is_no_task(host):
    cleared = Entry(at=NOW, path="fire", step="fire", kind="escalate", event="cleared", fields={})
    host.database.write(lambda c: traces.add(c, [traces.Traced(only_run(host).id, "acme", "example", cleared)]))

    assert broken(host) == []
