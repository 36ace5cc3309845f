"""The standard library's SMTP client under one total deadline, and with the knowledge of how far a mail got.

Nothing is delivered before the letter's last line has gone out; whatever breaks before that broke nothing. Behind it
only what the server says decides, by its first digit (RFC 5321).
"""

import re
import smtplib
import socket
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Any, Final, Literal

from activities.wire import Exchange, TimedSocket, dial

TAKEN: Final = 250
READY: Final = 220
GO_ON: Final = 354
NO_RIGHTS: Final = frozenset({530, 534, 535, 538})
UNKNOWN_LETTERS: Final = "5.6.7 it knows no addresses with such letters"

Stage = Literal["greeting", "encryption", "login", "sender", "recipient", "letter"]


@dataclass(frozen=True, slots=True)
class Server:
    """`tls`: from the first byte. Without it, the connection is encrypted as soon as the server offers that."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """`recipients` begins with the one it is for; whoever gets a copy follows."""

    sender: str
    recipients: tuple[str, ...]
    content: EmailMessage


# In a word on a recipient or a letter: many servers say then only that they do not send for who writes.
_OF_SENDER: Final = re.compile(r"sender (address|verify)|owned by|send as|5\.7\.60", re.IGNORECASE)


class Unreadable(Exception):
    """What the server said to the letter tells not whether it took it."""


class Answered(Exception):
    """The server said no, or not yet; `own`: we did in its place, by what it offers."""

    def __init__(self, stage: Stage, code: int, said: bytes | str, *, own: bool = False) -> None:
        super().__init__()
        self.own = own
        self.stage: Stage = stage
        self.code = code
        self.said = said.decode(errors="replace") if isinstance(said, bytes) else said

    @property
    def of_sender(self) -> bool:
        """Whether it is who writes that the server does not take."""
        late = self.stage in {"recipient", "letter"} and _OF_SENDER.search(self.said) is not None
        return late or (self.stage == "sender" and self.code not in NO_RIGHTS)


def post(exchange: Exchange, server: Server, letter: Letter) -> str:
    """Hands the letter over; what the server said to it. Raises Answered, Unreadable, and whatever the network does."""
    client = opened(exchange, server)
    try:
        modern = client.has_extn("smtputf8")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if modern and not _is_plain(letter) else []
        letter = letter if modern else _in_ascii(letter)
        client.expect("sender", TAKEN, client.mail(letter.sender, options))
        for number, recipient in enumerate(letter.recipients):
            answer = client.rcpt(recipient)
            if number == 0:  # who only gets a copy holds nothing up
                client.expect("recipient", TAKEN, answer)
        said = client.deliver(letter.content.as_bytes(policy=(SMTPUTF8 if options else SMTP).clone(cte_type="7bit")))
        client.leave()
        return said
    finally:
        client.close()


def opened(exchange: Exchange, server: Server) -> "Client":
    """A connection that may send. Raises as `post`."""
    client = Client(exchange, server)
    try:
        client.begin()
    except BaseException:
        client.close()
        raise
    return client


class Client(smtplib.SMTP):
    _timed: TimedSocket

    def __init__(self, exchange: Exchange, server: Server) -> None:
        super().__init__(local_hostname=_own_name())
        self._exchange, self._server = exchange, server
        self._host = server.host
        self.encrypted, self.greeted = server.tls, False

    def begin(self) -> None:
        self.expect("greeting", READY, self.connect(self._server.host, self._server.port))
        self.greeted = True
        self._greet()
        self._encrypt()
        if self._server.user:
            self._log_in()

    def deliver(self, letter: bytes) -> str:
        self.expect("letter", GO_ON, self.docmd("DATA"))
        self._exchange.reached = True
        ended = letter if letter.endswith(b"\r\n") else letter + b"\r\n"
        self.send(re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n")
        answer = self.getreply()
        if answer[0] // 100 not in {2, 4, 5}:
            raise Unreadable
        self.expect("letter", TAKEN, answer)
        return answer[1].decode(errors="replace")

    def leave(self) -> None:
        """The letter is theirs; how the parting goes does not matter."""
        try:
            self.putcmd("QUIT")
        except OSError:
            return

    def expect(self, stage: Stage, code: int, answer: tuple[int, bytes]) -> None:
        given, said = answer
        if given // 100 != code // 100:
            raise Answered(stage, given, said)

    def _greet(self) -> None:
        code, said = self.ehlo()
        if code != TAKEN:
            self.expect("greeting", TAKEN, self.helo() if code >= 500 else (code, said))

    def _encrypt(self) -> None:
        if self._server.tls:
            return
        if self.has_extn("starttls"):
            self.expect("encryption", READY, self.docmd("STARTTLS"))
            self._timed = self._timed.under_tls(self._server.host)
            self.encrypted = True
            self.sock = self._timed  # type: ignore[assignment]
            self.file = None
            self.helo_resp = self.ehlo_resp = None
            self.esmtp_features = {}
            self.does_esmtp = False
            self._greet()
        elif self._server.user:
            said = "it offers no encryption, and a password is not sent without"
            raise Answered("encryption", 530, said, own=True)

    def _log_in(self) -> None:
        try:
            self.login(self._server.user, _InUtf8(self._server.password))
        except smtplib.SMTPNotSupportedError:
            raise Answered("login", 530, "it takes no user and password", own=True) from None
        except smtplib.SMTPResponseException as refused:
            raise Answered("login", refused.smtp_code, refused.smtp_error) from None

    def auth(self, mechanism: str, authobject: Any, *, initial_response_ok: bool = True) -> tuple[int, bytes]:
        def said(*challenge: bytes) -> str | None:
            answer = authobject(*challenge)
            return None if answer is None else _InUtf8(answer)

        return super().auth(mechanism, said, initial_response_ok=initial_response_ok)  # type: ignore[arg-type]

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        del timeout  # one per operation knows no total
        timed = TimedSocket(dial(host, port, self._exchange.deadline), self._exchange.deadline)
        self._timed = timed.under_tls(host) if self._server.tls else timed
        return self._timed


class _InUtf8(str):
    """A user or password in any letters (RFC 4616): the standard library writes them in ASCII, or not at all."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        del encoding
        return super().encode("utf-8", errors)


