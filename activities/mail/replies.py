"""Answers by mail: whose they are, what follows, and the colleague who is told of them in Slack.

Which mail is answered is known by the address that it went to, which holds our token; else by the mails that it says it
answers; else by who wrote it, where their domain vouches for that.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from activities import ledger
from activities.desks import Bench, bench
from activities.host import Host
from activities.mail import bounces, responses
from activities.mail.inbound import Inbound
from activities.mail.responses import to_mail
from activities.mail.telling import Written, tell
from activities.store import accounts, effects, mail_events
from activities.store.effects import EffectRow

What = Literal["replied", "answered_by_machine", "unproven", "from_colleague", "returned", "known", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`unproven`: nothing proves that it is from whom it says; `returned`: a mail of ours came back; `known`: it was
    taken in before; `unknown`: it answers no mail of ours.
    """

    what: What


def take_in(host: Host, mail: Inbound) -> Outcome:
    if mail.reports is not None:
        return Outcome(bounces.take_in(host, mail.to, mail.reports))
    found = host.database.read(lambda connection: _answered(connection, host, mail))
    if found is None:
        return Outcome("unknown")
    outcome = host.database.write(lambda connection: _taken(bench(host, connection), *found, mail))
    host.stir()
    return outcome


def _answered(connection: Connection, host: Host, mail: Inbound) -> tuple[str, bool] | None:
    """The mail's id, and whether it is sure to be that one."""
    for address in mail.to:
        name = host.links.replied_to(address) or host.links.returned(address)
        row = effects.find(connection, name) if name else None
        if row is not None and row.channel == "email":
            return row.id, True
    if named := _named(connection, mail):
        return named.id, True
    last = effects.last_to(connection, mail.sender) if mail.sender and mail.proof != "failed" else None
    return (last.id, False) if last else None


def _named(connection: Connection, mail: Inbound) -> EffectRow | None:
    """The mail whose message id it names: SendGrid's begins with its receipt, ours with the effect's own id."""
    known = effects.states(connection, mail.answers)
    ours = next((known[one] for one in mail.answers if one in known and known[one].channel == "email"), None)
    return ours or effects.received(connection, mail.answers)


def _taken(at: Bench, name: str, sure: bool, mail: Inbound) -> Outcome:  # noqa: FBT001 - as _answered gives it
    row = effects.find(at.connection, name)
    account = accounts.lock(at.connection, [row.account]).get(row.account) if row else None
    if row is None or account is None or not row.recipient:
        return Outcome("unknown")  # it was erased
    if sure and row.state == "uncertain":  # whoever answers it has it
        ledger.settle_proven(at.host.within(at.connection), row, f"reply:{row.id}")
    what = _what(at, row, mail, sure=sure)
    if what == "unknown":
        return Outcome(what)
    now = at.now(account)
    if not mail_events.add(at.connection, row.account, row.recipient, row.id, what, now, mail.id):
        return Outcome("known")
    if what == "replied":
        responses.take_in(at.host.within(at.connection), to_mail(row, "reply", text=mail.text))
    if what != "answered_by_machine" and not _is_by_machine(at, mail):
        tell(at, account, row, mail, what, now)
    return Outcome(what)


def _what(
    at: Bench, row: EffectRow, mail: Inbound, *, sure: bool
) -> Literal["answered_by_machine", "unknown"] | Written:
    """What changes nothing comes first: a colleague's words, also where nothing proves that they are theirs (who knows
    the address for replies may forge any other), and what anybody could have sent.
    """
    colleagues = {one.email.lower() for one in at.current.setting.people.everyone if one.email}
    if mail.sender.lower() in colleagues - {row.effect.address.lower()}:
        return "from_colleague" if mail.proof == "passed" else "unproven"
    proven = sure or mail.proof == "passed"
    if _is_by_machine(at, mail):
        return "answered_by_machine" if proven else "unknown"
    return "replied" if proven else "unproven"


def _is_by_machine(at: Bench, mail: Inbound) -> bool:
    """People answer where they are asked to; out-of-office notes go to where mails come back (RFC 3834)."""
    return mail.machine or any(at.host.links.returned(one) for one in mail.to)
