"""What `playbook doctor` says of a mail server: whether it would take our mails, how they go there, what to mend."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from smtplib import SMTPServerDisconnected
from typing import Final

from activities.mail.links import RETURN
from activities.mail.smtp_client import TAKEN, Answered, Client, Server, cause
from activities.transport import Finding, Sender
from activities.verdict import masked
from activities.wire import Deadline, Exchange

NAME: Final = "SMTP"
SETTING: Final = "PLAYBOOK_SMTP_URL"
NO_LOGIN: Final = frozenset({502, 503, 504})
PORTS: Final = "587 or 25 with smtp://, 465 with smtps://"


@dataclass(frozen=True, slots=True)
class Wrong:
    what: str
    fix: str


def examined(server: Server, sender: Sender | None, within: timedelta, tried: Sequence[str] = ()) -> Sequence[Finding]:
    """Goes as far as naming the sender, and then those `tried`, and takes that back: nothing is sent."""
    exchange, where = Exchange(Deadline(within)), f"{server.host}:{server.port}"
    client = Client(exchange, server)
    try:
        client.begin()
        if sender is not None:
            _as_sender(client, sender.address, sender.address)
        refused = [] if sender is None else list(_refusals(client, where, sender, tried))
        client.leave()
    except Answered as answer:
        wrong = _refused(answer, server, sender)
        said = "" if answer.own else f" ({answer.code} {masked(answer.said)})"
        return [Finding(NAME, ok=False, message=f"{where} {wrong.what}{said}.", fix=wrong.fix)]
    except Exception as error:  # noqa: BLE001 - of a network, whatever it says; a fault of ours is raised again
        wrong = _unreached(error, server, greeted=client.greeted) or _broken(exchange, error)
        return [Finding(NAME, ok=False, message=f"{where} {wrong.what}", fix=wrong.fix, away=True)]
    finally:
        client.close()
    return [_open(where, server, encrypted=client.encrypted), *refused]


def _as_sender(client: Client, address: str, to: str) -> None:
    """Many servers say of a sender what they think only when they know whom a mail is to. Raises Answered."""
    if not address.isascii():
        return
    client.expect("sender", TAKEN, client.mail(address))
    answer = client.rcpt(to)
    client.rset()
    with suppress(Answered):
        client.expect("recipient", TAKEN, answer)
        return
    if Answered("recipient", *answer).of_sender:
        raise Answered("sender", *answer)


def _refusals(client: Client, where: str, own: Sender, tried: Sequence[str]) -> Iterator[Finding]:
    for address in tried:
        try:
            _as_sender(client, address, own.address)
        except Answered as answer:
            wrong = unwelcome(address, own)
            message = f"{where} {wrong.what} ({answer.code} {masked(answer.said)})."
            yield Finding(f"{NAME} sender", ok=False, message=message, fix=wrong.fix)


def unwelcome(refused: str, own: Sender | None) -> Wrong:
    """An address that a server takes no mail from: the sender of all mail, one for what comes back, or a colleague."""
    if refused.startswith(RETURN):
        domain = refused.rpartition("@")[2]
        fix = "Let the server send for that domain, or leave PLAYBOOK_INBOUND_DOMAIN out."
        return Wrong(f"takes no mail from addresses at {domain}, where what it cannot deliver is to come back to", fix)
    if own is None or refused == own.address:
        fix = "Let the server send for that address and its domain, or mend PLAYBOOK_MAIL_FROM."
        return Wrong(f"takes no mail from {refused}", fix)
    fix = (
        "Let the server send for the addresses of colleagues, or set PLAYBOOK_MAIL_DOMAINS=none: everybody then writes "
        f"as {own.address} with their own name, and answers go to them."
    )
    return Wrong(f"takes no mail from {refused}", fix)


def _open(where: str, server: Server, *, encrypted: bool) -> Finding:
    who = f"as {server.user}" if server.user else "without a password"
    if encrypted:
        return Finding(NAME, ok=True, message=f"{where} lets us in {who}, encrypted.")
    message = f"{where} lets us in {who}, and offers no encryption: mails go there in the clear."
    fix = f"Turn TLS on at the server, or take a port with it ({PORTS})."
    return Finding(NAME, ok=True, message=message, fix="" if _is_here(server.host) else fix)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(answer: Answered, server: Server, sender: Sender | None) -> Wrong:
    """After "host:port"."""
    if 400 <= answer.code < 500:
        return Wrong("does not let us in for now", "Try again later; if it stays so, ask who runs the server.")
    match answer.stage:
        case "encryption" if answer.own:
            return Wrong(
                f"offers no encryption, and {SETTING} has a password, which is not sent in the clear",
                f"Turn TLS on at the server, or take a port with it ({PORTS}). Where it takes mail from this machine "
                f"without a login, leave user and password out.",
            )
        case "login":
            return _login(answer, server)
        case "sender" if answer.code == 530:
            return Wrong(
                "wants a login, or encryption, before it takes any mail",
                f"Put user and password into {SETTING} (smtp://user:password@…) and take a port with encryption "
                f"({PORTS}).",
            )
        case "sender" if sender is not None:
            return unwelcome(sender.address, sender)
    return Wrong("does not let us in", f"Mend host and port in {SETTING} ({PORTS}); a mail server may bar this host.")


def _login(answer: Answered, server: Server) -> Wrong:
    if answer.own or answer.code in NO_LOGIN:
        fix = f"Leave user and password out of {SETTING}, or take the port for logging in (587, or 465 with smtps://)."
        return Wrong("takes no user and password", fix)
    fix = (
        f"Mend them in {SETTING}, what is odd in either written as %40 and so on. Some providers want a user of their "
        "own (`apikey`) or a password made for programs."
    )
    return Wrong(f"does not accept the user {server.user} with this password", fix)


def _unreached(error: Exception, server: Server, *, greeted: bool) -> Wrong | None:
    """After "host:port"."""
    ports = f"mend host and port in {SETTING} ({PORTS})."
    match error:
        case socket.gaierror():
            fix = f"Mend the host in {SETTING}, or look after the name server of this machine."
            return Wrong("is nowhere: its name could not be resolved.", fix)
        case ConnectionRefusedError():
            return Wrong("refused the connection: nothing listens there.", f"Start the mail server, or {ports}")
        case ssl.SSLCertVerificationError():
            return Wrong(
                f"shows a certificate that is not trusted here ({error.verify_message}).",
                f"Name the server in {SETTING} as its certificate does, or let this machine trust who signed it "
                "(SSL_CERT_FILE).",
            )
        case ssl.SSLError() if server.tls:
            return Wrong(
                "does not speak TLS from the first byte, as smtps:// wants.",
                f"Write smtp:// in {SETTING} (it encrypts by STARTTLS), or take the port for smtps://, mostly 465.",
            )
        case SMTPServerDisconnected() if not (server.tls or greeted):
            return Wrong(
                "takes the connection and greets nobody, as mail servers do.",
                f"If it wants TLS from the first byte (mostly port 465), write smtps:// in {SETTING}; else {ports}",
            )
        case TimeoutError():
            return Wrong("does not answer.", f"Look for a firewall between here and there, or {ports}")
    return None


def _broken(exchange: Exchange, error: Exception) -> Wrong:
    told = exchange.without_answer(cause(error))
    return Wrong(f"cannot be used now. {told.reason}", f"Check the network, and host and port in {SETTING}.")
