"""Slack's calls against a workspace that we did not write: `emulate` from npm, which `make test` installs."""

import subprocess
import time
import urllib.request
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk import WebClient

from activities.slack.card_blocks import blocks, text
from activities.slack.channels import check_channels
from activities.slack.messages import Slack
from activities.slack.people import check_people
from activities.slack.workspace import Workspace
from activities.transport import Message, Sent
from engine.people import People, Person
from tests.support.cards import seen_by, task
from tests.support.emulated import starting
from workers.devserver_port import free_port
from workers.slack.forms import reassign
from workers.slack.payloads import Carried

TOKEN = "xoxb-emulated"
WITHIN = timedelta(seconds=5)

MISSING = "npm's `emulate` is not installed: `make test` does so where npm can be reached"

pytestmark = pytest.mark.skipif(starting(0) is None, reason=MISSING)


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("emulate"), free_port()
    running = subprocess.Popen(starting(port), cwd=folder, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/api/"
    for _ in range(100):
        with suppress(OSError):
            urllib.request.urlopen(urllib.request.Request(f"{url}auth.test", method="POST"), timeout=1).close()
            break
        time.sleep(0.1)
    yield url
    running.terminate()
    running.wait()


def carrying(message, card):
    return replace(message, body=text(card), blocks=tuple(blocks(card)))


def test_a_card_is_posted_found_edited_and_has_a_thread(api):
    slack = Slack(TOKEN, api=api)
    message = Message("6f1c1f1e-0000-5000-8000-000000000002", "slack", "ana@vendor.test", "")
    word = replace(message, id="6f1c1f1e-0000-5000-8000-000000000003", body="Ana closed it")

    posted = slack.send(carrying(message, seen_by("ana")), WITHIN)
    assert isinstance(posted, Sent)
    done = seen_by("ana", state="done", outcome="done", by="ana")
    edited = slack.send(carrying(replace(message, edit=posted.receipt), done), WITHIN)
    said = slack.send(replace(word, thread=posted.receipt), WITHIN)

    assert slack.find(message, datetime.now(UTC)) == edited == posted
    assert slack.find(replace(word, thread=posted.receipt), datetime.now(UTC)) == said != posted


def test_a_card_is_taken_away_once(api):
    slack = Slack(TOKEN, api=api)
    message = Message("6f1c1f1e-0000-5000-8000-000000000004", "slack", "ana@vendor.test", "")
    posted = slack.send(carrying(message, seen_by("ana")), WITHIN)

    gone = [slack.remove(posted.receipt, WITHIN) for _ in range(2)]

    assert gone == [posted, posted]
    assert slack.find(message, datetime.now(UTC)) is None


def test_a_form_opens_once_for_a_click(api):
    workspace, client = Workspace(TOKEN, api=api), WebClient(TOKEN, base_url=api)
    carried = Carried(task="t1")
    trigger = client.api_call("views.generateTriggerId")["trigger_id"]

    opened = [workspace.open(trigger, reassign(task(), carried)) for _ in range(2)]

    assert opened == [True, False]


def test_the_doctor_takes_what_it_does_not_tell_for_unknown_not_for_missing(api):
    token, scopes = Slack(TOKEN, api=api).check()

    assert (token.ok, scopes.ok) == (True, True)
    assert scopes.message.startswith("Slack did not say which scopes the app has")


def test_colleagues_are_found_and_have_a_home(api):
    workspace = Workspace(TOKEN, api=api)
    [found] = check_people(
        TOKEN, People((Person("ana", email="Ana@vendor.test"), Person("cy", email="cy@v.test"))), api=api
    )

    assert "1 of 2 colleagues are not found in Slack by their mail address: cy (cy@v.test)." in found.message
    assert workspace.identity() is not None
    assert workspace.publish("U000000001", {"type": "home", "blocks": list(blocks(seen_by("ana")))})


def test_channels_are_listed_with_whether_the_app_is_in_them(api):
    found = check_channels(TOKEN, {"#general": ["ask"], "#nowhere": ["ask"]}, api=api)

    assert [one.message.partition(" (")[0] for one in found][-1] == "There is no public channel #nowhere"
