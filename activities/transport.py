"""The one seam to the world outside: what a transport is handed, and the only four things it may answer.

Sent       the provider took it; the receipt finds it again
Refused    it will never work as it stands; a person has to mend something
Busy       certainly not delivered; worth another try
Uncertain  the answer was lost: it may have been delivered
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a customer sees in the From line."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Footer:
    """What stands under a mail to a customer: why they get it, where to write to, and the ways to get less of it.
    What is empty is left out.
    """

    account: str = ""  # the name of the account that they are a contact of
    topic: str = ""
    company: str = ""
    address: str = ""  # by post
    preferences: str | None = None
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """One effect, ready to go out. Its repr shows the opaque id only, so that a log line can never carry a customer."""

    id: str  # the opaque id of the effect (uuid5 of its ledger key); all that a provider keeps for good
    channel: Literal["email", "slack", "webhook"]
    to: str  # mail or web address; for Slack a user id, a channel's id or name, or the mail address of a user
    body: str  # email: Markdown · slack: mrkdwn · webhook: JSON
    to_name: str = ""
    subject: str = ""  # email only
    preheader: str = ""  # email only: what an inbox shows behind the subject
    footer: Footer | None = None  # email only
    sender: Sender | None = None  # email only; without one, the transport's own
    reply_to: str | None = None  # email only
    returns_to: str | None = None  # email by SMTP only: where servers report what they could not deliver
    cc: tuple[str, ...] = ()  # email only: addresses of colleagues
    headers: tuple[tuple[str, str], ...] = ()  # email only: List-Unsubscribe, Auto-Submitted, ...
    categories: tuple[str, ...] = ()  # email only: playbook and template ids, at most 10
    language: str = "en"  # email only: for screen readers
    blocks: tuple[Mapping[str, JsonValue], ...] = ()  # slack only: instead of the body, which is then read out
    thread: str | None = None  # slack only: receipt of the message whose thread this belongs to
    alone: bool = False  # slack only: where that thread is gone, it is a message of its own
    broadcast: bool = False  # slack only: a word in a thread that is seen outside of it too
    signed_by: str | None = None  # webhook only: the environment variable that holds the secret
    edit: str | None = None  # slack only: receipt of the message that this one replaces in place

    def __repr__(self) -> str:
        return f"Message({self.id}, {self.channel})"


@dataclass(frozen=True, slots=True)
class Sent:
    receipt: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Terminal for this message.

    `code` is the provider's own word (`http_400`, `channel_not_found`); `credentials` says that the key, the token or
    the provider's own address is at fault, so that every other message would be refused as well, `gone` that there is
    nobody at the receiver's address, `at_them` that the state of that address is to blame, such as a full mailbox.
    `perhaps_all`: others may be refused in the same words, which only they will tell.
    """

    reason: str
    code: str
    credentials: bool = False
    gone: bool = False
    at_them: bool = False
    perhaps_all: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """`alone`: what kept this message back says nothing of the others, such as a full mailbox."""

    reason: str
    retry_after: timedelta
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    reason: str


class Unsent(Exception):
    """A fault of ours, told as its cause, before anything had left."""


Answer: TypeAlias = Sent | Refused | Busy | Uncertain


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `playbook doctor`; `fix` is empty where nothing needs mending. `away`: nobody was reached."""

    name: str
    ok: bool
    message: str
    fix: str = ""
    away: bool = False


@runtime_checkable
class Removes(Protocol):
    """What some transports can do with what they have sent."""

    def remove(self, receipt: str, deadline: timedelta) -> Answer:
        """Takes a message away, with what was said below it. Sent: nothing of it is left."""


class Transport(Protocol):
    """Plain, blocking and safe to share between threads. Answers are values: a provider's trouble never raises. A fault
    of ours that certainly kept a message back raises Unsent."""

    @property
    def name(self) -> str: ...

    def send(self, message: Message, deadline: timedelta) -> Answer:
        """Hand the message over once. `deadline` bounds the whole call, however slowly bytes trickle; nothing leaves
        after it, so a lease that outlasts it is safe."""

    def find(self, message: Message, since: datetime) -> Sent | Busy | None:
        """Look at the provider for a message whose answer was lost. `since` is the real instant of the claim.
        None proves not that it was not sent, only that looking again soon is of no more use. Busy: the provider could
        not be asked now."""

    def check(self) -> Sequence[Finding]:
        """Key, rights and reachability, without sending anything."""
