"""Slack's own WebClient, held to one total deadline and told never to repeat a request by itself."""

import logging
from datetime import timedelta
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from activities.transport import Answer, Busy, Refused, Uncertain
from activities.verdict import pause, verdict
from activities.wire import Deadline, Exchange

API = "https://slack.com/api/"

# Its lines carry whatever Slack answered, profiles included; all of that comes back here as an answer.
_silent = logging.getLogger("activities.slack.client.vendor")
_silent.setLevel(logging.CRITICAL)

# "It is possible that some aspect of the operation succeeded before the error was raised" (Slack's own reference).
_ANSWER_LOST = frozenset({"internal_error", "fatal_error"})
_TRY_AGAIN = frozenset(
    {"ratelimited", "rate_limited", "message_limit_exceeded"}
    | {"request_timeout", "service_unavailable", "team_added_to_org"}
)
# What Slack would say of every message. Whether we may write to one place, or its keys have been withdrawn
# (no_permission, access_denied, ekm_access_denied, restricted_action…), concerns what goes there alone.
_TOKEN_AT_FAULT = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "missing_scope", "not_allowed_token_type", "org_login_required"}
    | {"token_expired", "token_revoked", "team_access_not_granted", "enterprise_is_restricted"}
    | {"two_factor_setup_required", "accesslimited"}
)
_MEANING = {
    "access_denied": "Slack denies the app access to the place.",
    "accesslimited": "Slack limits the app to other networks.",
    "account_inactive": "The token belongs to a workspace or user that is no more.",
    "cant_update_message": "The message is not one of this app's.",
    "channel_not_found": "There is no such channel, or the app may not see it: /invite it there.",
    "ekm_access_denied": "Administrators have suspended posting there.",
    "invalid_auth": "Slack does not accept the token.",
    "invalid_blocks": "Slack finds the message malformed.",
    "is_archived": "The channel is archived.",
    "message_not_found": "The message has been deleted.",
    "missing_scope": "The app lacks a permission.",
    "msg_too_long": "The message is too long.",
    "no_permission": "The app may not write there: /invite it to the channel.",
    "no_text": "The message is empty.",
    "not_in_channel": "The app is not a member of the channel: /invite it there.",
    "restricted_action": "The workspace does not let the app write there.",
    "restricted_action_read_only_channel": "Nobody but a few may write in the channel.",
    "restricted_action_thread_locked": "The thread is locked.",
    "restricted_action_thread_only_channel": "In the channel one may write in threads only.",
    "token_revoked": "The token has been revoked.",
    "users_not_found": "No Slack user has this mail address.",
}


class TimedClient(WebClient):
    """One call's worth of requests. `exchange` is that of the latest request."""

    def __init__(self, token: str, base_url: str, deadline: Deadline) -> None:
        super().__init__(token, base_url=base_url, retry_handlers=[], logger=_silent)
        self.deadline = deadline
        self.exchange = Exchange(deadline)

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        """The vendor's own does the same with a time-out per socket operation; its caller handles HTTP errors."""
        del url
        self.exchange = Exchange(self.deadline)
        with self.exchange.opener().open(req, timeout=self.deadline.left()) as answer:
            body = answer.read().decode(answer.headers.get_content_charset() or "utf-8")
            return {"status": answer.status, "headers": answer.headers, "body": body}

    def answer_to(self, error: Exception) -> Answer:
        """What a failed request means."""
        if not isinstance(error, SlackApiError):
            return self.exchange.without_answer(error)
        status, headers = error.response.status_code, headers_of(error.response)
        if status != 200:
            return verdict(status, headers, "", one_address=True)
        return _meant(str(error.response.get("error")), pause(headers))


def headers_of(response: SlackResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _meant(code: str, retry_after: timedelta) -> Answer:
    if code in _ANSWER_LOST or not code.isidentifier():  # no word of Slack's: the vendor's client could not read it
        return Uncertain("Slack's answer does not tell whether the message was posted.")
    if code in _TRY_AGAIN:
        return Busy(f"Slack asks to try again later ({code}).", retry_after)
    reason = _MEANING.get(code, "Slack refuses the message.")
    return Refused(f"{reason} ({code})", code, credentials=code in _TOKEN_AT_FAULT)
