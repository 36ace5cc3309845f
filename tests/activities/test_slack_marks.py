"""Names and texts that nobody of ours wrote, where Slack would make mentions and links of them."""

from contextlib import suppress
from datetime import timedelta

import pytest

from activities import runs
from activities.effect import TryAgain, perform
from activities.mail import notices
from activities.slack.messages import Slack
from activities.store import effects
from activities.transport import Busy
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, Noting, acme, always, host_on, only_run, playbook, tell
from tests.support.standins import StandInSlack
from workers.views import effect_view

START = "start: {when: metrics.nps.value < 5}\n"
SHOWN = [
    ("<!subteam^S0ALL> <@U0BEN>", "&lt;!subteam^S0ALL&gt; &lt;@U0BEN&gt;"),
    ("<https://evil.example/login|Acme>", "&lt;https://evil.example/login|Acme&gt;"),
    ("R&D &lt;!here&gt; ```", "R&amp;D &amp;lt;!here&amp;gt; '''"),
]
SAID = "  - {slack: say, to: '#cs', text: 'Look at *{{ account.name }}*, <https://crm.example|there>'}\n"
LATE = """\
  - task: ring
    title: Ring {{ account.name }}
    due: 1 business day
    overdue: [{after: 1 business day, remind: assignee}]
"""


def posted(sqlite, steps, name):
    with StandInSlack() as stand_in:
        stand_in.room("cs")
        stand_in.people |= {"ana@vendor.test": "U0ANA", "max@vendor.test": "U0MAX"}
        clock = HandClock()
        slack = Slack(stand_in.token, api=stand_in.api)
        host = host_on(sqlite, playbook(steps, start=START), real=clock, slack=slack, cards=True)
        acme(host, name=name)
        tell(host, "acme", metric="nps", value=3)
        drive(host, clock, NOW + timedelta(days=4))
        return stand_in.messages


@pytest.mark.parametrize(("name", "shown"), SHOWN)
def test_a_value_in_a_message_shows_its_letters_and_the_authors_marks_stay(sqlite, name, shown):
    [said] = posted(sqlite, SAID, name)

    assert said.text == f"Look at *{shown}*, <https://crm.example|there>"
    assert said.blocks[0]["text"]["text"] == said.text


@pytest.mark.parametrize(("name", "shown"), SHOWN)
def test_a_value_in_a_reminder_shows_its_letters(sqlite, name, shown):
    _, reminder = posted(sqlite, LATE, name)

    assert shown in reminder.text
    assert name not in str((reminder.text, reminder.blocks))


def test_by_mail_they_are_letters_again(sqlite):
    clock, mail = HandClock(), Noting()
    down = Noting(always(Busy("Slack is down.", timedelta(seconds=30))))
    steps = playbook(SAID.replace("'#cs'", "csm"), start=START)
    host = host_on(sqlite, steps, real=clock, slack=down, notice=mail, cards=True)
    acme(host, name="R&D")
    tell(host, "acme", metric="nps", value=3)

    for _ in range(40):
        notices.fall_back(host)
        for one in runs.advance(host, only_run(host).id).effects:
            with suppress(TryAgain):
                perform(host, one.id, None, lambda receipt: None)
        clock.go(minutes=1)

    [told] = mail.sent
    assert told.subject.startswith("Look at *R&D*")


def test_the_outbox_shows_letters(sqlite):
    host = host_on(sqlite, playbook(SAID, start=START))
    acme(host, name="R&D <Acme>")
    tell(host, "acme", metric="nps", value=3)

    [row] = host.database.read(effects.listed)

    assert effect_view(row)["body"] == "Look at *R&D <Acme>*, <https://crm.example|there>"
