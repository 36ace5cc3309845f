"""What a mail server writes to whoever a mail came from when it cannot deliver it: a report as RFC 3464 has it."""

import json
from email import message_from_string, policy
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from activities.mail.forms import fields_of
from activities.mail.inbound import Inbound, read
from tests.support.sendgrid_posts import FORM, form_of

HEAD = "Reporting-MTA: dns; mx.acme.test\nArrival-Date: Mon, 2 Mar 2026 09:00:00 -0500\n"


def report(
    letter: EmailMessage | None, *blocks: str, to: str = "", headers_only: bool = False, kind: str = "delivery-status"
) -> bytes:
    """Of one block of fields for each recipient, with the letter that came back."""
    mail = MIMEMultipart("report", **{"report-type": kind})
    mail["From"] = "Mail Delivery System <MAILER-DAEMON@mx.acme.test>"
    mail["To"] = to
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    mail["Message-ID"] = f"<report-{abs(hash(blocks))}@mx.acme.test>"
    mail["Auto-Submitted"] = "auto-replied"
    mail.attach(MIMEText("I am sorry to have to tell you that your message could not be delivered."))
    status = message_from_string("Content-Type: message/delivery-status\n\n" + "\n".join([HEAD, *blocks]))
    mail.attach(status)
    if letter is not None:
        mail.attach(_head_of(letter) if headers_only else MIMEMessage(letter))
    return mail.as_bytes(policy=policy.SMTP)


def _head_of(letter: EmailMessage) -> MIMEText:
    head = "".join(f"{name}: {value}\n" for name, value in letter.items())
    return MIMEText(head, "rfc822-headers")


def block(recipient: str, action: str = "failed", status: str = "5.1.1", said: str = "550 5.1.1 no such user") -> str:
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n"


def came_in(raw: bytes, to: str) -> Inbound:
    """As Inbound Parse posts it raw."""
    form = form_of(email=raw, envelope=json.dumps({"to": [to], "from": ""}))
    return read(fields_of(form, FORM))
