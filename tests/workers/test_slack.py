"""Clicks, forms, commands and events of Slack's: who may, what they do, and what is answered."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.middleware.request_verification import RequestVerification
from slack_bolt.request import BoltRequest
from slack_bolt.response import BoltResponse
from sqlalchemy import text

import workers.slack
from activities import runs, tasks
from activities.applied import texts_of
from activities.slack.messages import SCOPES
from activities.store import effects, versions
from activities.store import tasks as rows
from tests.support.clicks import FORM, SECRET, click, counter, sent, signature
from tests.support.hosts import FOLDER, NOW, acme, host_on, only_run, playbook, tell
from tests.support.pages_of_slack import controls, texts
from tests.support.standins import Answers, Drips, Hangs, StandInSlack
from workers.looking import task_told
from workers.slack import approvals
from workers.slack.commands import COMMANDS
from workers.slack.receiver import SILENT, TROUBLE
from workers.slack.signed import is_signed

START = "start: {when: metrics.nps.value < 5}\n"
RING = "  - {task: ring, title: Ring Acme, due: 2 business days}\n"
ASKED = "  - {task: ring, title: Ring Acme, due: 2 business days, outcomes: [reached, silent]}\n"
MAIL = "  - {email: hello, to: champion, subject: Hi, text: Dear Kim, approval: cs_manager}\n"
TO_ALL = (
    '  - {email: hello, to: {each: "contact.role == \'end_user\'"}, subject: "Hi {{ contact.name }}", '
    'text: "Dear {{ contact.name }}", approval: cs_manager}\n'
)
FIRE = "  - {escalate: fire, reason: It burns, ladder: [{to: csm, within: 1 day}]}\n"


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.people |= {"ANA@vendor.test": "U9OTHER", "stranger@vendor.test": "U9STRANGE"}
        yield stand_in


@pytest.fixture
def opened(sqlite, slack):
    """Slack's counter and the task of a run that has just begun."""

    def open_(steps=RING, ack=5.0, contacts=0):
        host = host_on(sqlite, playbook(steps, start=START))
        acme(host)
        for number in range(contacts):
            one = {"id": f"u{number}", "name": f"Contact {number:02}", "role": "end_user"}
            tell(host, "acme", contact=one | {"email": f"u{number}@acme.test"})
        tell(host, "acme", metric="nps", value=3)
        at = counter(host, slack, ack)
        made.append(at)
        return at, host.database.read(rows.listed)[0].id

    made = []
    yield open_
    for one in made:
        one.receiver.close()


def now_is(at, task):
    return at.host.database.read(lambda c: rows.find(c, task))


def history(at, task):
    return [
        (one.verb, one.by, one.fields.get("note")) for one in at.host.database.read(lambda c: rows.history(c, task))
    ]


# --- signatures

STAMP = 1_700_000_000
BODY = urlencode({"payload": json.dumps(click("U0ANA", "done", "t1"))}).encode()
GOOD = {"x-slack-request-timestamp": str(STAMP), "x-slack-signature": signature(SECRET, str(STAMP), BODY)}


@pytest.mark.parametrize(
    ("body", "headers", "late"),
    [
        (BODY, GOOD, 0),
        (BODY, GOOD, 299),
        (BODY, GOOD, 301),
        (BODY, GOOD, -301),
        (BODY.replace(b"U0ANA", b"U0MAX"), GOOD, 0),
        (BODY, GOOD | {"x-slack-signature": "v0=00"}, 0),
        (BODY, {"x-slack-request-timestamp": str(STAMP)}, 0),
        (BODY, {}, 0),
    ],
)
def test_a_signature_counts_where_slacks_own_library_takes_it(body, headers, late):
    bolt = RequestVerification(SECRET)
    bolt.verifier.clock.now = lambda: STAMP + late
    request = BoltRequest(body=body.decode(), headers=headers | {"content-type": FORM})

    taken = bolt.process(req=request, resp=BoltResponse(status=200), next=lambda: BoltResponse(status=200))

    assert is_signed(SECRET, body, headers, lambda: STAMP + late) == (taken.status == 200)


@pytest.mark.parametrize(
    "odd",
    [
        {"x-slack-request-timestamp": "now"},
        {"x-slack-signature": "v0=é"},
        {"x-slack-request-timestamp": "9" * 5_000},
    ],
)
def test_what_no_request_of_slacks_has_is_no_signature(odd):
    assert not is_signed(SECRET, BODY, GOOD | odd, lambda: STAMP)


