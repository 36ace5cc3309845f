from dataclasses import replace

import pytest

from activities.slack.people import check_people
from engine.people import People, Person
from tests.support.standins import Answers, StandInSlack

ANA = Person("ana", email="Ana@vendor.test")
BEN = Person("ben", slack="U0BEN", email="old@vendor.test")


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.page = 1
        stand_in.people |= {"ana@vendor.test": "U0ANA", "ben@vendor.test": "U0BEN"}
        yield stand_in


def found(slack, *people, by_mail=False):
    return check_people(slack.token, People(people), by_mail=by_mail, api=slack.api)


def test_a_colleague_is_in_slack_by_the_stated_id_or_else_by_mail(slack):
    assert [one.message for one in found(slack, ANA, BEN)] == ["All 2 colleagues of people.yaml are in Slack."]


def test_who_is_not_in_slack_is_named_unless_they_have_left(slack):
    lost = [Person("cy"), Person("di", email="di@vendor.test")]

    [one] = found(slack, ANA, *lost, replace(lost[0], id="fay", active=False))

    assert not one.ok
    assert one.message.startswith("2 of 3 colleagues are not found in Slack by their mail address: ")
    assert one.message.endswith(": cy (no address), di (di@vendor.test). Messages to them are refused.")
    assert "slack: U…" in one.fix


def test_everybody_who_is_to_be_mended_is_named(slack):
    [one] = found(slack, *(Person(f"p{number}") for number in range(40)))

    assert all(f"p{number} (no address)" in one.message for number in range(40))


def test_a_stated_id_that_slack_does_not_know_is_named_with_its_own_remedy(slack):
    [one] = found(slack, ANA, Person("ed", slack="U0ED", email="ana@vendor.test"), by_mail=True)

    assert not one.ok
    assert one.message == (
        "Slack knows no member of the id that people.yaml states for ed (U0ED). What is for them goes by mail, and "
        "`playbook attention` says so."
    )
    assert "take `slack` away" in one.fix


def test_who_gets_by_mail_what_slack_does_not_bring_is_told_from_who_gets_nothing(slack):
    di, cy = Person("di", email="di@vendor.test"), Person("cy")

    [by_mail], [mixed] = found(slack, di, by_mail=True), found(slack, di, cy, by_mail=True)

    assert "What is for them goes by mail, and `playbook attention` says so." in by_mail.message
    assert mixed.message.endswith("goes by mail; messages to cy, without a mail address, are refused.")


def test_a_slack_that_tells_nobodys_address_wants_a_permission(slack):
    slack.people.clear()

    [one] = found(slack, ANA)

    assert "users:read.email" in one.fix


def test_a_workspace_that_does_not_tell_is_a_finding(slack):
    slack.fail(Answers(503, on="users.list"), Answers(200, body={"ok": False, "error": "missing_scope"}))

    [away], [refused] = found(slack, ANA), found(slack, ANA)

    assert away.message.startswith("Slack does not tell who is there. ")
    assert "users:read" in refused.fix
