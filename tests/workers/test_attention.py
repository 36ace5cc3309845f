"""What is listed for a person to decide, and what is not."""

from datetime import timedelta

from activities import runs, tasks
from activities.mail.smtp import Smtp
from activities.mail.smtp_client import Server
from activities.store import tasks as stored
from activities.transport import Sender
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, acme, host_on, playbook, tell
from tests.support.standins.smtp import StandInSmtp
from workers.looking import attention

START = "start: {when: metrics.nps.value < 5}\n"
LADDER = """
  - task: ring
    due: 24 hours
    overdue:
      - {before: 2 hours, remind: assignee}
      - {after: 24 hours, escalate: cs_manager}
"""


def told(host):
    return [(one["kind"], one["id"]) for one in host.database.read(lambda c: attention(c, host))]


def test_an_approval_is_listed_when_its_holder_was_reminded_and_when_its_mail_has_expired(database):
    clock = HandClock()
    mail = "\n  - {email: hello, to: champion, subject: Hi, text: Hi, approval: cs_manager, expires: 5 days}\n"
    host = host_on(database, playbook(mail, start=START), real=clock)
    acme(host)
    tell(host, "acme", contact={"id": "c1", "name": "Kim", "role": "champion", "email": "kim@acme.test"})
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW + timedelta(hours=1))
    (task,) = host.database.read(stored.listed)
    assert told(host) == []

    drive(host, clock, NOW + timedelta(days=4, hours=23))
    assert told(host) == [("overdue", task.id)]

    drive(host, clock, NOW + timedelta(days=6))
    assert told(host) == [("expired", task.id)]

    clock.at = NOW + timedelta(days=13)
    assert told(host) == []


def test_a_task_that_is_open_behind_the_last_rung_is_listed_until_somebody_puts_it_off(database):
    clock = HandClock()
    host = host_on(database, playbook(LADDER, start=START), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW + timedelta(hours=47))
    (task,) = host.database.read(stored.listed)
    assert told(host) == []

    drive(host, clock, NOW + timedelta(hours=48))
    assert told(host) == [("overdue", task.id)]

    tasks.snooze(host, task.id, clock.at + timedelta(days=2), by="ana")
    runs.advance(host, task.run)
    assert told(host) == []


def test_a_task_that_sleeps_is_listed_when_it_has_been_due_for_a_month(database):
    clock = HandClock()
    host = host_on(database, playbook("\n  - {task: ring, due: 24 hours}\n", start=START), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    (task,) = host.database.read(stored.listed)
    tasks.snooze(host, task.id, NOW + timedelta(days=90), by="ana")

    clock.at = NOW + timedelta(days=30, hours=23)
    assert told(host) == []

    clock.at = NOW + timedelta(days=31, hours=1)
    assert told(host) == [("asleep", task.id)]


def test_a_colleague_whom_the_mail_server_does_not_send_for_is_named_with_the_setting(sqlite):
    clock = HandClock()
    mail = "\n  - {email: hello, to: champion, from: csm, subject: Hi, text: Hi}\n"
    with StandInSmtp() as server:
        server.sends_for = "cs@vendor.test"
        smtp = Smtp(Server("127.0.0.1", server.port), sender=Sender("cs@vendor.test"))
        host = host_on(sqlite, playbook(mail, start=START), real=clock, email=smtp)
        acme(host)
        tell(host, "acme", metric="nps", value=3)

        drive(host, clock, NOW + timedelta(hours=1))

    [one] = host.database.read(lambda c: attention(c, host))
    assert one["kind"] == "parked"
    assert "The server takes no mail from ana@vendor.test. Let the server send for" in one["reason"]
    assert "PLAYBOOK_MAIL_DOMAINS=none" in one["reason"]