def test_what_is_not_signed_by_slack_or_is_old_does_nothing(opened):
    at, task = opened()
    body = urlencode({"payload": json.dumps(click("U0ANA", "done", task))}).encode()

    told = [
        at.post("/slack/interactions", body, secret="another").status_code,
        at.post("/slack/interactions", body, age=301).status_code,
        at.post("/slack/interactions", b"payload=\xff\xfe").status_code,
        at.post("/slack/interactions", b"payload=[]").status_code,
    ]

    assert told == [401, 401, 401, 400]
    assert now_is(at, task).state == "open"


@pytest.mark.parametrize("other", [{"team": {"id": "T9"}}, {"api_app_id": "A9"}, {"team": None}])
def test_another_workspace_or_app_is_turned_away(opened, other):
    at, task = opened()

    told = at.act(click("U0ANA", "done", task) | other)

    assert (told.status_code, told.json()["type"]) == (403, "urn:playbook:problem:forbidden")
    assert now_is(at, task).state == "open"


# --- buttons and forms


def test_done_closes_the_task_and_says_who_did(opened):
    at, task = opened()

    told = at.press("U0ANA", "done", task)

    assert (told.status_code, told.content) == (200, b"")
    done = now_is(at, task)
    assert (done.state, done.outcome, done.by) == ("done", "done", "ana")


def test_a_second_click_is_told_kindly(opened):
    at, task = opened()
    at.press("U0MAX", "done", task)

    at.press("U0ANA", "done", task)
    at.press("U0ANA", "snooze", task)

    assert at.whispers() == ["This is closed already. Done by Max Roth."] * 2
    assert at.slack.views == []


def test_done_asks_for_the_outcome_where_the_author_named_some(opened):
    at, task = opened(ASKED)

    at.press("U0ANA", "done", task)
    at.fill("U0ANA", outcome={"selected_option": {"value": "silent"}}, note={"value": " no answer "})

    assert now_is(at, task).outcome == "silent"
    assert history(at, task) == [("complete", "ana", "no answer")]
    [form] = at.slack.views
    assert [one["value"] for one in form["blocks"][1]["element"]["options"]] == ["reached", "silent"]


def test_who_closes_what_was_opened_again_is_told_that_the_run_hears_nothing_of_it(opened):
    at, task = opened(ASKED)
    tasks.complete(at.host, task, "reached", by="ana")
    tasks.reopen(at.host, task, by="ana")

    at.press("U0ANA", "done", task)
    at.fill("U0ANA", outcome={"selected_option": {"value": "silent"}}, note={"value": ""})

    [said] = at.whispers()
    assert said == "The run went on with 'reached' when it was closed first, and hears nothing of this one."


def test_a_task_is_put_off_by_a_preset_on_ones_own_clock_with_a_reason(opened):
    at, task = opened()
    at.press("U0ANA", "snooze", task)
    presets = at.slack.views[0]["blocks"][1]["element"]["options"]

    without = at.fill("U0ANA", preset={"selected_option": presets[1]})
    at.fill("U0ANA", preset={"selected_option": presets[1]}, note={"value": "Kim is away"})

    assert [one["text"]["text"] for one in presets] == [
        "In three hours", "Tomorrow, as work begins", "In two working days", "In a working week",
    ]  # fmt: skip
    assert without.json()["errors"] == {"note": "Say why."}
    assert now_is(at, task).snoozed == datetime(2026, 3, 3, 14, tzinfo=UTC)  # nine in New York


def test_an_instant_of_ones_own_must_lie_ahead(opened):
    at, task = opened()
    at.press("U0ANA", "snooze", task)

    past = {"selected_date_time": int((NOW - timedelta(days=1)).timestamp())}
    told = at.fill("U0ANA", own=past, note={"value": "Kim is away"})

    assert told.json() == {
        "response_action": "errors",
        "errors": {"own": "It can be put off to an instant that lies ahead only."},
    }
    assert now_is(at, task).snoozed is None


def test_a_task_is_handed_to_a_colleague_and_to_nobody_else(opened):
    at, task = opened()
    at.press("U0ANA", "reassign", task)

    unknown = at.fill("U0ANA", to={"selected_user": "U9STRANGE"})
    at.fill("U0ANA", to={"selected_user": "U0BEN"}, note={"value": "yours"})

    assert list(unknown.json()["errors"]) == ["to"]
    assert (now_is(at, task).person, history(at, task)) == ("ben", [("reassign", "ana", "yours")])


