"""Whoever wants no mail wants none at a new address of theirs either. What bounced was the old address alone."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from activities.store import facts, suppressions
from engine.facts import Fact
from engine.known import Account


def follow(connection: Connection, was: Account, known: Account, told: Iterable[Fact], now: datetime) -> None:
    """`told`: the facts between the two. The account is locked."""
    for contact in sorted({str(fact.contact["id"]) for fact in told if fact.contact and fact.contact.get("email")}):
        new = _address(known, contact)
        if contact not in was.contacts or not new:
            continue
        old = _address(was, contact) or facts.last_address(connection, was.id, contact)
        if old and old.lower() != new.lower():
            suppressions.pass_on(connection, old, new, now)


def _address(account: Account, contact: str) -> str:
    held = account.contacts.get(contact, {}).get("email")
    return held[0] if held is not None and isinstance(held[0], str) else ""
