import logging
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from activities.slack.messages import SCOPES, Slack
from activities.transport import Busy, Message, Refused, Sent, Uncertain
from tests.support.standins import Answers, Drips, Drops, Hangs, StandInSlack

WITHIN = timedelta(seconds=5)
TASK = Message(
    id="6f1c1f1e-0000-5000-8000-000000000002",
    channel="slack",
    to="bo@vendor.example",
    body="*Call Acme*: health is red",
)


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.people["bo@vendor.example"] = "UBO000001"
        stand_in.room("alerts")
        yield stand_in


@pytest.fixture
def transport(slack):
    return Slack(slack.token, api=slack.api)


def changed(**fields):
    names = TASK.__dataclass_fields__
    return Message(**({name: getattr(TASK, name) for name in names} | fields))


def refusing(code, **headers):
    return Answers(200, headers, {"ok": False, "error": code}, on="chat.postMessage")


def test_a_message_reaches_the_person_with_this_address(slack, transport):
    answer = transport.send(TASK, WITHIN)

    [message] = slack.messages
    assert answer == Sent(f"{message.channel}:{message.ts}")
    assert message.shown == "*Call Acme*: health is red"


@pytest.mark.parametrize("to", ["UBO000001", "#alerts", "C00000000"])
def test_a_message_reaches_a_user_or_a_channel_by_id_or_name(slack, transport, to):
    answer = transport.send(changed(to=to), WITHIN)

    assert isinstance(answer, Sent)
    assert slack.messages[0].effect == TASK.id


@pytest.mark.parametrize("to", ["alerts", "bo", "u3", "#", "@bo", "Bo Lind"])
def test_what_is_no_address_of_a_person_is_refused_and_never_posted_into_a_channel(slack, transport, to):
    answer = transport.send(changed(to=to), WITHIN)

    assert isinstance(answer, Refused)
    assert (answer.code, f"{to} is not a Slack member id" in answer.reason) == ("no_member_id", True)
    assert slack.messages == []


def test_a_person_is_looked_up_once(slack, transport):
    transport.send(TASK, WITHIN)
    transport.send(changed(id="next"), WITHIN)

    assert slack.calls("users.lookupByEmail") == slack.calls("conversations.open") == 1


def test_blocks_have_text_beside_them_for_screen_readers(slack, transport):
    transport.send(TASK, WITHIN)

    assert slack.messages[0].text == TASK.body


def test_the_workspace_can_read_the_opaque_id_and_nothing_else_of_ours(slack, transport):
    transport.send(TASK, WITHIN)

    assert slack.messages[0].metadata == {"event_type": "playbook_effect", "event_payload": {"effect": TASK.id}}


def test_a_thread_stays_where_it_began(slack, transport):
    first = transport.send(changed(to="#alerts"), WITHIN)

    transport.send(changed(id="reply", to="bo@vendor.example", thread=first.receipt), WITHIN)

    top, reply = slack.messages
    assert reply.thread_ts == top.ts
    assert reply.channel == top.channel


def test_a_message_is_edited_in_place(slack, transport):
    first = transport.send(TASK, WITHIN)

    second = transport.send(changed(id="edit", body="Done", edit=first.receipt), WITHIN)

    [message] = slack.messages
    assert second == first
    assert (message.shown, message.edits, message.effect) == ("Done", 1, "edit")


def test_an_edit_of_a_deleted_message_is_posted_again(slack, transport):
    first = transport.send(TASK, WITHIN)
    deleted = slack.messages[0]
    slack.rooms[deleted.channel].messages.clear()

    second = transport.send(changed(id="edit", edit=first.receipt), WITHIN)

    assert isinstance(second, Sent)
    assert slack.messages[0].channel == deleted.channel


def test_a_receipt_of_another_transport_names_no_message(slack, transport):
    answer = transport.send(changed(edit="outbox:1", thread="outbox:2"), WITHIN)

    assert isinstance(answer, Sent)
    assert slack.messages[0].thread_ts is None


def test_nobody_wakes_a_whole_channel_by_a_name_in_a_text(slack, transport):
    loud = Slack(slack.token, api=slack.api, broadcasts=True)

    for sending in (transport, loud):
        sending.send(changed(to="#alerts", body="<!channel> <!here|here> Acme"), WITHIN)

    assert [message.shown for message in slack.messages] == ["@channel @here Acme", "<!channel> <!here|here> Acme"]


