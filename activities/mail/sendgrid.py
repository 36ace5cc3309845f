"""Customer mail by SendGrid's own client.

The effect's opaque id travels as a custom argument; by that and the recipient's address a lost answer is found in
SendGrid's Email Logs. SendGrid knows no idempotency key: a send is never repeated here.
"""

import logging
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from activities.mail.addresses import reached
from activities.mail.heads import named, subject
from activities.mail.page import page_of
from activities.mail.sendgrid_client import Reply, call, receipt_of
from activities.transport import Answer, Busy, Finding, Message, Refused, Sender, Sent, Uncertain
from activities.verdict import verdict
from activities.wire import Deadline, Exchange

HOST = "https://api.sendgrid.com"  # accounts kept in the EU: https://api.eu.sendgrid.com
_REGIONS = {HOST: "outside of the EU", "https://api.eu.sendgrid.com": "in the EU"}
KEY_ARGUMENT = "effect"

_CLOCK_SKEW = timedelta(minutes=2)
_CANDIDATES = 50  # mails to one person since the claim; more are not worth a request each

# Of who writes this mail: what others write may go.
_SENDER = re.compile(r"from address|sender identity|send from|from field", re.IGNORECASE)

log = logging.getLogger(__name__)


class SendGrid:
    """`sender` stands in where a message has none; `domains` are those that mails come from. In `sandbox` mode
    SendGrid checks the mail and delivers nothing. `look_up` bounds each of `find` and `check` as a whole."""

    name = "sendgrid"

    def __init__(
        self,
        key: str,
        *,
        host: str = HOST,
        sender: Sender | None = None,
        sandbox: bool = False,
        ip_pool: str | None = None,
        domains: Collection[str] = (),
        look_up: timedelta = timedelta(seconds=15),
    ) -> None:
        if not re.fullmatch(r"[!-~]+", key):  # http.client would name the key in its complaint
            raise ValueError("The SendGrid key is empty or has a character that no key has.")
        self._key = key
        self._host = host.rstrip("/")
        self._sender = sender
        self._sandbox = sandbox
        self._ip_pool = ip_pool
        self._domains = domains
        self._look_up = look_up

    def send(self, message: Message, deadline: timedelta) -> Answer:
        sender = message.sender or self._sender
        if sender is None:
            return Refused("The mail has no sender: neither its playbook nor the settings name one.", "sender_missing")
        try:
            payload = self._payload(message, sender)
        except ValueError:
            return Refused("An address of the mail cannot be written in a mail's head.", "address")
        reply = self._asked(Deadline(deadline), "post", "mail/send", payload)
        if not isinstance(reply, Reply):
            return reply
        if 200 <= reply.status < 300:
            return self._taken(message, reply)
        told = verdict(reply.status, reply.headers, _complaint(reply), one_address=True)
        if reply.status == 403 and isinstance(told, Refused) and _SENDER.search(told.reason):
            return replace(told, credentials=False)
        return told

    def _taken(self, message: Message, reply: Reply) -> Sent | Uncertain:
        """SendGrid says 202, and 200 in sandbox mode; without its mark any other yes may be somebody else's."""
        receipt = reply.headers.get("x-message-id")
        if receipt or self._sandbox or reply.status == 202:
            return Sent(receipt or f"accepted:{message.id}")
        return Uncertain(f"HTTP {reply.status} without a word that SendGrid has taken it: another may have answered.")

    def find(self, message: Message, since: datetime) -> Sent | None:
        deadline = Deadline(self._look_up)
        for mail in self._mails_to(message.to, since - _CLOCK_SKEW, deadline):
            details = self._read(deadline, "get", f"logs/{quote(mail, safe='')}")
            if message.id in f"{details.get('unique_args')} {details.get('custom_args')}":
                return Sent(receipt_of(mail))
        return None

    def check(self) -> Sequence[Finding]:
        deadline = Deadline(self._look_up)
        reply = self._asked(deadline, "get", "scopes")
        if not isinstance(reply, Reply):
            return [_out_of_reach(reply.reason)]
        match reply.status:
            case 200:
                return [
                    *self._modes(),
                    _may_send(reply.body),
                    _may_read_logs(self._asked(deadline, "post", "logs", {"limit": 1})),
                    *self._verified(self._asked(deadline, "get", "whitelabel/domains")),
                ]
            case 401 | 403:
                fix = "Make one (it begins with SG.) in its Settings > API Keys, and set it as SENDGRID_API_KEY."
                return [Finding("SendGrid key", ok=False, message="SendGrid does not accept the key.", fix=fix)]
            case _:
                return [_out_of_reach(f"It answered HTTP {reply.status}.")]

    def _verified(self, reply: Reply | Busy | Uncertain) -> Iterator[Finding]:
        """Of the domains that colleagues write from; nothing where the key may not ask."""
        if not isinstance(reply, Reply) or not isinstance(reply.body, list):
            return
        known = {str(one.get("domain")).lower() for one in reply.body if isinstance(one, dict) and one.get("valid")}
        own = {self._sender.address.rpartition("@")[2].lower()} if self._sender else set()
        for domain in sorted({*self._domains, *own} - known):
            message = (
                f"SendGrid has not verified the domain {domain}: it refuses mails from there (403), but for single "
                "addresses that it has verified, whose mails may end as spam."
            )
            instead = "take another PLAYBOOK_MAIL_FROM" if domain in own else "leave it out of PLAYBOOK_MAIL_DOMAINS"
            fix = f"Authenticate it in SendGrid (Sender Authentication), or {instead}."
            yield Finding("SendGrid domain", ok=False, message=message, fix=fix)

    def _modes(self) -> Sequence[Finding]:
        region = _REGIONS.get(self._host)
        if region is None and not self._sandbox:
            fix = "Leave SENDGRID_HOST out to have SendGrid itself send them."
            message = f"Mails go to {self._host}, which is not SendGrid's own address."
            return [Finding("SendGrid", ok=True, message=message, fix=fix)]
        mode = "checks mails and delivers none (SENDGRID_SANDBOX)" if self._sandbox else f"keeps mails {region}"
        return [Finding("SendGrid", ok=True, message=f"It {mode}.")]

    def _payload(self, message: Message, sender: Sender) -> dict[str, object]:
        page = page_of(message)
        optional: dict[str, object] = {
            "reply_to": {"email": reached(message.reply_to)} if message.reply_to else None,
            "headers": dict(message.headers),
            "categories": list(message.categories),
            "ip_pool_name": self._ip_pool,
            "mail_settings": {"sandbox_mode": {"enable": True}} if self._sandbox else None,
        }
        copies = {"cc": [{"email": reached(one)} for one in message.cc]} if message.cc else {}
        to = [_person(message.to, message.to_name)]
        return {
            "personalizations": [{"to": to, "custom_args": {KEY_ARGUMENT: message.id}} | copies],
            "from": _person(sender.address, sender.name),
            "subject": subject(message.subject),
            "content": [  # SendGrid wants the plain part first
                {"type": "text/plain", "value": page.text},
                {"type": "text/html", "value": page.html},
            ],
        } | {name: value for name, value in optional.items() if value}

    def _mails_to(self, address: str, since: datetime, deadline: Deadline) -> Sequence[str]:
        """The logs can be searched by recipient and time, but not by custom argument."""
        try:
            address = reached(address)
        except ValueError:
            return []
        if re.search(r'["\\]', address):  # their query language cannot quote these
            return []
        created = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = f'to_email = "{address}" AND sg_message_id_created_at >= TIMESTAMP "{created}"'
        found = self._read(deadline, "post", "logs", {"query": query, "limit": _CANDIDATES})
        mails = found.get("messages")
        return [str(mail["sg_message_id"]) for mail in mails] if isinstance(mails, list) else []

    def _read(
        self, deadline: Deadline, verb: Literal["get", "post"], path: str, body: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
        """Empty where nothing could be read: a look-up that fails proves as little as one that finds nothing."""
        reply = self._asked(deadline, verb, path, body)
        if isinstance(reply, Reply) and reply.status == 200 and isinstance(reply.body, dict):
            return reply.body
        status = reply.status if isinstance(reply, Reply) else "no answer"
        log.info("SendGrid's Email Logs could not be read: %s", status)
        return {}

    def _asked(
        self, deadline: Deadline, verb: Literal["get", "post"], path: str, body: Mapping[str, object] | None = None
    ) -> Reply | Busy | Uncertain:
        exchange = Exchange(deadline)
        try:
            return call(self._key, self._host, exchange, verb, path, body)
        except Exception as error:  # noqa: BLE001 - whatever it was, how far the request got decides
            return exchange.without_answer(error)


def _person(address: str, name: str) -> dict[str, str]:
    """SendGrid splits a bare name at a comma or semicolon, as address lists do."""
    shown = named(name.replace('"', "'"))
    if not shown:
        return {"email": reached(address)}
    return {"email": reached(address), "name": f'"{shown}"' if re.search("[,;]", shown) else shown}


def _complaint(reply: Reply) -> str:
    """SendGrid's own words: `{"errors": [{"message": ..., "field": ...}]}`."""
    errors = reply.body.get("errors") if isinstance(reply.body, dict) else None
    if not isinstance(errors, list):
        return ""
    return " ".join(str(error.get("message", "")) for error in errors if isinstance(error, dict))


def _may_send(scopes: object) -> Finding:
    granted = scopes.get("scopes") if isinstance(scopes, dict) else None
    if isinstance(granted, list) and "mail.send" in granted:
        return Finding("SendGrid key", ok=True, message="The key may send mail.")
    fix = "In SendGrid, Settings > API Keys, give the key Mail Send: Full Access."
    return Finding("SendGrid key", ok=False, message="The key may not send mail.", fix=fix)


def _may_read_logs(reply: Reply | Busy | Uncertain) -> Finding:
    if isinstance(reply, Reply) and reply.status == 200:
        return Finding("SendGrid Email Logs", ok=True, message="Mails whose answer was lost can be looked up.")
    fix = "Give the key read access to Email Logs (Email Activity); without it a person decides on each such mail."
    return Finding("SendGrid Email Logs", ok=False, message="The key cannot read the Email Logs.", fix=fix)


def _out_of_reach(reason: str) -> Finding:
    fix = "Check the network, SENDGRID_HOST and status.sendgrid.com."
    return Finding("SendGrid", ok=False, message=f"SendGrid cannot be used now. {reason}", fix=fix, away=True)
