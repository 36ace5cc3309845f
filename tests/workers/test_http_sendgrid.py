"""SendGrid's callbacks: known by a signature, and by nothing else."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from activities.clock import utc_now
from activities.mail.sendgrid_signature import SIGNATURE, TIMESTAMP
from activities.store import effects, suppressions
from tests.support.callers import ELSEWHERE, caller
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, acme, host_on, playbook, tell
from tests.support.returned_mails import block, report
from tests.support.sendgrid_posts import FORM, Signer, body_of, event, form_of, mail_in
from tests.support.standins.server import Response, StandIn
from workers.http.sendgrid import Keys

README = Path(__file__).parents[2] / "workers" / "README.md"
SIGNER = Signer()
MAIL = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"


@pytest.fixture
def made(sqlite):
    clock = HandClock()
    host = host_on(sqlite, playbook(MAIL, start="start: {when: metrics.nps.value < 5}\n"), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW)
    (mail,) = host.database.read(effects.listed)
    return caller(host, client=ELSEWHERE, keys=Keys(SIGNER.key, SIGNER.key)), mail


def test_signed_events_are_taken_from_anywhere_without_a_token(made):
    http, mail = made
    body = body_of([event("open", mail.id, NOW), event("open", "somebody else's", NOW)])

    answer = http.post("/sendgrid/events", content=body, headers=SIGNER.headers(body, NOW))

    assert (answer.status_code, answer.json()) == (200, {"known": 1, "passed_over": 1})


class Forwarding(StandIn):
    """Where the host's interface is reached by a program of its own."""

    http = None

    def answer(self, request):
        said = self.http.post(request.path, content=request.body, headers=dict(request.headers))
        return Response(said.status_code, said.content)


def test_the_script_of_the_readme_plays_sendgrid(made, tmp_path):
    http, mail = made
    [script] = re.findall(r"```python\n(# try_event\.py.*?)```", README.read_text(), re.DOTALL)
    (tmp_path / "try_event.py").write_text(script)

    def run(*said, site=""):
        environ = {**os.environ, "SITE": site}
        started = [sys.executable, "try_event.py", *said]
        return subprocess.run(started, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True).stdout

    key = run().strip().removeprefix("SENDGRID_EVENT_KEY=")
    host = http.app.state.host
    host = replace(host, clock=replace(host.clock, real=utc_now))
    with Forwarding() as served:
        served.http = caller(host, client=ELSEWHERE, keys=Keys(key))
        told = json.loads(run("bounce", mail.id, mail.effect.address, site=served.url))

    with pytest.raises(subprocess.CalledProcessError) as wrong:
        run("bounced", mail.id, mail.effect.address)

    barred = host.database.read(suppressions.listed)
    assert told == {"known": 1, "passed_over": 0}
    assert "bounced is no event of SendGrid's that we read: these are delivered, bounce," in wrong.value.stderr
    assert [one.address for one in barred] == [mail.effect.address]


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {SIGNATURE: "ü".encode()},
        {TIMESTAMP: "soon"},
        {TIMESTAMP: "9" * 400},
        {SIGNATURE: ""},
        Signer().headers(b"[]", NOW),
        SIGNER.headers(b"[]", NOW - timedelta(days=2)),
        SIGNER.headers(b"[{}]", NOW),
    ],
)
def test_anything_odd_about_who_calls_is_401(made, forged):
    http, _ = made

    headers = {} if forged == {} else {**SIGNER.headers(b"[]", NOW), **forged}
    answer = http.post("/sendgrid/events", content=b"[]", headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (401, "urn:playbook:problem:unauthorized")


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("events", "Set SENDGRID_EVENT_KEY to the verification key that SendGrid shows for its Event Webhook"),
        ("inbound", "Set SENDGRID_INBOUND_KEY to the public key of the security policy of SendGrid's Inbound Parse"),
    ],
)
def test_without_a_key_nothing_is_taken_and_the_setting_is_named(made, path, fix):
    http, _ = made

    answer = caller(http.app.state.host).post(f"/sendgrid/{path}", content=b"[]", headers=SIGNER.headers(b"[]", NOW))

    assert (answer.status_code, answer.json()["fix"].rstrip(".")) == (401, fix)


@pytest.mark.parametrize("body", [b"{}", b"[", b"\xff", b""])
def test_a_signed_body_that_is_no_list_of_events_is_told_so(made, body):
    http, _ = made

    answer = http.post("/sendgrid/events", content=body, headers=SIGNER.headers(body, NOW))

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:playbook:problem:not-json")


def test_a_signed_mail_is_taken_in_and_a_forged_one_is_not(made):
    http, _ = made
    body = form_of(**mail_in(SPF="pass"))

    answer = http.post("/sendgrid/inbound", content=body, headers={**SIGNER.headers(body, NOW), "content-type": FORM})
    forged = http.post("/sendgrid/inbound", content=body + b" ", headers=SIGNER.headers(body, NOW))

    assert (answer.status_code, answer.json()) == (200, {"what": "replied"})
    assert forged.status_code == 401


def test_a_strangers_mail_that_says_itself_who_vouches_for_it_answers_nothing(made):
    http, _ = made
    vouched = '--xYzZY\r\nContent-Disposition: form-data; name="dkim"\r\n\r\n{@acme.test : pass}\r\n--xYzZY--\r\n'
    evil = {"dkim": "{@evil.test : pass}", "envelope": json.dumps({"to": [], "from": "x@evil.test"}), "SPF": "pass"}
    body = form_of(**mail_in(text=f"We cancel.\r\n{vouched}", **evil))

    answer = http.post("/sendgrid/inbound", content=body, headers={**SIGNER.headers(body, NOW), "content-type": FORM})

    assert answer.json() == {"what": "unknown"}


def test_what_is_signed_and_no_mail_is_told_so(made):
    http, _ = made

    answer = http.post("/sendgrid/inbound", content=b"{}", headers=SIGNER.headers(b"{}", NOW))

    assert answer.status_code == 400


def test_a_mail_servers_report_comes_in_as_a_reply_does_and_a_strangers_is_told_in_the_log(made, caplog):
    http, mail = made
    letter = EmailMessage()
    letter["Message-ID"] = f"<{mail.id}@ours.test>"

    def posted(returned):
        body = form_of(email=report(returned, block("kim@acme.test")), envelope="{}")
        return http.post("/sendgrid/inbound", content=body, headers={**SIGNER.headers(body, NOW), "content-type": FORM})

    strangers, ours = posted(EmailMessage()), posted(letter)

    assert (strangers.json(), ours.json()) == ({"what": "unknown"}, {"what": "returned"})
    assert sum("answers none of ours" in one for one in caplog.messages) == 1