def test_a_text_beyond_every_limit_still_goes_out(slack, transport):
    answer = transport.send(changed(body="word " * 20_000), WITHIN)

    assert isinstance(answer, Sent)
    assert "more characters" in slack.messages[0].shown


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Answers(429, {"Retry-After": "7"}, on="chat.postMessage"), Busy),
        (Answers(503, on="chat.postMessage"), Busy),
        (Answers(504, on="chat.postMessage"), Uncertain),
        (Answers(404, on="chat.postMessage"), Refused),
        (Answers(200, body=["odd"], on="chat.postMessage"), Uncertain),
        (Answers(200, body="odd", on="chat.postMessage"), Uncertain),
        (Answers(200, body=b"<html>a proxy's page</html>", on="chat.postMessage"), Uncertain),
        (refusing("ratelimited"), Busy),
        (refusing("internal_error"), Uncertain),
        (refusing("fatal_error"), Uncertain),
        (refusing("channel_not_found"), Refused),
        (refusing("is_archived"), Refused),
        (refusing("not_in_channel"), Refused),
        (refusing("invalid_blocks"), Refused),
        (refusing("a_word_of_next_year"), Refused),
        (Drops("before", on="chat.postMessage"), Uncertain),
        (Drops("middle", on="chat.postMessage"), Uncertain),
        (Drops("after", on="chat.postMessage"), Uncertain),
    ],
)
def test_each_trouble_has_its_answer_and_the_post_is_made_once(slack, transport, fault, expected):
    slack.fail(fault)

    answer = transport.send(TASK, WITHIN)

    assert isinstance(answer, expected), answer
    assert slack.calls("chat.postMessage") == 1


def test_what_answers_in_slack_s_place_refuses_no_message_of_its_own(slack, transport):
    slack.fail(Answers(404, on="chat.postMessage"))

    answer = transport.send(TASK, WITHIN)

    assert isinstance(answer, Refused)
    assert answer.credentials


def test_a_busy_slack_says_how_long(slack, transport):
    slack.fail(Answers(429, {"Retry-After": "7"}, on="chat.postMessage"))

    answer = transport.send(TASK, WITHIN)

    assert isinstance(answer, Busy)
    assert answer.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("fault", [Drops("after"), Answers(504), Hangs(), Answers(200, body="odd")])
def test_whatever_becomes_of_a_look_up_nothing_was_posted(slack, transport, fault):
    slack.fail(fault)

    answer = transport.send(TASK, timedelta(seconds=0.4))

    assert isinstance(answer, Busy)
    assert slack.messages == []


def test_a_person_whom_slack_does_not_know_is_refused_without_being_named(slack, transport):
    answer = transport.send(changed(to="who@vendor.example"), WITHIN)

    assert answer == Refused("No Slack user has this mail address. (users_not_found)", "users_not_found")


@pytest.mark.parametrize(
    ("archived", "member", "code"), [(True, True, "is_archived"), (False, False, "not_in_channel")]
)
def test_a_channel_that_cannot_be_written_to_refuses(slack, transport, archived, member, code):
    slack.room("closed", archived=archived, member=member)

    answer = transport.send(changed(to="#closed"), WITHIN)

    assert isinstance(answer, Refused)
    assert answer.code == code
    assert answer.reason.startswith("Into #closed: The ")
    assert not answer.credentials


@pytest.mark.parametrize("code", ["no_permission", "access_denied", "ekm_access_denied", "restricted_action"])
def test_a_place_that_slack_keeps_from_us_concerns_what_goes_there_alone(slack, transport, code):
    slack.fail(refusing(code))

    answer = transport.send(TASK, WITHIN)

    assert isinstance(answer, Refused)
    assert not answer.credentials
    assert f"({code})" in answer.reason


@pytest.mark.parametrize(
    "code", ["token_revoked", "account_inactive", "invalid_auth", "two_factor_setup_required", "accesslimited"]
)
def test_a_token_that_is_not_accepted_concerns_every_message(slack, transport, code):
    slack.fail(refusing(code))

    answer = transport.send(TASK, WITHIN)

    assert isinstance(answer, Refused)
    assert answer.credentials


def test_an_empty_message_is_not_sent(slack, transport):
    answer = transport.send(changed(body=" \n"), WITHIN)

    assert isinstance(answer, Refused)
    assert slack.requests == []


def test_a_refused_connection_is_certain_non_delivery():
    answer = Slack("xoxb-token", api="http://127.0.0.1:9/api/").send(changed(to="#alerts"), WITHIN)

    assert isinstance(answer, Busy)


@pytest.mark.parametrize("fault", [Hangs(on="postMessage"), Drips(0.05, on="postMessage")], ids=["hangs", "drips"])
def test_the_deadline_is_of_the_whole_call(slack, transport, fault):
    slack.fail(Drips(0.001, on="users.lookupByEmail"), fault)
    began = monotonic()

    answer = transport.send(TASK, timedelta(seconds=2.5))

    assert isinstance(answer, Uncertain)
    assert monotonic() - began < 4


@pytest.mark.parametrize("to", ["bo@vendor.example", "UBO000001", "#alerts", "C00000000"])
def test_a_lost_answer_is_found_by_its_opaque_id(slack, transport, to):
    claimed = datetime.now(UTC)
    transport.send(changed(id="another", to=to), WITHIN)
    slack.fail(Drops("after", on="chat.postMessage"))
    transport.send(changed(to=to), WITHIN)

    found = transport.find(changed(to=to), claimed)

    lost = slack.messages[1]
    assert found == Sent(f"{lost.channel}:{lost.ts}")