def test_a_note_is_written_and_leaves_the_task_as_it_is(opened):
    at, task = opened()
    at.press("U0NOOR", "note", task)

    empty = at.fill("U0NOOR", note={"value": "  "})
    at.fill("U0NOOR", note={"value": "I know her"})

    assert list(empty.json()["errors"]) == ["note"]
    assert (now_is(at, task).state, history(at, task)) == ("open", [("note", "noor", "I know her")])


def test_who_may_not_is_told_whose_it_is(opened):
    at, task = opened()

    at.press("U0NOOR", "done", task)

    assert at.whispers() == ["This is with Ana Diaz. They, whoever covers for them and their managers can do that."]
    assert now_is(at, task).state == "open"


def without_slack_id(host):
    texts = texts_of(FOLDER)
    people = texts["people"].replace("slack: U0ANA, ", "")
    host.database.write(
        lambda c: versions.apply(c, [playbook(RING, start=START)], texts | {"people": people}, at=NOW, by="test")
    )


def test_a_colleague_is_known_by_mail_where_no_slack_id_is_stated(opened):
    at, task = opened()
    without_slack_id(at.host)

    at.press("U9OTHER", "done", task)

    assert now_is(at, task).by == "ana"


def test_a_stated_slack_id_counts_alone(opened):
    at, task = opened()

    at.press("U9OTHER", "done", task)

    assert "nobody has the Slack id U9OTHER" in at.whispers()[0]
    assert now_is(at, task).state == "open"


@pytest.mark.parametrize(("user", "known"), [("U9STRANGE", " or with stranger@vendor.test"), ("U9NOBODY", "")])
def test_who_is_no_colleague_is_told_what_would_make_them_one(opened, user, known):
    at, task = opened()

    at.press(user, "done", task)

    [said] = at.whispers()
    assert f"nobody has the Slack id {user}{known} in people.yaml." in said


def test_an_incident_is_taken_over_and_acknowledged_by_any_colleague(opened):
    at, incident = opened(FIRE)

    at.press("U0NOOR", "claim", incident)
    taken = now_is(at, incident).person
    at.press("U0NOOR", "acknowledge", incident)

    assert (taken, now_is(at, incident).outcome, now_is(at, incident).by) == ("noor", "acknowledged", "noor")


def test_an_approval_is_taken_by_nobody_who_may_not_approve(opened):
    at, task = opened(MAIL)

    at.press("U0NOOR", "claim", task)
    at.press("U0NOOR", "approve", task)

    assert at.whispers() == ["This is with Max Roth. They, whoever covers for them and their managers can do that."] * 2
    assert (now_is(at, task).person, now_is(at, task).state) == ("max", "open")


def mail_of(at):
    [mail] = [one for one in at.host.database.read(effects.listed) if one.channel == "email"]
    return mail


def test_a_mail_is_declined_with_a_reason(opened):
    at, task = opened(MAIL)
    at.press("U0MAX", "refuse", task)

    without = at.fill("U0MAX", note={"value": " "})
    at.fill("U0MAX", note={"value": "She has signed already"})

    assert without.json()["errors"] == {"note": "Say why."}
    assert (now_is(at, task).outcome, history(at, task)) == ("refused", [("complete", "max", "She has signed already")])


def read_by(at):
    """All that stands in the form that was opened last, and whether there is another page."""
    form = at.slack.views[-1]
    assert "submit" not in form
    return "\n".join(texts(form["blocks"])), controls(form).get("mail.on")


WORDS = [f"word{number}" for number in range(1_000)]


def test_an_approver_reads_the_mail_to_its_end_and_edits_it(opened):
    body = " ".join(WORDS[:300]) + "\n\n" + " ".join(WORDS[300:])
    at, task = opened(MAIL.replace("Dear Kim", json.dumps(body)))

    at.press("U0MAX", "read", task)
    shown, more = read_by(at)
    at.press("U0MAX", "edit", task)
    edited = at.slack.views[-1]["blocks"][2:]
    said = {one["block_id"]: {"value": one["element"]["initial_value"]} for one in edited}
    said["body"] = {"value": f"Dear Kim, {said['body']['value']}"}
    at.fill("U0MAX", subject={"value": "Hi"}, **said)
    runs.advance(at.host, only_run(at.host).id)

    assert shown.split()[-1_000:] == WORDS
    assert more is None
    assert mail_of(at).effect.content["body"] == f"Dear Kim, {body}"


