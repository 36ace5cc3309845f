"""What is asked of Slack while somebody waits: who it is, a modal to be opened, a word for one pair of eyes.

Each is quick or not at all: a trigger lives for three seconds. What may be worth another try says so.
"""

import logging
import time
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slack_sdk.webhook import WebhookClient

from activities.slack.client import API, TimedClient
from activities.transport import Answer, Busy, Refused, Sent, Uncertain
from activities.wire import Deadline

log = logging.getLogger(__name__)
_silent = logging.getLogger("activities.slack.workspace.vendor")
_silent.setLevel(logging.CRITICAL)  # its lines carry addresses that are secrets

PROMPT = timedelta(seconds=2.5)
KEPT = timedelta(minutes=10)  # before it is asked again whose address it is
LOST = timedelta(seconds=1)  # until a question whose answer was lost is asked again
View = Mapping[str, Any]


class NoAnswer(Exception):
    """Slack did not answer, or not now: it may be asked again `after` that time."""

    def __init__(self, after: timedelta) -> None:
        super().__init__()
        self.after = after


@dataclass(frozen=True, slots=True)
class Identity:
    """Of the workspace and the app whose token we have; empty where Slack did not tell."""

    team: str
    app: str


class Workspace:
    """Safe to share between threads. What Slack refuses is None or False. `passing` counts seconds from anywhere."""

    def __init__(self, token: str, *, api: str = API, passing: Callable[[], float] = time.monotonic) -> None:
        self._token, self._api, self._passing = token, api, passing
        self._identity: Identity | None = None
        self._mails: dict[str, tuple[str, float]] = {}  # user id → address, and until when it is believed

    def identity(self) -> Identity | None:
        """None where Slack did not tell; it is asked the next time."""
        if self._identity is None:
            with suppress(NoAnswer):
                self._identity = self._asked(_identity)
        return self._identity

    def mail_of(self, user: str, known: Container[str]) -> str | None:
        """In small letters. What is none of those `known` is asked anew each time: it may have been mended meanwhile.
        Raises NoAnswer.
        """
        mail, until = self._mails.get(user, ("", 0.0))
        if mail in known and self._passing() < until:
            return mail
        found = self._asked(lambda client: client.users_info(user=user)["user"]["profile"].get("email"))
        if not isinstance(found, str):
            return None
        if (mail := found.lower()) in known:
            self._mails[user] = mail, self._passing() + KEPT.total_seconds()
        return mail

    def open(self, trigger: str, view: View) -> bool:
        """Now or never."""
        try:
            return self._asked(lambda client: client.views_open(trigger_id=trigger, view=dict(view))) is not None
        except NoAnswer:
            return False

    def update(self, id_: str, view: View) -> bool:
        """A modal that is open. Now or never."""
        try:
            return self._asked(lambda client: client.views_update(view_id=id_, view=dict(view))) is not None
        except NoAnswer:
            return False

    def publish(self, user: str, view: View) -> bool:
        """The app's Home of that user. Raises NoAnswer."""
        return self._asked(lambda client: client.views_publish(user_id=user, view=dict(view))) is not None

    def whisper(self, url: str, text: str, blocks: Sequence[View] = (), *, replaces: bool = False) -> bool:
        """By the address that came with a click or a command: only who acted sees it. It may replace what only they saw
        before. Whether it was said.
        """
        if not url:
            return False
        try:
            client = WebhookClient(url, timeout=3, logger=_silent, retry_handlers=[])
            shown = [dict(one) for one in blocks] or None
            said = client.send(text=text, blocks=shown, response_type="ephemeral", replace_original=replaces)
        except Exception as error:  # noqa: BLE001 - it was said to nobody; there may be another way
            log.info("a word to who clicked did not arrive: %s", type(error).__name__)
            return False
        return said.status_code == 200

    def tell(self, user: str, text: str, blocks: Sequence[View] = ()) -> None:
        """In the app's own conversation with them. Raises NoAnswer."""
        shown = [dict(one) for one in blocks] or None

        def told(client: TimedClient) -> None:
            room = client.conversations_open(users=user)["channel"]["id"]
            client.chat_postMessage(channel=room, text=text, blocks=shown)

        self._asked(told)

    def _asked(self, ask: Any) -> Any:
        client = TimedClient(self._token, self._api, Deadline(PROMPT))
        try:
            return ask(client)
        except Exception as error:  # noqa: BLE001 - answer_to tells trouble outside from a fault of ours
            answer = client.answer_to(error)
            log.warning("Slack did not do what was asked: %s", _said(answer))
            return _none(answer)


def _said(answer: Answer) -> str:
    """What a person makes something of."""
    return answer.receipt if isinstance(answer, Sent) else answer.reason


def _none(answer: Answer) -> None:
    """A token that is refused says nothing of what was asked."""
    match answer:
        case Busy(_, after):
            raise NoAnswer(after)
        case Uncertain() | Refused(credentials=True):
            raise NoAnswer(LOST)


def _identity(client: TimedClient) -> Identity:
    said = client.auth_test()
    bot = said.get("bot_id")
    app = client.bots_info(bot=bot)["bot"].get("app_id") if bot else None
    return Identity(str(said.get("team_id") or ""), str(app or ""))
