"""The one door for what Slack sends, whichever way it comes: checked, answered in time, done once."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from activities.host import Host
from activities.slack_workspace import Workspace
from activities.store import answers
from activities.store.answers import Asked
from workers.settings import Settings
from workers.slack import acts, commands, homes
from workers.slack.office import Body, Office, Refresh, Reply
from workers.slack.payloads import Command, Event, Happened, Interaction, NotSlack, read

log = logging.getLogger(__name__)

ACK = 0.8  # seconds that Slack is let wait; what takes longer is done all the same, and its outcome told afterwards
AT_ONCE = 8
HOMES = 16  # locks that people share
TROUBLE = "That did not work, through no fault of yours. It is noted here; please try once more."

S = TypeVar("S")
Handler = Callable[[Office, Happened], Reply]
EVENTS: Mapping[str, Handler] = {"app_home_opened": homes.opened}


class NotOurs(Exception):
    """It is meant for another workspace or another app."""


class Receiver:
    """Every call returns within a second what Slack is to be answered. Raises NotSlack and NotOurs at once."""

    def __init__(self, host: Host, workspace: Workspace, ack: float = ACK) -> None:
        self._office, self._ack = Office(host, workspace), ack
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slack")
        self._afterwards = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slack-after")
        self._homes = [threading.Lock() for _ in range(HOMES)]
        self._checked: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._threads.submit(workspace.identity)  # so that the first click need not wait for it

    def close(self) -> None:
        """What is under way comes to its end, and who acted is told of it."""
        self._threads.shutdown(wait=True)
        self._afterwards.shutdown(wait=True)

    def interaction(self, payload: Mapping[str, Any]) -> Body:
        said = read(Interaction, payload)
        match said.type:
            case "block_actions":
                work = homes.turned if said.turns_home else acts.clicked
                return self._answered(said.team_id, said.api_app_id, said.response_url, work, said)
            case "view_submission":
                return self._answered(said.team_id, said.api_app_id, "", acts.submitted, said)
        return {}

    def command(self, form: Mapping[str, Any]) -> Body:
        said = read(Command, form)
        return self._answered(said.team_id, said.api_app_id, said.response_url, commands.commanded, said)

    def event(self, payload: Mapping[str, Any]) -> Body:
        """Slack tells an event again when it has heard no answer: each counts once."""
        said = read(Event, payload)
        if said.type == "url_verification":
            return {"challenge": said.challenge}
        handler = EVENTS.get(said.event.type) if said.event else None
        if handler is None:
            return {}
        return self._answered(said.team_id, said.api_app_id, "", _happened, (said, handler))

    def _answered(self, team: str, app: str, url: str, work: Callable[[Office, S], Reply], said: S) -> Body:
        future = self._threads.submit(self._done, team, app, url, work, said)
        try:
            return future.result(self._ack).body
        except TimeoutError:
            return {}
        finally:
            future.add_done_callback(self._follow_up)

    def _done(self, team: str, app: str, url: str, work: Callable[[Office, S], Reply], said: S) -> Reply:
        try:
            self._check(team, app)
            return work(self._office, said)
        except (NotOurs, NotSlack):
            raise
        except Exception:
            log.exception("what came from Slack could not be done")
            return Reply(whisper=TROUBLE, url=url)

    def _follow_up(self, future: Future[Reply]) -> None:
        if future.exception() is not None:
            return
        reply = future.result()
        if reply.refresh:
            self._afterwards.submit(self._show_home, reply.refresh, reply.whisper)
        elif reply.whisper:
            self._afterwards.submit(self._office.workspace.whisper, reply.url, reply.whisper)

    def _show_home(self, wanted: Refresh, notice: str) -> None:
        """One after the other for each person, so that what is shown last is what was read last."""
        try:
            with self._homes[hash(wanted.user) % HOMES]:
                homes.show(self._office, wanted, notice)
        except Exception:
            log.exception("a Home could not be shown")

    def _check(self, team: str, app: str) -> None:
        """By what the token says of itself; a signature tells the app, and not for which workspace. Raises NotOurs."""
        if (team, app) in self._checked:
            return
        ours = self._office.workspace.identity()
        if ours is None:
            return
        if _differs(team, ours.team) or _differs(app, ours.app):
            raise NotOurs
        with self._lock:
            self._checked.add((team, app))


def receiver_from(host: Host, settings: Settings) -> Receiver | None:
    """None where no token is set, without which nobody could be answered."""
    if settings.slack_bot_token is None:
        return None
    return Receiver(host, Workspace(settings.slack_bot_token.get_secret_value(), api=settings.slack_api_url))


def _differs(said: str, ours: str) -> bool:
    return bool(ours) and said != ours


def _happened(office: Office, told: tuple[Event, Handler]) -> Reply:
    event, handler = told
    host = office.host
    asked = Asked("slack", event.event_id, "")
    known = host.database.write(lambda connection: answers.claim(connection, asked, host.clock.real()))
    if known is None and event.event is not None:
        return handler(office, event.event)
    return Reply()
