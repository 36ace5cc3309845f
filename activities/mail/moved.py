"""Whoever wants no mail wants none at a new address of theirs either. What bounced was the old address alone."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from activities.store import facts, suppressions
from engine.facts import Fact
from engine.known import Account


def follow(connection: Connection, was: Account, known: Account, told: Iterable[Fact], now: datetime) -> None:
    """`told`: the facts between the two. The account is locked."""
    given = {str(fact.contact["id"]) for fact in told if fact.contact and fact.contact.get("email")}
    new = {contact: _address(known, contact) for contact in given if contact in was.contacts}
    old = {contact: _address(was, contact) for contact in new}
    away = {contact for contact in new if new[contact] and not old[contact]}
    old |= facts.last_addresses(connection, was.id, away)
    for contact in sorted(new):
        if new[contact] and old[contact] and old[contact].lower() != new[contact].lower():
            suppressions.pass_on(connection, old[contact], new[contact], now)


def _address(account: Account, contact: str) -> str:
    held = account.contacts.get(contact, {}).get("email")
    return held[0] if held is not None and isinstance(held[0], str) else ""
