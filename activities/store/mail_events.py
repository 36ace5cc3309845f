"""What became of mails, as providers and people tell it: each thing once, however often and in whatever order."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, Literal, get_args

from sqlalchemy import Connection, bindparam, func, select

from activities.store.effects import EffectRow
from activities.store.tables import effects, mail_events
from activities.store.writing import Among, insert_new

Kind = Literal[
    "delivered",
    "opened",
    "clicked",
    "replied",
    "answered_by_machine",
    "from_colleague",  # an answer to it that was not the customer's
    "unproven",  # an answer of which nothing proves that it is the customer's
    "bounced",  # for good
    "blocked",  # this time, by who was to get it
    "dropped",  # not delivered, for other reasons
    "refused",  # when it was to be handed over, in words that may be said to all
    "complained",
    "unsubscribed",
]
_KINDS: Final = get_args(Kind)  # of one instant, in the order in which they can happen
_OF = (mail_events.c.account == bindparam("account")) & (mail_events.c.contact == bindparam("contact"))
_THERE = _OF & (mail_events.c.effect == effects.c.id) & (func.lower(effects.c.address) == bindparam("address"))
_AFTER = mail_events.c.at > bindparam("after", type_=mail_events.c.at.type)
_OF_MAILS = Among(select(mail_events), mail_events.c.effect)
_LAST = select(func.max(mail_events.c.at)).where(_OF, mail_events.c.kind == bindparam("kind"))
_LAST_THERE = select(func.max(mail_events.c.at)).where(_THERE, mail_events.c.kind == bindparam("kind"))
_SINCE = select(func.count()).where(_THERE, mail_events.c.kind == bindparam("kind"), _AFTER)


def add(
    connection: Connection, account: str, contact: str, effect: str, kind: Kind, at: datetime, detail: str = ""
) -> bool:
    """Whether it is news. One mail has each kind once, or once for each `detail`, which must tell it from all others
    where no mail is known.
    """
    name = ":".join(filter(None, (effect, kind, detail)))
    row = {"id": name, "account": account, "contact": contact, "effect": effect, "kind": kind, "at": at}
    return insert_new(connection, mail_events, [row]) > 0


def of_mails(connection: Connection, mails: Collection[str]) -> dict[str, list[tuple[Kind, datetime]]]:
    """By effect, what happened to it and when first, in order; a mail of which nothing is known is left out."""
    found: dict[str, dict[Kind, datetime]] = {}
    for row in sorted(_OF_MAILS.rows(connection, mails), key=lambda row: (row.at, _KINDS.index(row.kind))):
        found.setdefault(row.effect, {}).setdefault(row.kind, row.at)
    return {mail: [*kinds.items()] for mail, kinds in found.items()}


def last(connection: Connection, account: str, contact: str, kind: Kind) -> datetime | None:
    found: datetime | None = connection.scalar(_LAST, {"account": account, "contact": contact, "kind": kind})
    return found


def last_at(connection: Connection, mail: EffectRow, kind: Kind) -> datetime | None:
    """Of the contact's mails to that mail's address."""
    found: datetime | None = connection.scalar(_LAST_THERE, {**_place(mail), "kind": kind})
    return found


def count(connection: Connection, mail: EffectRow, kind: Kind, after: datetime) -> int:
    """How many of the contact's mails to that mail's address had that after the instant."""
    return connection.scalar(_SINCE, {**_place(mail), "kind": kind, "after": after}) or 0


def _place(mail: EffectRow) -> dict[str, str]:
    return {"account": mail.account, "contact": mail.recipient, "address": mail.effect.address.lower()}
