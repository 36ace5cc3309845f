"""What SendGrid posts to us, signed with a key of a test's own."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from activities.mail.sendgrid_signature import SIGNATURE, TIMESTAMP


@dataclass
class Signer:
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def key(self) -> str:
        """The verification key, as SendGrid shows it."""
        told = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(told).decode()

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        timestamp = str(int(at.timestamp()))
        signature = self.private.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp}


def event(kind: str, effect: str | None, at: datetime, email: str = "kim@acme.test", **more: Any) -> dict[str, Any]:
    """As SendGrid tells it; `effect` None: without custom arguments."""
    mark = {"effect": effect} if effect else {}
    return {"event": kind, "email": email, "timestamp": int(at.timestamp()), **mark, **more}


def body_of(events: Sequence[object]) -> bytes:
    return json.dumps(events).encode() + b"\r\n"


FORM = "multipart/form-data; boundary=xYzZY"


def form_of(**fields: str | bytes) -> bytes:
    """The body of a post of Inbound Parse; `sender_ip` is written `sender_ip`, and so on."""
    parts = [
        b'--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (name.encode(), said.encode() if isinstance(said, str) else said)
        for name, said in fields.items()
    ]
    return b"".join(parts) + b"--xYzZY--\r\n"


def mail_in(
    to: str = "", text: str | bytes = "Thank you", sender: str = "Kim <kim@acme.test>", headers: str = "", **more: str
) -> dict[str, str | bytes]:
    """The fields of a mail as Inbound Parse takes it apart."""
    envelope = {"to": [to] if to else [], "from": "kim@acme.test"}
    head = f"From: {sender}\nTo: {to}\nSubject: Re: Hello\nMessage-ID: <one@acme.test>\n{headers}"
    return {
        "headers": head,
        "from": sender,
        "subject": "Re: Hello",
        "text": text,
        "envelope": json.dumps(envelope),
        "charsets": '{"text":"UTF-8"}',
        **more,
    }
