"""From an effect as the engine wants it to the message that a transport takes."""

from collections.abc import Mapping

from pydantic import JsonValue

from activities.transport import Message, Sender
from engine.run import Effect


def message_of(effect: Effect) -> Message:
    content = effect.content
    playbook = effect.run.rpartition("-")[0]  # a run's id begins with its playbook's
    return Message(
        id=effect.id,
        channel=effect.channel,
        to=effect.address,
        body=_text(content, "body") or "",
        to_name=_text(content, "name") or "",
        subject=_text(content, "subject") or "",
        sender=_sender(content),
        cc=_addresses(content, but=effect.address),
        categories=tuple(one for one in (playbook, _text(content, "template")) if one),
        language=_text(content, "language") or "en",
        signed_by=_text(content, "secret_env"),
    )


def _sender(content: Mapping[str, JsonValue]) -> Sender | None:
    given = content.get("sender")
    if not isinstance(given, dict) or not (address := _text(given, "email")):
        return None
    return Sender(address, _text(given, "name") or "")


def _addresses(content: Mapping[str, JsonValue], but: str) -> tuple[str, ...]:
    """Of those who get a copy. A provider refuses a mail that names somebody twice."""
    given = content.get("cc")
    return tuple(str(one) for one in given if str(one).lower() != but.lower()) if isinstance(given, list) else ()


def _text(content: Mapping[str, JsonValue], key: str) -> str | None:
    value = content.get(key)
    return value if isinstance(value, str) and value else None