@given(st.text("ab \n", max_size=9_000), st.sampled_from(["", "x" * 7_000]))
def test_a_text_in_several_fields_is_the_same_when_it_is_put_together(text, more):
    parts, joints = approvals._parts(text + more)

    assert all(len(one) <= approvals.PART for one in parts)
    assert approvals.joined(parts, joints) == (text + more).strip()


def test_an_approver_reads_what_each_of_several_would_get_page_by_page(opened, sqlite):
    at, task = opened(TO_ALL, contacts=40)

    at.press("U0MAX", "read", task)
    first, more = read_by(at)
    at.act(click("U0MAX", "", "", view=at.slack.views[-1] | {"id": "V1"}, actions=[more]))
    second, end = read_by(at)

    both = [f"To: Contact {number:02}\nSubject: Hi Contact {number:02}" in first + second for number in range(40)]
    assert (both, end) == ([True] * 40, None)
    assert "each in their own words" in now_is(at, task).instructions
    told = at.host.database.read(lambda c: task_told(c, now_is(at, task)))
    assert [one["subject"] for one in told["mails"]][:2] == ["Hi Contact 00", "Hi Contact 01"]


def test_a_mail_is_edited_before_it_is_approved(opened):
    at, task = opened(MAIL)
    at.press("U0MAX", "edit", task)

    empty = at.fill("U0MAX", subject={"value": "Hi"}, body={"value": " "})
    at.fill("U0MAX", subject={"value": "Hello"}, body={"value": "Dear Kim, *soon*"})
    directive = runs.advance(at.host, only_run(at.host).id)

    fields = at.slack.views[0]["blocks"][1:]
    assert [one["element"]["initial_value"] for one in fields] == ["Hi", "Dear Kim"]
    assert empty.json()["errors"] == {"body": "A mail needs one."}
    mail = mail_of(at)
    assert [mail.id] == [one.id for one in directive.effects]
    assert (mail.effect.content["subject"], mail.effect.content["body"]) == ("Hello", "Dear Kim, *soon*")
    assert now_is(at, task).by == "max"


@pytest.mark.parametrize("said", ["", "Dates only"])
def test_what_an_inbox_shows_behind_the_subject_is_edited_with_the_mail(opened, said):
    at, task = opened("  - {email: hello, to: champion, template: renewal/value-recap, approval: cs_manager}\n")
    at.press("U0MAX", "edit", task)

    shown = {one["block_id"]: one["element"]["initial_value"] for one in at.slack.views[0]["blocks"][1:]}
    at.fill("U0MAX", subject={"value": "Hi"}, preheader={"value": said}, body={"value": "No meeting."})
    runs.advance(at.host, only_run(at.host).id)

    assert shown["preheader"] == "Three minutes before we talk about renewal"
    assert mail_of(at).effect.content["preheader"] == said


def test_a_task_that_was_erased_is_said_to_be_gone(opened):
    at, _ = opened()

    at.press("U0ANA", "done", "no-such-task")

    assert at.whispers() == ["This task is not kept any more: its account was erased."]


def test_an_answer_does_not_wait_for_slack(opened):
    at, task = opened(ASKED, ack=0.2)
    at.slack.fail(Hangs(works=False, on="views.open"))
    began = time.monotonic()

    told = at.press("U0ANA", "done", task)

    assert told.status_code == 200
    assert time.monotonic() - began < 1
    assert at.whispers() == ["Slack did not open the form in time. Please press the button again."]


# --- Slack is slow, limits the rate, or something of ours is at fault


def to_themselves(at):
    """What the app told in its own conversation with who acted, once nothing is under way any more."""
    at.receiver.close()
    return [one.text for one in at.slack.messages]


SLOW = Drips(0.01, on="users.info")  # its answer takes longer than Slack is let wait


def test_what_is_wrong_with_a_form_is_told_also_when_it_is_found_too_late(opened):
    at, task = opened(ack=0.05)
    at.press("U0ANA", "reassign", task)
    while not at.slack.views:
        time.sleep(0.01)
    at.slack.fail(SLOW)

    told = at.fill("U0ANA", to={"selected_user": "U9STRANGE"})

    assert (told.status_code, told.content) == (200, b"")
    [said] = at.whispers()
    assert said.startswith("Nothing was done. The playbooks do not know this person")


