"""The one door for what Slack sends, whichever way it comes: checked, answered in time, done once."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from activities.host import Host
from activities.slack.home_blocks import CONTROL
from activities.slack.workspace import NoAnswer, Workspace
from activities.store import answers
from activities.store.answers import Asked
from workers.settings import Settings
from workers.slack import acts, approvals, commands, forms, homes, starting
from workers.slack.office import Office, Refresh, Reply
from workers.slack.patience import Patience
from workers.slack.payloads import Command, Event, Happened, Interaction, NotSlack, read

log = logging.getLogger(__name__)

ACK = 0.8  # seconds that Slack is let wait; what takes longer is done all the same, and its outcome told afterwards
AT_ONCE = 8
HOMES = 16  # locks that people share
TROUBLE = "That did not work, through no fault of yours. It is noted here; please try once more."
SILENT = "Slack did not tell who you are, so nothing was done. Please try once more in a minute."

Kind = Literal["interaction", "event", "command"]
Handler = Callable[[Office, Happened], Reply]
EVENTS: Mapping[str, Handler] = {"app_home_opened": homes.opened}


class _NotOurs(Exception):
    """It is meant for another workspace or another app."""


class Receiver:
    """Safe to share between threads. Whoever brings something waits for its reply `ack` seconds at most, and answers
    Slack with nothing when it has not come by then.
    """

    def __init__(self, host: Host, workspace: Workspace, ack: float = ACK) -> None:
        self.ack = ack
        self._office = Office(host, workspace)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slack")
        self._afterwards = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="slack-after")
        self._patience = Patience()
        self._homes = [threading.Lock() for _ in range(HOMES)]
        self._newest: dict[str, Refresh] = {}  # of each person
        self._checked: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._threads.submit(workspace.identity)  # so that the first click need not wait for it

    def close(self) -> None:
        """What is under way comes to its end, and who acted is told of it."""
        self._threads.shutdown(wait=True)
        self._patience.close()
        self._afterwards.shutdown(wait=True)

    def take(self, kind: Kind, payload: Mapping[str, Any]) -> Future[Reply]:
        """It is done, whether or not its reply is waited for; the future never raises."""
        future: Future[Reply] = Future()
        future.set_running_or_notify_cancel()  # from now on nobody can call it off
        future.add_done_callback(self._follow_up)
        self._threads.submit(self._take, future, kind, payload)
        return future

    def missed(self, taken: Future[Reply]) -> None:
        """Slack was answered without the reply: what it would have shown at once is told afterwards."""
        taken.add_done_callback(self._tell_late)

    def _take(self, future: Future[Reply], kind: Kind, payload: Mapping[str, Any], tries: int = 0) -> None:
        """Slack may have to be asked again who it is that acts; nothing was done until then."""
        try:
            reply = self._replied(kind, payload)
        except NoAnswer as none:
            if self._patience.again(none, tries, partial(self._take, future, kind, payload, tries + 1)):
                return
            reply = _not_done(payload, SILENT)
        future.set_result(replace(reply, user=_user(payload)))

    def _replied(self, kind: Kind, payload: Mapping[str, Any]) -> Reply:
        """Raises NoAnswer."""
        try:
            match kind:
                case "interaction":
                    return self._interaction(read(Interaction, payload))
                case "event":
                    return self._event(read(Event, payload))
                case "command":
                    return self._command(read(Command, payload))
        except NotSlack:
            return Reply(refused="shape")
        except _NotOurs:
            return Reply(refused="elsewhere")
        except NoAnswer:
            raise
        except Exception:
            log.exception("what came from Slack could not be done")
            return _not_done(payload, TROUBLE)

    def _interaction(self, said: Interaction) -> Reply:
        self._check(said.team_id, said.api_app_id)
        match said.type:
            case "block_actions":
                return _presser(said)(self._office, said)
            case "view_submission":
                return acts.submitted(self._office, said)
        return Reply()

    def _command(self, said: Command) -> Reply:
        self._check(said.team_id, said.api_app_id)
        return commands.commanded(self._office, said)

    def _event(self, said: Event) -> Reply:
        """Slack tells an event again when it has heard no answer: each counts once."""
        if said.type == "url_verification":
            return Reply({"challenge": said.challenge})
        self._check(said.team_id, said.api_app_id)
        handler = EVENTS.get(said.event.type) if said.event else None
        if handler is not None and said.event is not None and self._is_new(said.event_id):
            return handler(self._office, said.event)
        return Reply()

    def _is_new(self, event: str) -> bool:
        host, asked = self._office.host, Asked("slack", event, "")
        return host.database.write(lambda connection: answers.claim(connection, asked, host.clock.real())) is None

    def _follow_up(self, future: Future[Reply]) -> None:
        reply = future.result()
        if reply.refresh:
            self._newest[reply.refresh.user] = reply.refresh
            self._afterwards.submit(self._show_home, reply.refresh, reply.whisper)
        elif reply.whisper:
            self._afterwards.submit(self._whisper, reply)

    def _tell_late(self, future: Future[Reply]) -> None:
        reply = future.result()
        if reply.late:
            self._afterwards.submit(self._whisper, replace(reply.late, user=reply.user))

    def _whisper(self, reply: Reply, tries: int = 0) -> None:
        """Where the address does not take it (any more), in the app's own conversation with them."""
        workspace = self._office.workspace
        if workspace.whisper(reply.url, reply.whisper, reply.blocks, replaces=reply.replaces) or not reply.user:
            return
        try:
            workspace.tell(reply.user, reply.whisper, reply.blocks)
        except NoAnswer as none:
            self._patience.again(none, tries, partial(self._whisper, reply, tries + 1))
        except Exception:
            log.exception("who acted could not be told what came of it")

    def _show_home(self, wanted: Refresh, notice: str, tries: int = 0) -> None:
        """One after the other for each person, so that what is shown last is what was read last; what is tried again is
        shown no more where something else has been wanted since.
        """
        if tries and self._newest.get(wanted.user) is not wanted:
            return
        try:
            with self._homes[hash(wanted.user) % HOMES]:
                homes.show(self._office, wanted, notice)
        except NoAnswer as none:
            again = self._patience.again(none, tries, partial(self._show_home, wanted, notice, tries + 1))
            if not again and notice:
                self._whisper(Reply(whisper=notice, user=wanted.user))
        except Exception:
            log.exception("a Home could not be shown")

    def _check(self, team: str, app: str) -> None:
        """By what the token says of itself; a signature tells the app, and not for which workspace. Raises _NotOurs."""
        if (team, app) in self._checked:
            return
        ours = self._office.workspace.identity()
        if ours is None:
            return
        if _differs(team, ours.team) or _differs(app, ours.app):
            raise _NotOurs
        with self._lock:
            self._checked.add((team, app))


