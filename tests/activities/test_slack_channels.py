"""What the doctor says of the channels that playbooks write to."""

import pytest

from activities.slack.channels import check_channels
from tests.support.standins import Answers, StandInSlack


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.page = 1
        stand_in.room("wins")
        stand_in.room("product", member=False)
        stand_in.room("old", archived=True)
        stand_in.room("board", private=True)
        yield stand_in


def found(slack, **wanted):
    named = {f"#{name}": tuple(by.split()) for name, by in wanted.items()}
    return check_channels(slack.token, named, api=slack.api)


def test_channels_that_the_app_is_in_are_fine(slack):
    assert [(one.ok, one.message) for one in found(slack, wins="ask")] == [(True, "The app is in #wins (ask).")]
    assert found(slack) == []


def test_a_channel_that_the_app_was_not_invited_to_is_named_with_its_playbooks(slack):
    [one] = found(slack, wins="ask", product="coaching sessions")

    assert not one.ok
    assert one.message.startswith("The app is not in #product (coaching, sessions): what is for them is refused")
    assert "/invite @playbooks" in one.fix


def test_a_channel_that_is_nowhere_may_be_private_as_far_as_the_app_is_told(slack):
    [one] = found(slack, old="ask", board="ask")
    slack.scopes.append("groups:read")
    [told] = found(slack, old="ask", board="ask")

    assert one.message.startswith("There is no public channel #board (ask), #old (ask) that is not archived.")
    assert "groups:read" in one.fix
    assert told.message.startswith("The app sees no channel #old (ask): ")
    assert [one.ok, told.ok] == [False, False]


def test_a_workspace_that_lists_no_channels_is_a_finding(slack):
    slack.scopes.remove("channels:read")
    [refused] = found(slack, wins="ask")
    slack.fail(Answers(503, on="conversations.list"))
    [away] = found(slack, wins="ask")

    assert "does not tell whether the app is in #wins (ask). The app lacks a permission" in refused.message
    assert "channels:read" in refused.fix
    assert away.message.startswith("Slack does not list channels. ")
    assert away.away
