"""Customer mail by any SMTP server: a provider's, or one's own.

The server cannot be asked later what became of a mail, so one whose answer was lost is a person's to decide. Its
Message-ID begins with the effect's opaque id, by which an answer is told. What cannot be delivered comes back to an
address of its own for each mail, where there is a domain whose mail is handed to us; `bounces` takes it in.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime

from activities.mail.addresses import ascii_domain, reached
from activities.mail.dsn import RETURNS_TO
from activities.mail.heads import named, registry, subject
from activities.mail.page import page_of
from activities.mail.refusals import STATUS, Meaning, meaning
from activities.mail.smtp_check import examined, unwelcome
from activities.mail.smtp_client import NO_RIGHTS, Answered, Letter, Server, Unreadable, cause, post
from activities.transport import Answer, Busy, Finding, Message, Refused, Sender, Sent, Uncertain
from activities.verdict import DEFAULT_PAUSE, masked
from activities.wire import Deadline, Exchange

_HEADERS = registry("List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID", RETURNS_TO)
_RULES = SMTPUTF8.clone(cte_type="7bit", header_factory=_HEADERS)
# What concerns every mail, not this one: the greeting, the encryption, user and password.
_OURS = frozenset({"greeting", "encryption", "login"})


class Smtp:
    """`sender` stands in where a message has none. `look_up` bounds `check` as a whole, which names the senders `tried`
    too.
    """

    name = "smtp"

    def __init__(
        self,
        server: Server,
        *,
        sender: Sender | None = None,
        tried: Sequence[str] = (),
        look_up: timedelta = timedelta(seconds=15),
    ) -> None:
        self._server = server
        self._sender = sender
        self._tried = tried
        self._look_up = look_up

    def send(self, message: Message, deadline: timedelta) -> Answer:
        sender = message.sender or self._sender
        if sender is None:
            return Refused("The mail has no sender: neither its playbook nor the settings name one.", "sender_missing")
        try:
            letter = letter_of(message, sender)
        except (ValueError, MessageError, UnicodeError):
            return Refused("An address of the mail cannot be written in a mail's head.", "address")
        exchange = Exchange(Deadline(deadline))
        try:
            said = post(exchange, self._server, letter)
        except Answered as answer:
            return _verdict(answer, self._of_sender(answer, message, letter))
        except Unreadable:
            return Uncertain("The letter was sent, and what the server said to it cannot be read.")
        except Exception as error:  # noqa: BLE001 - whatever it was, how far the letter got decides
            return exchange.without_answer(cause(error))
        return Sent(f"smtp:{message.id}" + (f" {_queue_id(said)}" if _queue_id(said) else ""))

    def find(self, message: Message, since: datetime) -> Sent | None:
        """There is nobody to ask."""
        del message, since
        return None

    def check(self) -> Sequence[Finding]:
        return examined(self._server, self._sender, self._look_up, self._tried)

    def _of_sender(self, answer: Answered, message: Message, letter: Letter) -> str:
        """Who it is that the server does not take, and what to do; empty where it says something else."""
        if not answer.of_sender or answer.own or answer.code < 500:
            return ""
        written = message.sender.address if message.sender else letter.sender
        refused = written if answer.stage == "letter" else letter.sender
        wrong = unwelcome(refused, self._sender)
        return f". The server {wrong.what}. {wrong.fix}"


def letter_of(message: Message, sender: Sender) -> Letter:
    """Raises ValueError, MessageError or UnicodeError for addresses that are none."""
    page = page_of(message)
    mail = EmailMessage(policy=_RULES)
    mail["From"] = _address(sender.address, sender.name)
    mail["To"] = _address(message.to, message.to_name)
    if message.cc:
        mail["Cc"] = [_address(one, "") for one in message.cc]
    if message.reply_to:
        mail["Reply-To"] = _address(message.reply_to, "")
    mail["Subject"] = subject(message.subject)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{message.id}@{ascii_domain(sender.address)}>"
    for name, value in message.headers:
        mail[name] = " ".join(value.split())
    if message.returns_to:
        mail[RETURNS_TO] = message.returns_to
    mail.set_content(page.text, cte="quoted-printable")
    mail.add_alternative(page.html, subtype="html", cte="quoted-printable")
    to = (message.to, *message.cc)
    return Letter(reached(message.returns_to or sender.address), tuple(reached(one) for one in to), mail)


def _address(address: str, name: str) -> Address:
    user, _, _ = address.rpartition("@")
    return Address(named(name), user, ascii_domain(address))


def _verdict(answer: Answered, of_sender: str) -> Refused | Busy:
    """Before the letter was taken everything that is said is certain: it was not."""
    said = f"SMTP {answer.code} ({answer.stage}): {masked(answer.said)}"
    if answer.code < 500 or answer.code >= 600:  # not now, or nothing that a mail server says
        return Busy(said, DEFAULT_PAUSE, alone=_is_of_this_mail(answer))
    ours = answer.stage in _OURS or answer.code in NO_RIGHTS
    said = f"{said.removesuffix('.')}{of_sender}" if of_sender else said
    refused = Refused(said, f"smtp_{answer.code}", credentials=ours)
    if ours:
        return refused
    match _meant(answer):
        case "nobody":
            return replace(refused, gone=True)
        case "mailbox":
            return replace(refused, at_them=True)
        case "limit":
            return replace(refused, credentials=True)
        case "letter":
            return refused
    return replace(refused, perhaps_all=not of_sender)  # what others write goes


def _meant(answer: Answered) -> Meaning:
    """Before it was told whom the mail is for, a server says nothing of them; to the letter it may be of a copy."""
    means = meaning(answer.said)
    if means not in {"nobody", "mailbox"}:
        return means
    if answer.of_sender or answer.stage == "sender":
        return "ours"
    return means if answer.stage == "recipient" or STATUS.match(answer.said) else "unclear"


def _is_of_this_mail(answer: Answered) -> bool:
    """Its mailbox is full, its address or its text not liked for now (RFC 3463). What else is said, such as to slow
    down, may be said to every mail: whether others go tells.
    """
    if answer.stage not in {"recipient", "letter"} or answer.code == 421 or answer.code not in range(400, 500):
        return False
    if coded := re.match(r"4\.(\d)\.\d", answer.said):
        return coded[1] in "126"
    return answer.stage == "recipient" and answer.code != 451


def _queue_id(said: str) -> str:
    """What many servers call a mail that they took: a part of `2.0.0 Ok: queued as 4F1C2`."""
    last = said.split()[-1:] if "queued as" in said.lower() else []
    return "".join(last)[:64]
