"""Mails of a plan in words: one, or several in turn."""

from collections.abc import Iterator

from engine.policy import DAYS
from engine.render.whys import printable
from engine.steps.email import EmailSpec
from engine.steps.mails import Mail
from engine.steps.sequence import SequenceSpec


def in_short(mail: EmailSpec | SequenceSpec) -> str:
    if isinstance(mail, SequenceSpec):
        return f"{len(mail.mails)} mails" if len(mail.mails) > 1 else "one mail"
    return mail.template or printable(mail.subject or "")


def email_lines(email: EmailSpec) -> Iterator[str]:
    yield from _of_mail(email)
    if email.approval:
        yield f"sent when {email.approval} approves"
    yield f"when there is nobody: {email.missing}"


def sequence_lines(sequence: SequenceSpec) -> Iterator[str]:
    for number, mail in enumerate(sequence.mails, 1):
        when = f"after {mail.after}" if mail.after else "at once"
        care = "".join(f"; {line}" for line in _of_mail(mail))
        yield f"mail {number}, {when}: {mail.template or printable(mail.subject or '')}{care}"
    events = (f"{one.event}{f' where {one.where.text}' if one.where else ''}" for one in sequence.events.values())
    conditions = (one.text for name, one in sequence.conditions.items() if name in sequence.watches)
    if stops := [*sequence.stops, *events, *conditions]:
        yield f"stops on {', '.join(stops)}"
    yield f"when there is nobody: {sequence.missing}"


def _of_mail(mail: Mail) -> Iterator[str]:
    """Who writes, what about, when it may go, and who gets a copy."""
    if mail.sender:
        yield f"from {mail.sender}"
    if mail.topic:
        yield f"about {mail.topic}"
    if mail.send and mail.send.window:
        yield f"sent between {mail.send.window[0]:%H:%M} and {mail.send.window[1]:%H:%M} on its recipient's clock"
    if mail.send and mail.send.on:
        yield f"sent on {' or '.join(DAYS[day] for day in mail.send.on)}"
    if mail.expires:
        yield f"not sent any more after {mail.expires}"
    if mail.cc:
        yield f"copy to {', '.join(mail.cc)}"
