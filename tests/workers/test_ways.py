"""The words in which `playbook up` tells how mails and messages go and come back."""

import pytest

from workers.settings import load_settings
from workers.ways import KEPT, mail_ways, slack_ways

SENDER = "Vendor <success@example.com>"
OURS = {"PLAYBOOK_MAIL_FROM": SENDER}
LINKS = {"PLAYBOOK_PUBLIC_URL": "https://cs.vendor.test", "PLAYBOOK_LINK_SECRET": "a-secret-that-is-long-enough-for-it"}
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1"}
SENDGRID = {"SENDGRID_API_KEY": "SG.a-key"}
NO_LINKS = "nobody can unsubscribe by a link: set PLAYBOOK_PUBLIC_URL and PLAYBOOK_LINK_SECRET"
SANDBOX = "is checked by SendGrid (api.eu.sendgrid.com) and delivered to nobody (SENDGRID_SANDBOX)"
NO_EVENTS = "no bounces, opens and clicks come back: set SENDGRID_EVENT_KEY"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, [KEPT]),
        (
            OURS | LINKS | {"PLAYBOOK_SMTP_URL": "smtp://me:secret@mail.vendor.test"},
            [f"goes out by the mail server mail.vendor.test:587, from {SENDER}"],
        ),
        (
            OURS | {"PLAYBOOK_SMTP_URL": "smtps://mail.vendor.test"},
            [f"goes out by the mail server mail.vendor.test:465, from {SENDER}", NO_LINKS],
        ),
        (OURS | LINKS | SENDGRID, [f"goes out by SendGrid, from {SENDER}", NO_EVENTS]),
        (
            OURS | LINKS | SENDGRID | {"SENDGRID_SANDBOX": "true", "SENDGRID_HOST": "https://api.eu.sendgrid.com"},
            [
                f"{SANDBOX}, from {SENDER}",
                NO_EVENTS,
            ],
        ),
    ],
)
def test_how_mails_go_is_told_with_what_lacks(monkeypatch, tmp_path, given, said):
    assert [*mail_ways(settings(monkeypatch, tmp_path, given))] == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, KEPT),
        (SLACK | {"SLACK_APP_TOKEN": "xapp-1"}, "messages go to Slack, clicks come back over Socket Mode"),
        (
            SLACK | {"SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "http://127.0.0.1:4790/api/"},
            "messages go to http://127.0.0.1:4790/api/, not to Slack, clicks come back by HTTP to /slack/…",
        ),
    ],
)
def test_so_is_how_clicks_come_back(monkeypatch, tmp_path, given, said):
    assert [*slack_ways(settings(monkeypatch, tmp_path, given))] == [said]


def settings(monkeypatch, tmp_path, given):
    monkeypatch.chdir(tmp_path)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return load_settings()
