"""What a mail server reports of a mail that it could not deliver, or not yet (RFC 3464, RFC 3463).

Mail servers write as they please: what is missing or odd is read as less, never as an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage, Message
from email.utils import parseaddr
from typing import Final, Literal

from activities.mail.reading import BOUNDED, kind
from activities.mail.refusals import STATUS, meaning
from activities.mail.storable import storable

RETURNS_TO: Final = "X-Playbook-Returns-To"
"""Our own header, by which a mail is known though its envelope and its Message-ID were written anew on the way."""

Fate = Literal["hard", "soft", "refused", "delayed", "delivered"]

_MOST: Final = 50  # recipients of one report
_LONGEST: Final = 1_000  # characters of a field
_MESSAGE_ID: Final = re.compile(r"<([^<>@\s]{1,200})@[^<>\s]{1,200}>")


@dataclass(frozen=True, slots=True)
class Report:
    """Of one recipient: its addresses in lower case, where the mail went and where that led. `status` as RFC 3463.
    `refused`: it did not arrive, which says nothing of the address.
    """

    recipients: frozenset[str]
    fate: Fate
    status: str
    said: str


@dataclass(frozen=True, slots=True)
class Reports:
    """`returned_to` and `named` (the left parts of message ids) are those of the mail that came back with it."""

    each: tuple[Report, ...] = ()
    returned_to: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


def reports_of(mail: EmailMessage) -> Reports | None:
    """None where it is no such report."""
    if kind(mail) != "multipart/report" or _kind(mail) not in {"", "delivery-status"}:
        return None
    parts = [part for part in mail.get_payload() if isinstance(part, Message)] if mail.is_multipart() else []
    each = [one for part in parts if kind(part) == "message/delivery-status" for one in _each(part)]
    heads = [head for part in parts if (head := _returned(part)) is not None]
    return Reports(
        tuple(each[:_MOST]),
        tuple(filter(None, (_field(head, RETURNS_TO) for head in heads))),
        tuple(name for head in heads for name in _MESSAGE_ID.findall(_field(head, "Message-ID"))),
    )


def _kind(mail: EmailMessage) -> str:
    try:
        return str(mail.get_param("report-type", "")).lower()
    except Exception:  # noqa: BLE001 - the standard library breaks on some headers that strangers make up
        return ""


def _each(part: Message) -> Iterator[Report]:
    """The block about the mail as a whole says nothing of anybody."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Message) and (fate := _fate(block)) is not None:
            recipients = (_address(_field(block, name)) for name in ("Original-Recipient", "Final-Recipient"))
            said = _field(block, "Diagnostic-Code").partition(";")[2].strip()
            yield Report(frozenset(filter(None, recipients)), fate, _status(block), " ".join(said.split()))


def _fate(block: Message) -> Fate | None:
    match _field(block, "Action").partition(" ")[0].lower():
        case "failed":
            means = meaning(f"{_status(block)} {_field(block, 'Diagnostic-Code').partition(';')[2]}")
            return "hard" if means == "nobody" else "soft" if means == "mailbox" else "refused"
        case "delayed" | "delivered" as said:
            return said
    return None


def _status(block: Message) -> str:
    """What the last server said stands in the diagnosis where the reporting one only says that it failed."""
    found = [STATUS.search(_field(block, name)) for name in ("Status", "Diagnostic-Code")]
    known = [one.group() for one in found if one]
    precise = [one for one in known if not one.endswith(".0.0")]
    return next(iter(precise + known), "")


def _address(field: str) -> str:
    """Of `rfc822; kim@acme.example`."""
    return parseaddr(field.partition(";")[2].strip())[1].lower()


def _returned(part: Message) -> Message | None:
    """The head of the mail that came back, or what is left of it."""
    shape, payload = kind(part), part.get_payload()
    if shape == "message/rfc822" and isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return payload[0]
    if shape in {"text/rfc822-headers", "message/rfc822-headers"} and isinstance(payload, str):
        return message_from_string(payload, policy=BOUNDED)
    return None


def _field(block: Message, name: str) -> str:
    try:
        return storable(str(block.get(name, "")))[:_LONGEST].strip()
    except Exception:  # noqa: BLE001 - as above
        return ""
