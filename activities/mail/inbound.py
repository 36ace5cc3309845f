"""A mail that came in, as SendGrid's Inbound Parse posts it: whole (`email`) or in parts, read to what is needed of it.

Whatever is odd about it is read as less, never as an error: mails are as strangers make them.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final, Literal

from activities.mail.dsn import Reports, reports_of
from activities.mail.forms import Form
from activities.mail.ownwords import own_words, plain_of
from activities.mail.reading import LONGEST_HEADER, LONGEST_TEXT, address, attached, body, decoded, header, kind, parsed
from activities.mail.storable import storable

LONGEST: Final = 30_000  # characters of what somebody has written themselves
_BY_MACHINES: Final = frozenset({"bulk", "auto_reply", "junk"})
_MESSAGE_ID: Final = re.compile(r"<([^<>@\s]{1,200})@[^<>\s]{1,200}>")

_SIGNED: Final = re.compile(r"@([\w.-]+)\s*:\s*(\w+)")

Fields = Mapping[str, bytes]
Proof = Literal["passed", "failed", "none"]


@dataclass(frozen=True, slots=True)
class Inbound:
    """`to` are the addresses that it was delivered to, `answers` the left parts of the message ids that it answers, the
    nearest first. `id` tells it from other mails. `machine`: nobody wrote it (RFC 3834), such as an out-of-office note.
    `reports`: what a mail server says of mails that it could not deliver; None where it is no such mail. `proof`:
    whether it is from its sender. `attached`: the names of files.
    """

    id: str
    to: tuple[str, ...]
    sender: str
    sender_name: str
    subject: str
    text: str
    answers: tuple[str, ...]
    machine: bool
    reports: Reports | None = None
    proof: Proof = "none"
    attached: tuple[str, ...] = ()


def read(posted: Form) -> Inbound:
    """Where the mail's own text may hold fields of the form, nothing proves who sent it."""
    form = posted.fields
    envelope = _json(form, "envelope")
    raw = form["email"] if "email" in form else form.get("headers", b"").lstrip() + b"\r\n\r\n"
    mail = parsed(raw)
    name, sender = address(header(mail, "From") or _said(form, "from"))
    text = _text(mail, form)
    return Inbound(
        id=_id(mail, sender, text),
        to=_addresses(envelope.get("to")),
        sender=sender,
        sender_name=" ".join(name.split()),
        subject=" ".join((header(mail, "Subject") or _said(form, "subject")).split()),
        text=_up_to(LONGEST, own_words(text)),
        answers=tuple(_MESSAGE_ID.findall(header(mail, "In-Reply-To"))) + _references(mail),
        machine=_is_by_machine(mail, envelope.get("from")),
        reports=reports_of(mail),
        proof=_proof(form, sender, envelope.get("from")) if posted.sound else "failed",
        attached=_attached(mail, form),
    )


def _up_to(most: int, text: str) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters)"


def _json(form: Fields, name: str) -> Mapping[str, object]:
    try:
        given = json.loads(form.get(name, b"{}")[:LONGEST_TEXT])
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _addresses(given: object) -> tuple[str, ...]:
    return tuple(storable(one) for one in given if isinstance(one, str)) if isinstance(given, list) else ()


def _references(mail: EmailMessage) -> tuple[str, ...]:
    """The last is the nearest."""
    return tuple(reversed(_MESSAGE_ID.findall(header(mail, "References"))))


def _is_by_machine(mail: EmailMessage, envelope_from: object) -> bool:
    submitted = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or header(mail, "Precedence").strip().lower() in _BY_MACHINES:
        return True
    if header(mail, "X-Autoreply") or header(mail, "X-Autorespond") or kind(mail) == "multipart/report":
        return True
    return isinstance(envelope_from, str) and envelope_from.strip("<> ") == ""


def _proof(form: Fields, sender: str, envelope_from: object) -> Proof:
    """Whether the sender's own domain has signed it (DKIM), or lets the server that it came from send (SPF)."""
    signed = _SIGNED.findall(_said(form, "dkim").lower()[:LONGEST_HEADER])
    spf = _said(form, "SPF").strip().lower()
    passed = [domain for domain, verdict in signed if verdict == "pass"]
    if spf == "pass" and isinstance(envelope_from, str):
        passed.append(_domain(envelope_from.strip("<> ")))
    if any(_are_one(one, _domain(sender)) for one in passed):
        return "passed"
    return "failed" if spf == "fail" or any(verdict == "fail" for _, verdict in signed) else "none"


def _domain(of: str) -> str:
    return of.rpartition("@")[2].lower()


def _are_one(one: str, other: str) -> bool:
    """The same, or one above the other."""
    return "." in one and "." in other and (f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}"))


def _attached(mail: EmailMessage, form: Fields) -> tuple[str, ...]:
    """Where the mail is not raw, each file is a field, which holds its name; the text names its pictures by an id."""
    page = _said(form, "html")
    shown = {str(field) for id_, field in _json(form, "content-ids").items() if f"cid:{id_}" in page}
    posted = [name for name in form if name.startswith("attachment") and name[len("attachment") :].isdecimal()]
    names = [" ".join(_said(form, name).split()) for name in posted if name not in shown]
    return (*attached(mail), *filter(None, names))


def _id(mail: EmailMessage, sender: str, text: str) -> str:
    named = header(mail, "Message-ID").strip() or f"{sender}\n{header(mail, 'Date')}\n{text}"
    return hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:32]


# --- its text


def _text(mail: EmailMessage, form: Fields) -> str:
    if "email" in form:
        text, is_html = body(mail)
        return plain_of(text) if is_html else text
    plain = _said(form, "text")
    return plain if plain.strip() else plain_of(_said(form, "html"))


def _said(form: Fields, name: str) -> str:
    """In the charset that stands in `charsets`."""
    charset = _json(form, "charsets").get(name)
    return decoded(form.get(name, b""), charset if isinstance(charset, str) else "utf-8")
