"""A real SMTP server (aiosmtpd) that keeps what it takes, and answers as it was told to."""

import asyncio
import ssl
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER, PASSWORD = "playbook", "ein Geheimwörtchen"


@dataclass(frozen=True, slots=True)
class Got:
    sender: str
    recipients: list[str]
    letter: EmailMessage

    def part(self, kind: str) -> str:
        found = self.letter.get_body((kind,))
        assert found is not None
        return str(found.get_content()).replace("\r\n", "\n")


class StandInSmtp:
    """`answers` are given once each, by the command that they answer (MAIL, RCPT, DATA), or `drop` to hang up there;
    what it `says` to one is given whenever none is left.
    `hangs` says at which command it falls silent. With a `certificate` it offers STARTTLS; `login` asks for a user;
    without `utf8` it knows only addresses of ASCII. `from_the_start`: TLS without STARTTLS. `sends_for` is the one
    address that it takes mail from, which it `says_late`, with the recipient, as Postfix does.
    """

    def __init__(
        self,
        certificate: Path | None = None,
        *,
        login: bool = False,
        utf8: bool = True,
        from_the_start: bool = False,
    ) -> None:
        self.mails: list[Got] = []
        self.answers: dict[str, str] = {}
        self.says: dict[str, str] = {}
        self.sends_for = ""
        self.says_late = False
        self.hangs = ""
        self.encrypted = False
        self.greeted_by: str | None = None
        self.ways = {"PLAIN", "LOGIN"}
        self._login = login
        self._utf8 = utf8
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)
        self._at_once = self._tls if from_the_start else None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="stand-in smtp", daemon=True)

    # --- aiosmtpd's hooks

    async def handle_MAIL(  # noqa: N802 - its names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.encrypted = session.ssl is not None
        self.greeted_by = session.host_name
        envelope.mail_options.extend(options)
        if self._is_strange(address) and not self.says_late:
            return "553 5.7.1 Sender address not verified"
        return await self._said("MAIL", server)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._is_strange(envelope.mail_from or ""):
            return "553 5.7.1 Sender address rejected: not owned by user"
        said = await self._said("RCPT", server)
        if said.startswith("2"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = await self._said("DATA", server)
        if said.startswith("2"):
            letter = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
            self.mails.append(Got(str(envelope.mail_from), [*envelope.rcpt_tos], letter))
        if self.answers.pop("AFTER", "") == "drop":
            server.transport.abort()
        return said

    def _is_strange(self, address: str) -> bool:
        return bool(self.sends_for) and address != self.sends_for

    async def _said(self, command: str, server: SMTP) -> str:
        if self.hangs == command:
            await asyncio.sleep(60)
        usual = self.says.get(command, "250 2.0.0 Ok: queued as 4F1C2" if command == "DATA" else "250 Ok")
        said = self.answers.pop(command, usual)
        if said == "drop":
            server.transport.abort()
        return said

    # --- its life

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(5)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _serve(self) -> asyncio.Server:
        return await self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=self._at_once)

    def _protocol(self) -> SMTP:
        barred = {"PLAIN", "LOGIN"} - self.ways
        asks: dict[str, Any] = {"auth_exclude_mechanism": barred} if self._login else {}
        asks |= {"authenticator": _known, "auth_required": True} if self._login else {}
        offers = None if self._at_once else self._tls
        return SMTP(self, loop=self._loop, hostname="mx.test", enable_SMTPUTF8=self._utf8, tls_context=offers, **asks)

    async def _end(self) -> None:
        self._server.close()
        mine = [one for one in asyncio.all_tasks(self._loop) if one is not asyncio.current_task()]
        for one in mine:
            one.cancel()
        await asyncio.gather(*mine, return_exceptions=True)


def _known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    mine = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=mine, handled=False)
