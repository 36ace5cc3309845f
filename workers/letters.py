"""Mails as they would go out, of templates and steps: with made-up values, or with those of an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from activities.mail.links import Links
from activities.mail.senders import Senders
from activities.message import mail_of
from activities.transport import Message
from engine.logic import Scope
from engine.mailing import about
from engine.overlay import Below
from engine.people import Person
from engine.readable import Readable, example
from engine.rendering import Into
from engine.run import Effect, effect_key
from engine.setting import Setting
from engine.templates import Rendered, Unfit
from engine.types import Type
from engine.values import Value
from workers.mailings import Source

MADE_UP_AT = datetime(2026, 3, 2, 14, tzinfo=UTC)
_ROOMS = ("account", "metrics", "team")
_OF_A_RUN: Mapping[str, object] = {"outcome": {}, "event": {}, "item": {}}  # nobody is in a run here
_MADE_UP = {
    "account.id": "acme",
    "account.name": "Acme & Co",
    "contact.id": "c1",
    "contact.name": "Kim Lee",
    "contact.email": "kim.lee@acme.example",
    "sender.id": "sam",
    "sender.name": "Sam Field",
    "sender.email": "sam.field@vendor.example",
    "run.id": "playbook-1",
    "run.playbook": "playbook",
    "run.title": "A playbook",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who would get it, and all the names that its text may read; `scope` is what a condition would read."""

    names: Mapping[str, object]
    account: str = "Acme & Co"
    contact: Mapping[str, Value] | None = None
    sender: Person | None = None
    scope: Scope | None = None

    @property
    def language(self) -> str | None:
        said = (self.contact or {}).get("language")
        return said if isinstance(said, str) else None


class NotMade(Exception):
    """The mail needs a name that has no value here."""


def made_up(setting: Setting, language: str | None = None) -> Reader:
    """Somebody at an account where every field and metric has a value."""
    known = Readable(setting.vocabulary.names(), contact=True)
    names: dict[str, Any] = {group: {} for group in _OF_A_RUN}
    for path in known.paths:
        *groups, last = path.split(".")
        below = names
        for group in groups:
            below = below.setdefault(group, {})
        below[last] = _MADE_UP.get(path) or _example(known.type_of(path))
    contact = {"id": "c1", "name": "Kim Lee", "email": "kim.lee@acme.example"} | ({"language": language or "en"})
    names |= {"contacts": (contact,), "at_start": {**names}}
    return Reader(names, contact=contact, sender=Person("sam", "Sam Field", email="sam.field@vendor.example"))


def _example(type_: Type | None) -> object:
    if type_ is None:
        return "text"
    return type_.choices[0] if type_.choices else example(type_)


def known_of(scope: Scope, contact: Mapping[str, Value], sender: Person | None) -> Reader:
    """A contact of an account as it stands."""
    values, now = scope.values, scope.now
    rooms: dict[str, object] = {room: Below(room, values, deep=room == "metrics") for room in _ROOMS}
    signs = {"id": sender.id, "name": sender.name, "email": sender.email, "slack": sender.slack} if sender else {}
    run = {"id": "playbook-1", "playbook": "playbook", "title": "A playbook", "started": now}
    names = {**_OF_A_RUN, **rooms} | {"contact": contact, "now": now, "run": run, "sender": signs}
    return Reader(names, str(values.get("account.name", "")), contact, sender, scope)


def letter(source: Source, reader: Reader, setting: Setting, senders: Senders, links: Links) -> Message:
    """Raises NotMade, and KeyError for a template that is not there."""
    content = _content(source, reader, setting)
    key = effect_key("playbook-1", "mail", 1, "c1", "email")
    effect = Effect(
        key=key, run="playbook-1", path="mail", step="mail", visit=1, channel="email", purpose="email",
        to="c1", address=str((reader.contact or {}).get("email", "")), priority=50, blocking=True, at=MADE_UP_AT,
        content=content,
    )  # fmt: skip
    return mail_of(effect, reader.account, setting.policy, senders, links)


def _content(source: Source, reader: Reader, setting: Setting) -> dict[str, JsonValue]:
    sender = reader.sender
    shared: dict[str, JsonValue] = {
        "name": str((reader.contact or {}).get("name", "")),
        "sender": {"id": sender.id, "name": sender.name, "email": sender.email} if sender else None,
    }
    if source.template is None:
        subject = _made(setting, source.subject, reader)
        body = _made(setting, source.text, reader, into="markdown")
        return shared | {"subject": subject, "body": body} | about(source.topic, None, None)
    made = _fit(
        setting.templates.render(source.template, reader.names, reader.language, into="markdown", scope=reader.scope)
    )
    texts: dict[str, JsonValue] = {
        "template": source.template, "subject": made.subject, "body": made.body, "preheader": made.preheader,
    }  # fmt: skip
    texts |= {"language": made.language} if made.language else {}
    return shared | texts | about(source.topic or made.topic, None, None)


def _made(setting: Setting, text: str, reader: Reader, *, into: Into = "plain") -> str:
    found = setting.templates.render_text(text, reader.names, into=into, scope=reader.scope)
    if isinstance(found, Unfit):
        raise NotMade(found.missing)
    return found


def _fit(found: Rendered | Unfit) -> Rendered:
    if isinstance(found, Unfit):
        raise NotMade(found.missing)
    return found