def test_where_no_address_came_with_it_they_are_told_by_themselves(opened):
    at, task = opened()
    at.slack.people["ana@vendor.test"] = "U0ANA"
    at.act(click("U0ANA", "reassign", task))

    at.act(sent("U0ANA", {"callback_id": "task.note", "private_metadata": '{"task": "gone"}'}, note={"value": "Hi"}))

    assert to_themselves(at) == ["This task is not kept any more: its account was erased."]


def test_a_form_that_meets_a_fault_of_ours_stays_open_and_says_so(opened, caplog):
    at, task = opened()
    at.press("U0ANA", "note", task)
    at.host.database.write(lambda c: c.execute(text("DROP TABLE task_history")))

    told = at.fill("U0ANA", note={"value": "She is away"})

    assert told.json() == {"response_action": "errors", "errors": {"note": TROUBLE}}
    assert "could not be done" in caplog.text


def test_a_command_that_slack_did_not_wait_for_is_answered_all_the_same(opened):
    at, _ = opened(ack=0.05)
    without_slack_id(at.host)
    at.slack.fail(SLOW)

    said = {"command": "/playbook", "text": "tasks", "user_id": "U9OTHER", "team_id": "T0ACME", "api_app_id": "A0PLAYS"}
    at.post("/slack/commands", urlencode(said | {"response_url": f"{at.slack.url}/hooks/click"}).encode())

    [told] = at.whispers()
    assert told.startswith("Your open tasks:")


def test_a_colleague_is_asked_for_once_more_when_slack_limits_the_rate(opened):
    at, task = opened(ack=0.05)
    without_slack_id(at.host)
    at.slack.fail(Answers(429, {"Retry-After": "1"}, on="users.info"))

    at.press("U9OTHER", "done", task)

    assert at.whispers() == []
    assert now_is(at, task).by == "ana"


@pytest.mark.parametrize(
    "nothing",
    [
        Answers(429, {"Retry-After": "1"}, on="users.info"),
        Answers(200, body={"ok": False, "error": "token_revoked"}, on="users.info"),
    ],
)
def test_a_colleague_of_whom_slack_tells_nothing_is_not_told_that_they_are_unknown(opened, nothing):
    at, task = opened(ack=0.05)
    without_slack_id(at.host)
    at.slack.fail(*[nothing] * 5)

    at.press("U9OTHER", "done", task)

    assert at.whispers() == [SILENT]


def test_a_run_goes_on_by_a_click(opened):
    at, task = opened(RING + "  - end: called\n")

    at.press("U0ANA", "done", task)
    runs.advance(at.host, only_run(at.host).id)

    assert only_run(at.host).outcome == "called"


# --- commands and events


def ask(at, text, user="U0ANA"):
    said = {"command": "/playbook", "text": text, "user_id": user, "team_id": "T0ACME", "api_app_id": "A0PLAYS"}
    return at.post("/slack/commands", urlencode(said).encode()).json()


def test_a_colleague_is_told_their_tasks_and_nobody_else_sees_it(opened):
    at, _ = opened()

    told = ask(at, "tasks")

    assert told["response_type"] == "ephemeral"
    assert told["text"].startswith("Your open tasks:\n• Ring Acme: due <!date^")
    assert ask(at, "tasks", "U0BEN")["text"] == "You have no open tasks."


def test_a_command_that_is_not_known_says_which_are(opened):
    at, _ = opened()

    told = ask(at, "taks")["text"].split("\n")

    assert told[:2] == ["There is no `taks`. Did you mean 'tasks'?", "`/playbook tasks`: what you have to do"]
    assert [name for name in COMMANDS if not any(f"`/playbook {name}" in line for line in told)] == []


def test_slack_is_given_back_its_challenge(opened):
    at, _ = opened()

    told = at.post("/slack/events", json.dumps({"type": "url_verification", "challenge": "3eZb"}).encode())

    assert told.json() == {"challenge": "3eZb"}


def test_slack_is_told_where_it_is_not_taken(opened):
    at, _ = opened()
    at.caller.app.state.slack = None

    told = at.press("U0ANA", "done", "t")

    assert told.status_code == 503
    assert "SLACK_SIGNING_SECRET" in told.json()["fix"]


def test_the_manifest_asks_for_what_the_code_needs_and_for_no_more():
    text = (Path(workers.slack.__file__).parent / "manifest.yaml").read_text()

    manifest = yaml.safe_load(text)

    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    assert manifest["features"]["slash_commands"][0]["usage_hint"].split(" | ") == list(COMMANDS)
    assert [f"/slack/{name}" in text for name in ("interactions", "events", "commands")] == [True] * 3