def _presser(said: Interaction) -> Callable[[Office, Interaction], Reply]:
    """By what the ids of the controls begin with."""
    if said.has(CONTROL):
        return homes.turned
    if said.has(approvals.PAGE):
        return acts.turned
    return starting.pressed if said.has(starting.START) else acts.clicked


def receiver_from(host: Host, settings: Settings) -> Receiver | None:
    """None where no token is set, without which nobody could be answered."""
    if settings.slack_bot_token is None:
        return None
    return Receiver(host, Workspace(settings.slack_bot_token.get_secret_value(), api=settings.slack_api_url))


def _user(payload: Mapping[str, Any]) -> str:
    """Empty where nobody acted."""
    of_click = payload.get("user")
    return str(payload.get("user_id") or (of_click.get("id") if isinstance(of_click, dict) else "") or "")


def _not_done(payload: Mapping[str, Any], why: str) -> Reply:
    """A form stays open, with what was written into it."""
    told = Reply(whisper=why, url=str(payload.get("response_url") or ""))
    view = payload.get("view")
    fields = view.get("state", {}).get("values", {}) if isinstance(view, dict) else {}
    if payload.get("type") != "view_submission" or not fields:
        return told
    return Reply(forms.errors(**{next(iter(fields)): why}), late=told)


def _differs(said: str, ours: str) -> bool:
    return bool(ours) and said != ours
