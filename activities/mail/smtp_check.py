"""What `playbook doctor` says of a mail server: whether it would take our mails, how they go there, what to mend."""

import socket
import ssl
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from smtplib import SMTPServerDisconnected
from typing import Final

from activities.mail.smtp_client import TAKEN, Answered, Client, Server, cause
from activities.transport import Finding, Sender
from activities.verdict import masked
from activities.wire import Deadline, Exchange

NAME: Final = "SMTP"
SETTING: Final = "PLAYBOOK_SMTP_URL"
NO_LOGIN: Final = frozenset({502, 503, 504})
PORTS: Final = "587 or 25 with smtp://, 465 with smtps://"


@dataclass(frozen=True, slots=True)
class _Wrong:
    what: str
    fix: str


def examined(server: Server, sender: Sender | None, within: timedelta) -> Finding:
    """Goes as far as naming the sender, and takes that back: nothing is sent."""
    exchange, where = Exchange(Deadline(within)), f"{server.host}:{server.port}"
    client = Client(exchange, server)
    try:
        client.begin()
        _as_sender(client, sender)
        client.leave()
    except Answered as answer:
        wrong = _refused(answer, server, sender)
        said = "" if answer.own else f" ({answer.code} {masked(answer.said)})"
        return Finding(NAME, ok=False, message=f"{where} {wrong.what}{said}.", fix=wrong.fix)
    except Exception as error:  # noqa: BLE001 - of a network, whatever it says; a fault of ours is raised again
        wrong = _unreached(error, server, greeted=client.greeted) or _broken(exchange, error)
        return Finding(NAME, ok=False, message=f"{where} {wrong.what}", fix=wrong.fix, away=True)
    finally:
        client.close()
    return _open(where, server, encrypted=client.encrypted)


def _as_sender(client: Client, sender: Sender | None) -> None:
    if sender is not None and sender.address.isascii():
        client.expect("sender", TAKEN, client.mail(sender.address))
        client.rset()


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


def _refused(answer: Answered, server: Server, sender: Sender | None) -> _Wrong:
    """After "host:port"."""
    if 400 <= answer.code < 500:
        return _Wrong("does not let us in for now", "Try again later; if it stays so, ask who runs the server.")
    match answer.stage:
        case "encryption" if answer.own:
            return _Wrong(
                f"offers no encryption, and {SETTING} has a password, which is not sent in the clear",
                f"Turn TLS on at the server, or take a port with it ({PORTS}). Where it takes mail from this machine "
                f"without a login, leave user and password out.",
            )
        case "login":
            return _login(answer, server)
        case "sender" if answer.code == 530:
            return _Wrong(
                "wants a login, or encryption, before it takes any mail",
                f"Put user and password into {SETTING} (smtp://user:password@…) and take a port with encryption "
                f"({PORTS}).",
            )
        case "sender":
            return _Wrong(
                f"takes no mail from {sender.address if sender else 'us'}",
                "Let the server send for that address and its domain, or mend PLAYBOOK_MAIL_FROM.",
            )
    return _Wrong("does not let us in", f"Mend host and port in {SETTING} ({PORTS}); a mail server may bar this host.")


def _login(answer: Answered, server: Server) -> _Wrong:
    if answer.own or answer.code in NO_LOGIN:
        fix = f"Leave user and password out of {SETTING}, or take the port for logging in (587, or 465 with smtps://)."
        return _Wrong("takes no user and password", fix)
    fix = (
        f"Mend them in {SETTING}, what is odd in either written as %40 and so on. Some providers want a user of their "
        "own (`apikey`) or a password made for programs."
    )
    return _Wrong(f"does not accept the user {server.user} with this password", fix)


def _unreached(error: Exception, server: Server, *, greeted: bool) -> _Wrong | None:
    """After "host:port"."""
    ports = f"mend host and port in {SETTING} ({PORTS})."
    match error:
        case socket.gaierror() | UnicodeEncodeError():
            fix = f"Mend the host in {SETTING}, or look after the name server of this machine."
            return _Wrong("is nowhere: its name could not be resolved.", fix)
        case ConnectionRefusedError():
            return _Wrong("refused the connection: nothing listens there.", f"Start the mail server, or {ports}")
        case ssl.SSLCertVerificationError():
            return _Wrong(
                f"shows a certificate that is not trusted here ({error.verify_message}).",
                f"Name the server in {SETTING} as its certificate does, or let this machine trust who signed it "
                "(SSL_CERT_FILE).",
            )
        case ssl.SSLError() if server.tls:
            return _Wrong(
                "does not speak TLS from the first byte, as smtps:// wants.",
                f"Write smtp:// in {SETTING} (it encrypts by STARTTLS), or take the port for smtps://, mostly 465.",
            )
        case SMTPServerDisconnected() if not (server.tls or greeted):
            return _Wrong(
                "takes the connection and greets nobody, as mail servers do.",
                f"If it wants TLS from the first byte (mostly port 465), write smtps:// in {SETTING}; else {ports}",
            )
        case TimeoutError():
            return _Wrong("does not answer.", f"Look for a firewall between here and there, or {ports}")
    return None


def _broken(exchange: Exchange, error: Exception) -> _Wrong:
    told = exchange.without_answer(cause(error))
    return _Wrong(f"cannot be used now. {told.reason}", f"Check the network, and host and port in {SETTING}.")
