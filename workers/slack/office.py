"""Where clicks and forms are dealt with: the host, the workspace, and who of the colleagues it is that acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from activities.host import Host
from activities.slack.card_blocks import Block
from activities.slack.workspace import Workspace
from activities.store import accounts, cards, tasks
from engine.people import People, Person
from engine.render.home import Filters
from engine.rights import Verb, is_allowed
from engine.run import Task
from engine.setting import Setting

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refresh:
    """Somebody's Home is to be shown anew."""

    user: str
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is Slack's answer at once; `whisper` goes afterwards to who acted, by the address `url`, or, where they
    acted in their Home, stands above what is shown there then; where there is neither, to them by themselves. It may
    have `blocks`, and `replaces` what was clicked. `late` is whispered where a body came later than Slack waits.
    `refused`: it has not the shape of what Slack sends, or is meant for another workspace or app. `user` is who acted.
    """

    body: Body = field(default_factory=dict)
    whisper: str = ""
    url: str = ""
    blocks: tuple[Block, ...] = ()
    replaces: bool = False
    refresh: Refresh | None = None
    late: "Reply | None" = None
    refused: Literal["", "shape", "elsewhere"] = ""
    user: str = ""


class Kindly(Exception):
    """It is not done, and who acted is told why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Office:
    host: Host
    workspace: Workspace

    def setting(self) -> Setting:
        return self.host.database.read(lambda connection: self.host.applied.current(connection).setting)

    def colleague(self, user: str) -> Person:
        """By the Slack id that people.yaml states; by mail where it states none. Raises Kindly for who is none, and
        NoAnswer where Slack does not tell the mail address now.
        """
        return self._among(self.setting().people, user)

    def _among(self, people: People, user: str) -> Person:
        if stated := next((one for one in people.everyone if one.slack == user), None):
            return stated
        by_mail = {one.email.lower(): one for one in reversed(people.everyone) if one.email and not one.slack}
        mail = self.workspace.mail_of(user, by_mail)
        if mail is None or (found := by_mail.get(mail)) is None:
            known = f" or with {mail}" if mail else ""
            raise Kindly(
                f"You are not among the colleagues that the playbooks know: nobody has the Slack id {user}{known} "
                "in people.yaml. Whoever keeps the playbooks can add you."
            )
        return found

    def admitted(self, verb: Verb, task: str, user: str) -> tuple[Task, Person]:
        """The task, and who of the colleagues wants to do that with it. Raises Kindly for who may not."""
        found, setting, now, readers = self.host.database.read(lambda connection: self._looked_at(connection, task))
        person = self._among(setting.people, user)
        in_channel = any(one.startswith("#") for one in readers)
        if is_allowed(verb, found, person, setting.directory, now, in_channel=in_channel):
            return found, person
        holder = setting.people.get(found.person)
        whose = holder.name or holder.id if holder else "somebody else"
        raise Kindly(f"This is with {whose}. They, whoever covers for them and their managers can do that.")

    def _looked_at(self, connection: Connection, name: str) -> tuple[Task, Setting, datetime, set[str]]:
        """With who has a card of it."""
        task = tasks.find(connection, name)
        if task is None:
            raise Kindly("This task is not kept any more: its account was erased.")
        readers = cards.shown_to(connection, name)
        return task, self.host.applied.current(connection).setting, self._now(connection, task), readers

    def now(self, task: Task) -> datetime:
        return self.host.database.read(lambda connection: self._now(connection, task))

    def _now(self, connection: Connection, task: Task) -> datetime:
        now, row = self.host.clock.now(), accounts.find(connection, task.account)
        return max(now, row.last_instant) if row and row.last_instant else now