def test_a_lost_answer_is_found_beyond_the_first_page(slack, transport):
    slack.page = 3
    claimed = datetime.now(UTC)
    sent = transport.send(changed(to="#alerts"), WITHIN)
    for number in range(7):
        transport.send(changed(id=str(number), to="#alerts"), WITHIN)

    assert transport.find(changed(to="#alerts"), claimed) == sent


def test_a_lost_reply_is_found_in_its_thread(slack, transport):
    claimed = datetime.now(UTC)
    first = transport.send(changed(id="top", to="#alerts"), WITHIN)
    slack.fail(Drops("after", on="chat.postMessage"))
    transport.send(changed(thread=first.receipt), WITHIN)

    found = transport.find(changed(thread=first.receipt), claimed)

    assert found == Sent(f"{slack.messages[1].channel}:{slack.messages[1].ts}")


@pytest.mark.parametrize(("lost", "found"), [("after", True), ("before", False)])
def test_a_lost_edit_is_found_only_if_it_was_made(slack, transport, lost, found):
    claimed = datetime.now(UTC)
    first = transport.send(changed(id="first"), WITHIN)
    slack.fail(Drops(lost, on="chat.update"))
    edit = changed(edit=first.receipt)
    transport.send(edit, WITHIN)

    assert transport.find(edit, claimed) == (first if found else None)


@pytest.mark.parametrize(
    "fault", [Answers(500, on="history"), Drops("middle", on="history"), Answers(429, on="history")]
)
def test_a_history_that_cannot_be_read_now_is_to_be_read_again(slack, transport, fault):
    transport.send(TASK, WITHIN)
    slack.fail(fault)

    assert isinstance(transport.find(TASK, datetime.now(UTC)), Busy)


@pytest.mark.parametrize(
    ("error", "again"), [("invalid_auth", True), ("missing_scope", False), ("no_permission", False)]
)
def test_a_history_that_may_never_be_read_is_not_read_again(slack, transport, error, again):
    transport.send(TASK, WITHIN)
    slack.fail(Answers(200, body={"ok": False, "error": error}, on="history"))

    assert (transport.find(TASK, datetime.now(UTC)) is not None) == again


@pytest.mark.parametrize("token", ["", "xoxb a", "xoxb\n"])
def test_a_token_that_cannot_be_one_is_refused_without_being_named(token):
    with pytest.raises(ValueError, match="Slack token") as refusal:
        Slack(token)

    assert "xoxb" not in str(refusal.value)


def test_no_log_line_carries_token_address_or_text(slack, transport, caplog):
    caplog.set_level(logging.DEBUG)
    slack.fail(Answers(500, on="postMessage"), Drops("after", on="postMessage"), Answers(200, body="odd", on="history"))

    for _ in range(3):
        transport.send(TASK, WITHIN)
    transport.find(TASK, datetime.now(UTC))

    for secret in (slack.token, TASK.to, "Call Acme", "UBO000001"):
        assert secret not in caplog.text


def test_the_doctor_hears_that_all_is_well(slack, transport):
    findings = transport.check()

    assert [finding.ok for finding in findings] == [True, True]
    assert "Acme" in findings[0].message


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_the_doctor_hears_of_each_permission_that_is_missing(slack, transport, scope):
    slack.scopes.remove(scope)

    _, rights = transport.check()

    assert not rights.ok
    assert scope in rights.message


def test_the_doctor_hears_of_a_wrong_token_and_of_silence(slack):
    [wrong] = Slack("xoxb-other", api=slack.api).check()
    [silent] = Slack("xoxb-token", api="http://127.0.0.1:9/api/").check()

    assert (wrong.ok, wrong.away) == (False, False)
    assert "SLACK_BOT_TOKEN" in wrong.fix
    assert (silent.ok, silent.away) == (False, True)
    assert "SLACK_API_URL" in silent.fix


@pytest.mark.parametrize(
    "said",
    [
        Answers(404, body={"detail": "Not Found"}),
        Answers(404, {"Content-Type": "text/html"}, b"<html>Not found</html>"),
        Answers(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"),
        Answers(200, body={"status": "fine"}),
        Answers(302, {"Location": "https://elsewhere.test/"}),
        Answers(200, body=[1]),
    ],
)
def test_what_is_not_slack_says_nothing_of_the_token(slack, said):
    slack.fail(said)

    [one] = Slack("xoxb-token", api=slack.api).check()

    assert not one.ok
    assert f"What answers at {slack.api} is not Slack's API" in one.message
    assert "Mend SLACK_API_URL" in one.fix
    assert "token" not in one.fix


def test_scopes_that_slack_does_not_tell_are_not_held_to_be_missing(slack, transport):
    slack.fail(Answers(200, body={"ok": True, "team": "Acme"}))

    _, rights = transport.check()

    assert rights.ok
    assert rights.message.startswith("Slack did not say which scopes the app has")
