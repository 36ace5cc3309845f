"""What the doctor makes of settings and workspace: what is read, what is looked for, and how it is marked."""

from pathlib import Path

import pytest

from tests.support.commands import playbook
from tests.support.small_workspace import CALL, small_workspace
from workers.examination_slack import channels
from workers.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_workspace(tmp_path / "playbooks")
    return tmp_path


def lines(name):
    return [one for one in playbook("doctor").lines if one.split()[1] == name]


def test_every_setting_that_is_read_is_named_with_where_it_was_looked_for(folder, monkeypatch):
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")

    [alone] = lines("settings")
    Path(".env").write_text("SENDGRID_IP_POOL=customers\n")
    [both] = lines("settings")

    assert f"SLACK_API_URL; read from the environment; nothing is in .env (in {folder})" in alone
    assert f"SENDGRID_IP_POOL, SLACK_API_URL; read from the environment and .env (in {folder})" in both


def test_a_vendors_name_with_a_slip_is_told_unless_the_right_one_is_there(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKE", "xoxb-1")
    monkeypatch.setenv("SENDGRID_APIKEY", "SG.1")
    monkeypatch.setenv("SLACK_WEBHOOK_URL", "another program's")

    _, sendgrid, slack = lines("settings")
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.1")
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "cs@vendor.example")
    monkeypatch.setenv("SENDGRID_HOST", "http://127.0.0.1:9")

    assert "FAIL  settings" in slack
    assert "SLACK_BOT_TOKE is in the environment and is not a setting. Did you mean SLACK_BOT_TOKEN?" in slack
    assert "Did you mean SENDGRID_API_KEY?" in sendgrid
    assert not [one for one in lines("settings") if "SENDGRID_APIKEY" in one]


def test_what_is_not_set_is_named_by_its_setting():
    [mail], [slack] = lines("email"), lines("slack")

    assert "neither SENDGRID_API_KEY nor PLAYBOOK_SMTP_URL is set" in mail
    assert "SLACK_BOT_TOKEN is not set" in slack


def test_what_works_and_may_be_meant_otherwise_is_a_note(monkeypatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "a-secret")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")

    [fallback] = [one for one in playbook("doctor").lines if "slack fallback" in one]

    assert fallback.startswith("note  slack fallback")


def test_the_channels_that_steps_name_are_looked_for(tmp_path):
    alarm = """\
  - escalate: alarm
    reason: Silent
    channel: "#alarms"
    ladder: [{to: lead, within: 1 business day}]
  - end: called
"""
    told = CALL.replace("to: lead\n", 'to: "#wins"\n').replace("  - end: called\n", alarm)
    workspace = small_workspace(tmp_path / "named", call=told)

    assert channels(Settings(workspace=workspace)) == {"#alarms": ("call",), "#wins": ("call",)}
