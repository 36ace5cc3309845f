"""What `email` and `sequence` share: one mail as an author writes it, and what it will say to one contact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from pydantic import JsonValue

from engine.declared.words import SendWindow, Weekday
from engine.mailing import about
from engine.quantities import Duration
from engine.sendtimes import Hours, SendTimes
from engine.steps.base import StepModel
from engine.values import Value, read_instant

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

EXPIRES: Final = "expires"
_ANY_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)


class SendModel(StepModel):
    noun: ClassVar[str] = "a 'send'"
    example: ClassVar[str] = '{window: "09:00-12:00", on: [tuesday, thursday]}'

    window: SendWindow | None = None
    on: tuple[Weekday, ...] | None = None


class Mail(Protocol):
    """One mail in a plan. `cc` are the roles of colleagues who get a copy, `sender` the role that it comes from."""

    @property
    def template(self) -> str | None: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...
    @property
    def sender(self) -> str | None: ...
    @property
    def topic(self) -> str | None: ...
    @property
    def send(self) -> SendTimes | None: ...
    @property
    def expires(self) -> Duration | None: ...
    @property
    def cc(self) -> tuple[str, ...] | None: ...


def send_times(said: SendModel | None, place: Place, *keys: str | int) -> SendTimes | None:
    """Hours that policy's quiet hours leave nothing of would keep the mail for ever."""
    if said is None:
        return None
    if not said.model_fields_set:
        fix = "Write 'window: \"09:00-17:00\"', 'on: [tuesday]', or both."
        message, lacking = "'send' says neither hours nor days", ("window", "on")
        place.fault(*keys, "send", message=message, fix=fix, code="says-nothing", lacking=lacking)
        return None
    if said.on == ():
        place.fault(*keys, "send", "on", message="no day is named", fix="Write 'on: [tuesday]'.", code="says-nothing")
        return None
    times = SendTimes(window=said.window, on=tuple(sorted(set(said.on))) if said.on else None)
    if Hours(place.policy.calendar(), place.policy.quiet_hours, times).opens(_ANY_DAY) is None:
        message = "the mail could never go: policy's quiet hours leave nothing of these hours and days"
        fix = "Choose hours and days outside of policy.yaml's quiet_hours."
        place.fault(*keys, "send", message=message, fix=fix, code="never-open")
    return times


def copies(said: str | list[str] | None, place: Place, *keys: str | int) -> tuple[str, ...] | None:
    """Roles of colleagues."""
    roles = [said] if isinstance(said, str) else list(said or ())
    for index, role in enumerate(roles):
        place.role(role, *keys, "cc", *([index] if not isinstance(said, str) else []))
    return tuple(roles) or None


def expiry(mail: Mail, remembered: JsonValue, ctx: Context) -> datetime | None:
    """Until when it is worth sending, counted from when it was to go first, also where something has kept it."""
    if isinstance(remembered, str):
        return read_instant(remembered)
    return ctx.after(mail.expires) if mail.expires else None


def until(expires: datetime | None, name: str = EXPIRES) -> dict[str, datetime]:
    """The timer of a mail that is kept."""
    return {name: expires} if expires else {}


def content(
    mail: Mail, contact: Mapping[str, Value], ctx: Context, expires: datetime | None, below: str = ""
) -> dict[str, JsonValue]:
    """What the mail will say. Texts are filled in now; whether it may go is looked at when it goes."""
    sender = ctx.find(mail.sender or ctx.plan.owner or "")
    shared: dict[str, JsonValue] = {
        "template": mail.template,
        "name": str(contact.get("name", "")),
        "sender": {"id": sender.id, "name": sender.name, "email": sender.email} if sender else None,
    }
    shared |= {"below": below} if below else {}
    shared |= _copied(mail, ctx)
    if mail.template is None:
        texts: dict[str, JsonValue] = {
            "subject": ctx.text_for(mail.subject or "", contact, sender),
            "body": ctx.text_for(mail.text or "", contact, sender, into="markdown"),
        }
        return shared | texts | about(mail.topic, mail.send, expires)
    made = ctx.mail(mail.template, contact, sender)
    texts = {"subject": made.subject, "body": made.body, "preheader": made.preheader}
    texts |= {"language": made.language} if made.language else {}
    return shared | texts | about(mail.topic or made.topic, mail.send, expires)


def _copied(mail: Mail, ctx: Context) -> dict[str, JsonValue]:
    """Colleagues who have no address get no copy."""
    found = [person for role in mail.cc or () if (person := ctx.find(role))]
    addresses = list(dict.fromkeys(person.email for person in found if person.email))
    return {"cc": [*addresses]} if addresses else {}
