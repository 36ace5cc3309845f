"""What people do with the mails that they got: taken in for the runs that write to them, and for every mail to come."""

from datetime import datetime

from sqlalchemy import Connection

from activities.desks import Bench, bench
from activities.host import Host
from activities.store import accounts, effects, inputs, runs, suppressions, wakes
from activities.store.accounts import AccountRow
from activities.store.suppressions import EVERY
from engine.answering import heard_by
from engine.run import Said

AT_ONCE = 1_000  # live runs of one account


class NoSuchContact(Exception):
    """The account, or a contact of it, has no such id."""


def respond(host: Host, account: str, contact: str, verb: Said, *, topic: str = EVERY) -> None:
    """From then on who has unsubscribed gets no mail about that topic (about none that is not essential, without one),
    and an address that bounced for good gets none at all. Raises NoSuchContact.
    """
    host.database.write(lambda connection: _responded(bench(host, connection), account, contact, verb, topic))
    host.stir()


def respond_to(host: Host, effect: str, verb: Said, *, topic: str = EVERY) -> bool:
    """The answer to one mail, by its opaque id; whether it is known and was to somebody who still is."""
    found = host.database.read(lambda connection: _of(connection, effect))
    if found is None:
        return False
    try:
        respond(host, *found, verb, topic=topic)
    except NoSuchContact:
        return False
    return True


def _of(connection: Connection, effect: str) -> tuple[str, str] | None:
    row = effects.find(connection, effect)
    return (row.account, row.recipient) if row and row.channel == "email" else None


def _responded(at: Bench, account: str, contact: str, verb: Said, topic: str) -> None:
    row = accounts.lock(at.connection, [account]).get(account)
    if row is None or (address := _address(row, contact)) is None:
        raise NoSuchContact(contact)
    now = at.now(row)
    accounts.stamp(at.connection, [account], now)
    _keep_from(at.connection, address, verb, topic, now)
    live = runs.listed(at.connection, account=account, live=True, limit=AT_ONCE)
    told = [(one.id, given) for one in live for given in heard_by(one.run, contact, verb, now)]
    inputs.latch(at.connection, told, at.real)
    wakes.write(at.connection, {run for run, _ in told}, at.real)


def _address(row: AccountRow, contact: str) -> str | None:
    known = row.known.contacts.get(contact)
    if known is None:
        return None
    email = known["email"][0] if "email" in known else None
    return email if isinstance(email, str) else ""


def _keep_from(connection: Connection, address: str, verb: Said, topic: str, now: datetime) -> None:
    if verb == "unsubscribe" and address:
        suppressions.opt_out(connection, address, topic, now)
    if verb == "bounce" and address:
        suppressions.add(connection, address, "bounced", now)
