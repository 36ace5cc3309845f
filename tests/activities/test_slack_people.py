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


def found(slack, *people):
    return check_people(slack.token, People(people), api=slack.api)


def test_a_colleague_is_in_slack_by_the_stated_id_or_else_by_mail(slack):
    assert found(slack, ANA, BEN).message == "All 2 colleagues of people.yaml are in Slack."


def test_who_is_not_in_slack_is_named_unless_they_have_left(slack):
    lost = [Person("cy"), Person("di", email="di@vendor.test"), Person("ed", slack="U0ED")]

    one = found(slack, ANA, *lost, replace(lost[0], id="fay", active=False))

    assert not one.ok
    assert one.message.startswith("3 of 4 colleagues are not found in Slack and would get nothing: ")
    assert one.message.endswith(": cy (no address), di (di@vendor.test), ed (U0ED).")
    assert "slack: U…" in one.fix


def test_a_workspace_that_does_not_tell_is_a_finding(slack):
    slack.fail(Answers(503, on="users.list"))

    assert found(slack, ANA).message.startswith("Slack does not tell who is there: ")
