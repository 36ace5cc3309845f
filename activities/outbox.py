"""What stands in for SendGrid and Slack while no keys are set: the message is kept where a person can read it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from activities.transport import Finding, Message, Sent


class Outbox:
    """`write` keeps a message; `holds` tells whether one with this id is kept already. A message is kept once,
    however often it is sent. What either raises goes on: a store in trouble is no answer of a provider."""

    name = "outbox"

    def __init__(self, write: Callable[[Message], None], holds: Callable[[str], bool]) -> None:
        self._write = write
        self._holds = holds

    def send(self, message: Message, deadline: timedelta) -> Sent:
        del deadline  # nothing leaves the machine
        if not self._holds(message.id):
            self._write(message)
        return Sent(_receipt(message))

    def find(self, message: Message, since: datetime) -> Sent | None:
        del since
        return Sent(_receipt(message)) if self._holds(message.id) else None

    def check(self) -> Sequence[Finding]:
        kept = "No keys are set: mail and Slack messages are kept in the local outbox (playbook outbox)."
        return [Finding("outbox", ok=True, message=kept)]


def _receipt(message: Message) -> str:
    return f"outbox:{message.id}"