def cause(error: Exception) -> Exception:
    """The client says of most trouble that it was disconnected; what happened stands behind that."""
    behind = error.__context__
    return behind if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(behind, OSError) else error


def _own_name() -> str:
    """In full, else an address, as many servers ask for (RFC 5321): a name alone is refused by them."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _in_ascii(letter: Letter) -> Letter:
    """For a server that knows no other addresses (RFC 6531). Raises Answered where it is from or for such a one; who
    only gets a copy, or would be answered there, is left out.
    """
    if not (letter.sender.isascii() and _all_ascii(letter.content["From"])):
        raise Answered("sender", 553, UNKNOWN_LETTERS)
    first, *copies = letter.recipients
    if not first.isascii():
        raise Answered("recipient", 553, UNKNOWN_LETTERS)
    for name in ("Cc", "Reply-To"):
        if name in letter.content and not _all_ascii(letter.content[name]):
            known = [one for one in letter.content[name].addresses if one.addr_spec.isascii()]
            del letter.content[name]
            if known:
                letter.content[name] = known
    return Letter(letter.sender, (first, *filter(str.isascii, copies)), letter.content)


def _all_ascii(header: Any) -> bool:
    return all(one.addr_spec.isascii() for one in header.addresses)


def _is_plain(letter: Letter) -> bool:
    """Also where it would be answered."""
    told = (letter.content[name] for name in ("From", "Reply-To") if name in letter.content)
    return all(one.isascii() for one in (letter.sender, *letter.recipients)) and all(map(_all_ascii, told))
