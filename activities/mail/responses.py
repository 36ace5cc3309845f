"""What people do with the mails that they got: an event of the account, heard by the runs that write to them, and
heeded by every mail to come.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from activities import facts
from activities.desks import Bench, bench
from activities.host import Host
from activities.store import accounts, effects, inputs, runs, suppressions, wakes
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.store.suppressions import EVERY
from engine.answering import fact_of, heard_by
from engine.mailing import topic_of
from engine.run import Answered, Run, Said

AT_ONCE = 1_000  # live runs of one account
LONGEST: Final = 9_000  # characters of a text; a fact takes 10,000


class NoSuchContact(Exception):
    """The account, or a contact of it, has no such id."""


@dataclass(frozen=True, slots=True)
class Response:
    """`topic`: of which no more mail is wanted. `address`: where the mail went; without it, where the contact can be
    reached now. `at`: the logical instant, now without it. `said`: fields of the event beside the contact.
    `lasting`: why the address gets no mail at all from now on. `again`: the account's events know of it already.
    """

    account: str
    contact: str
    verb: Said
    topic: str = EVERY
    address: str | None = None
    at: datetime | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    lasting: str | None = None
    again: bool = False


def respond(host: Host, account: str, contact: str, verb: Said, *, topic: str = EVERY) -> None:
    """From then on who has unsubscribed gets no mail about that topic (about none that is not essential, without one),
    and an address that bounced for good gets none at all. Raises NoSuchContact.
    """
    if not take_in(host, Response(account, contact, verb, topic)):
        raise NoSuchContact(contact)


def to_mail(row: EffectRow, verb: Said, *, topic: str = EVERY, at: datetime | None = None, **said: str) -> Response:
    """The answer to that mail."""
    mine = {"playbook": row.playbook, "step": row.effect.step}
    return Response(row.account, row.recipient, verb, topic, row.effect.address, at, {**mine, **said})


def take_in(host: Host, response: Response) -> bool:
    """Whether whoever it is from is still a contact. An address that the response names keeps what it said anyway."""
    known = host.database.write(lambda connection: _taken(bench(host, connection), response))
    host.stir()
    return known


def _taken(at: Bench, said: Response) -> bool:
    row = accounts.lock(at.connection, [said.account]).get(said.account)
    current = _address(row, said.contact) if row else None
    now = at.now(row) if row else at.host.clock.now()
    _keep_from(at.connection, said, current or "", now)
    if row is None or current is None:
        return False
    reached_elsewhere = said.address is not None and said.address.lower() != current.lower()
    if said.verb != "bounce" or not reached_elsewhere:
        _heed(at, said, now)
    return True


def _heed(at: Bench, said: Response, now: datetime) -> None:
    if not said.again:
        _tell(at, said, now)
    accounts.stamp(at.connection, [said.account], now)
    live = runs.listed(at.connection, account=said.account, live=True, limit=AT_ONCE)
    told = [(one.id, given) for one in live for given in _heard(at.connection, one.run, said, now)]
    inputs.latch(at.connection, told, at.real)
    wakes.write(at.connection, {run for run, _ in told}, at.real)


def _address(row: AccountRow, contact: str) -> str | None:
    known = row.known.contacts.get(contact)
    if known is None:
        return None
    email = known["email"][0] if "email" in known else None
    return email if isinstance(email, str) else ""


def _keep_from(connection: Connection, said: Response, current: str, now: datetime) -> None:
    """Who wants no mail means every address of theirs; what bounces is the one that the mail went to."""
    went = current if said.address is None else said.address
    if said.verb == "unsubscribe":
        for address in filter(None, {went.lower(), current.lower()}):
            suppressions.opt_out(connection, address, said.topic, now)
    reason = said.lasting or ("bounced" if said.verb == "bounce" else None)
    if reason and went:
        suppressions.add(connection, went, reason, now)


def _tell(at: Bench, said: Response, now: datetime) -> None:
    """The account's event. It may start playbooks, and what waits for it hears of it."""
    happened = min(said.at or now, now)
    fields = {
        name: value for name, text in said.said.items() if (value := _up_to(LONGEST, text.replace("\0", "").strip()))
    }
    if said.topic:
        fields["topic"] = said.topic
    fact = fact_of(f"mail-{secrets.token_hex(12)}", said.account, said.contact, said.verb, happened, fields)
    (answer,) = facts.post(at.host.within(at.connection), [fact.model_dump(exclude_none=True)])
    if answer.status != "stored":
        raise RuntimeError(f"the answer to a mail was not taken in as an event: {answer.status}")


def _up_to(most: int, text: str) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _heard(connection: Connection, run: Run, said: Response, now: datetime) -> Iterator[Answered]:
    why = said.lasting if said.verb == "unsubscribe" else None
    for given in heard_by(run, said.contact, said.verb, now, said.at, why):
        if not said.topic or _is_about(connection, given, run.id, said.topic):
            yield given


def _is_about(connection: Connection, given: Answered, run: str, topic: str) -> bool:
    """Whether what the step has written to them is about the topic."""
    mails = effects.listed(connection, run=run, channel="email", limit=AT_ONCE)
    mine = [one for one in mails if one.recipient == given.to and f"{one.effect.path}/".startswith(f"{given.path}/")]
    return any(topic_of(one.effect) == topic for one in mine)
