"""Whether what people do in Slack can come back by Socket Mode."""

import pytest

from activities.slack.socketmode import check_socket_mode
from tests.support.standins import Answers


def test_a_good_app_level_token_opens_a_connection(slack):
    assert check_socket_mode(slack.app_token, api=slack.api).ok


@pytest.mark.parametrize("wrong", ["xapp-bad", "xoxb-token", ""])
def test_a_wrong_one_is_found_before_anybody_presses_a_button(slack, wrong):
    one = check_socket_mode(wrong, api=slack.api)

    assert not one.ok
    assert one.message == "Nothing comes back, buttons do nothing: Slack does not open Socket Mode (invalid_auth)."
    assert "connections:write" in one.fix


def test_what_slack_does_not_tell_is_said_to_be_unknown(slack):
    slack.fail(Answers(503, on="apps.connections.open"))

    one = check_socket_mode(slack.app_token, api=slack.api)

    assert not one.ok
    assert one.message.startswith("Slack does not tell whether buttons come back.")
