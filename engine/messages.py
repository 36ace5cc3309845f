"""Whom a message goes to and what it says, as an author writes it: checked while its step is compiled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from engine import links
from engine.logic import Condition, compile_condition
from engine.names_here import Wider
from engine.problems import suggest_or_list
from engine.recipients import Recipients
from engine.subjects import CONTACTS

if TYPE_CHECKING:
    from engine.place import Place

_CONTACT = re.compile(r"\bcontact\.")


def check_text(
    place: Place, text: str | None, template: str | None, subject: str | None = None, *, mail: bool = False
) -> None:
    """A message says its text in one way: in place, or by a template."""
    if text is not None and template is not None:
        message, fix = "'text' and 'template' both say what the message says", "Take one of them away."
        place.fault("template", message=message, fix=fix, code="one-text")
    if text is None and template is None:
        fix = "Write 'template: NAME'" + (", or 'subject' and 'text'." if mail else ", or 'text'.")
        message, lacking = "a message needs either 'text' or 'template'", ("text", "template")
        place.fault(message=message, fix=fix, code="one-text", lacking=lacking)
    unsaid = subject is None and not place.compiler.is_made_up((*place.at, "subject"))
    if mail and text is not None and template is None and unsaid:
        place.fault("text", message="a mail with 'text' needs a 'subject'", fix="Add 'subject: …'.", code="no-subject")
    if subject is not None and text is None and template is not None:
        message = "a template has its own subject"
        place.fault("subject", message=message, fix="Take it away, or write 'text' in its place.", code="one-text")
    for key, source in (("text", text), ("subject", subject)):
        if source is not None:
            place.text(source, key, contact=mail)
    if mail and text is not None and not place.compiler.rehearsing:
        place.faults(links.faults(text), "text", code="mail-link", severity="warning")
    if template is not None:
        place.compiler.use_template(template, place, "template", contact=mail)


def check_topic(place: Place, topic: str | None) -> None:
    known = place.policy.topics
    if topic is not None and topic not in known:
        message = f"'{topic}' is not a topic of policy.yaml"
        place.fault("topic", message=message, fix=suggest_or_list(topic, known), code="unknown-topic")


def check_colleague(place: Place, to: str, *keys: str | int) -> None:
    """A role, a person's id, a `#channel`, or a text field of the account."""
    compiler = place.compiler
    if to.startswith("#") and len(to) > 1:
        return
    if to.startswith("account."):
        _check_channel(place, to, *keys)
    elif to in compiler.roles:
        place.role(to, *keys)
    elif to not in compiler.people:
        message, fix = f"'{to}' is neither a role, a person nor a #channel", ""
        fix = suggest_or_list(to, (*compiler.roles, *compiler.people))
        place.fault(*keys, message=message, fix=fix or "Write one of them.", code="unknown-role")


def _check_channel(place: Place, to: str, *keys: str | int) -> None:
    type_ = place.names.type_of(to)
    if type_ is None or type_.kind != "text":
        texts = [path for path in place.names.paths() if (one := place.names.type_of(path)) and one.kind == "text"]
        fix = suggest_or_list(to, [path for path in texts if path.startswith("account.")])
        place.fault(*keys, message=f"{to} is not a text field of the account", fix=fix, code="unknown-field")


def recipients(place: Place, source: Any, *keys: str | int) -> Recipients | None:
    """A contact's role, everyone who matches, or the first who does."""
    match source:
        case "event.contact":
            found = _of_contact(place, "contact.id == event.contact", *keys)
            return Recipients(first=found) if found else None
        case "item" if place.compiler.each == CONTACTS:
            found = _of_contact(place, "contact.id == item.id", *keys)
            return Recipients(first=found) if found else None
        case str():
            return _of_role(place, source, *keys)
        case {"each": condition} if len(source) == 1:
            found = _of_contact(place, condition, *keys, "each")
            return Recipients(each=found) if found else None
        case {"first": condition} if len(source) == 1:
            found = _of_contact(place, condition, *keys, "first")
            return Recipients(first=found) if found else None
    message = "this does not say who gets the mail"
    fix = "Write a contact's role, or '{each: CONDITION}', or '{first: CONDITION}'."
    place.fault(*keys, message=message, fix=fix, code="unknown-recipient")
    return None


def _of_role(place: Place, role: str, *keys: str | int) -> Recipients | None:
    declared = place.vocabulary.contact_fields.get("role")
    known = declared.type.choices if declared else ()
    if role in known:
        return Recipients(role=role)
    fix = suggest_or_list(role, known)
    if role in place.compiler.roles:
        fix = f"'{role}' is a role of colleagues: mails go to contacts, write '- slack: …' or '- task: …'."
    if role == "item" and place.compiler.each is not None:
        fix = "'to: item' is for 'each: contacts', as nothing else has an address. Write a contact's role."
    place.fault(*keys, message=f"'{role}' is not a role of a contact", fix=fix, code="unknown-recipient")
    return None


def _of_contact(place: Place, source: Any, *keys: str | int) -> Condition | None:
    if source in ("true", True):
        fix = "Write 'known(contact.email)' for all who can be written to."
        place.fault(*keys, message="'true' says nothing of a contact", fix=fix, code="says-nothing")
        return None
    fields = place.vocabulary.contact_fields
    names = Wider(place.names, {f"contact.{name}": one.type for name, one in fields.items()})
    return place.condition(source, *keys, names=names)


def somebody(place: Place, to: Recipients) -> Condition | None:
    """That there is a contact who can be written to."""
    test = to.each or to.first
    meant = f'candidate.role == "{to.role}"' if to.role else _CONTACT.sub("candidate.", test.text if test else "true")
    found = compile_condition(f"any(known(candidate.email) and ({meant}) for candidate in contacts)", place.names)
    if isinstance(found, Condition):
        return found
    message = "this condition is too involved to be waited for"
    fix = "Give each contact's part by itself, or write 'missing: task'."
    place.fault("missing", message=message, fix=fix, code="missing-wait")
    return None
