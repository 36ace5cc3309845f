"""What is asked of Slack while somebody waits: who it is, a modal to be opened, a word for one pair of eyes.

Everything here is quick or not at all: a trigger lives for three seconds.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slack_sdk.webhook import WebhookClient

from activities.slack.client import TimedClient
from activities.slack.messages import API
from activities.wire import Deadline

log = logging.getLogger(__name__)
_silent = logging.getLogger("activities.slack.workspace.vendor")
_silent.setLevel(logging.CRITICAL)  # its lines carry addresses that are secrets

PROMPT = timedelta(seconds=2.5)
View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Of the workspace and the app whose token we have; empty where Slack did not tell."""

    team: str
    app: str


class Workspace:
    """Safe to share between threads. What Slack does not answer is None or False, and is asked again the next time."""

    def __init__(self, token: str, *, api: str = API) -> None:
        self._token, self._api = token, api
        self._identity: Identity | None = None
        self._mails: dict[str, str] = {}

    def identity(self) -> Identity | None:
        if self._identity is None:
            self._identity = self._asked(_identity)
        return self._identity

    def mail_of(self, user: str) -> str | None:
        if user not in self._mails:
            found = self._asked(lambda client: client.users_info(user=user)["user"]["profile"].get("email"))
            if not isinstance(found, str):
                return None
            self._mails[user] = found
        return self._mails[user]

    def open(self, trigger: str, view: View) -> bool:
        return self._asked(lambda client: client.views_open(trigger_id=trigger, view=dict(view))) is not None

    def publish(self, user: str, view: View) -> bool:
        """The app's Home of that user."""
        return self._asked(lambda client: client.views_publish(user_id=user, view=dict(view))) is not None

    def whisper(self, url: str, text: str, blocks: Sequence[View] = (), *, replaces: bool = False) -> None:
        """By the address that came with a click or a command: only who acted sees it. It may replace what only they saw
        before.
        """
        if not url:
            return
        try:
            client = WebhookClient(url, timeout=3, logger=_silent, retry_handlers=[])
            shown = [dict(one) for one in blocks] or None
            client.send(text=text, blocks=shown, response_type="ephemeral", replace_original=replaces)
        except Exception as error:  # noqa: BLE001 - it was said to nobody, and nothing depends on it
            log.info("a word to who clicked did not arrive: %s", type(error).__name__)

    def _asked(self, ask: Any) -> Any:
        client = TimedClient(self._token, self._api, Deadline(PROMPT))
        try:
            return ask(client)
        except Exception as error:  # noqa: BLE001 - answer_to tells trouble outside from a fault of ours
            log.warning("Slack did not do what was asked: %s", client.answer_to(error))
            return None


def _identity(client: TimedClient) -> Identity:
    said = client.auth_test()
    bot = said.get("bot_id")
    app = client.bots_info(bot=bot)["bot"].get("app_id") if bot else None
    return Identity(str(said.get("team_id") or ""), str(app or ""))
