"""Answers by mail: whose they are, what follows, and the colleague who is told of them in Slack.

Which mail is answered is known by the address that it went to, which holds our token; else by the mails that it says it
answers; else by who wrote it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection

from activities import ledger
from activities.desks import Bench, bench
from activities.host import Host
from activities.mail import bounces, responses
from activities.mail.inbound import Inbound
from activities.mail.responses import to_mail
from activities.slack.text import escaped
from activities.store import accounts, cards, effects, mail_events, runs, tasks, wakes
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from engine.people import Directory, Person, reach
from engine.run import Effect, effect_key

What = Literal["replied", "answered_by_machine", "returned", "known", "unknown"]
SAID_BY: Final = "said_by"  # in the content of a message that holds a contact's words
QUOTED: Final = 2_500  # characters of a reply that Slack shows


@dataclass(frozen=True, slots=True)
class Outcome:
    """`returned`: a mail of ours came back; `known`: it was taken in before; `unknown`: it answers no mail of ours."""

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
    last = effects.last_to(connection, mail.sender) if mail.sender else None
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
    what: Literal["replied", "answered_by_machine"] = "answered_by_machine" if _is_by_machine(at, mail) else "replied"
    now = at.now(account)
    if not mail_events.add(at.connection, row.account, row.recipient, row.id, what, now, mail.id):
        return Outcome("known")
    if what == "replied":
        responses.take_in(at.host.within(at.connection), to_mail(row, "reply", text=mail.text))
        _tell(at, account, row, mail, now)
    return Outcome(what)


def _is_by_machine(at: Bench, mail: Inbound) -> bool:
    """People answer where they are asked to; out-of-office notes go to where mails come back (RFC 3834)."""
    return mail.machine or any(at.host.links.returned(one) for one in mail.to)


# --- the colleague


def _tell(at: Bench, account: AccountRow, row: EffectRow, mail: Inbound, now: datetime) -> None:
    """Who owns the account, by a message through the ledger: in the thread of a task of that run, if they have one."""
    person = _owner(at, account, row, now)
    if person is None:
        return
    content = {"body": _words(account, row, mail), SAID_BY: row.recipient, **_thread(at.connection, row, person)}
    path = f"{row.effect.path}/replied"
    told = Effect(
        key=f"{effect_key(row.run, row.effect.step, row.effect.visit, person.id, 'slack')}·{mail.id}",
        run=row.run,
        path=path,
        step=row.effect.step,
        visit=row.effect.visit,
        channel="slack",
        purpose="slack",
        to=person.id,
        address=reach(person),
        priority=row.priority,
        blocking=False,
        at=now,
        content=content,  # type: ignore[arg-type]
    )
    effects.add(at.connection, [(row.account, row.playbook, told)], at.real)
    runs.touch(at.connection, [row.run])
    wakes.write(at.connection, [row.run], at.real)


def _owner(at: Bench, account: AccountRow, row: EffectRow, now: datetime) -> Person | None:
    setting, run = at.current.setting, runs.find(at.connection, row.run)
    role = at.host.applied.plan(at.connection, run.plan).owner if run else None
    role = role or setting.policy.unassigned
    team = account.known.team
    found = Directory(setting.people, setting.policy).find(role, team, team.get(role), now) if role else None
    return found.person if found else None


def _thread(connection: Connection, row: EffectRow, person: Person) -> dict[str, str]:
    """A task of the run that they see as a card."""
    mine = tasks.listed(connection, run=row.run, person=person.id, state="open", limit=100)
    shown = [one for one in mine if (card := cards.find(connection, one.id, person.id)) and card.receipt]
    newest = max(shown, key=lambda one: (one.opened, one.id), default=None)
    return {"task": newest.id} if newest else {}


def _words(account: AccountRow, row: EffectRow, mail: Inbound) -> str:
    who = escaped(mail.sender_name or mail.sender)
    of = escaped(account.known.name or account.id)
    subject = escaped(str(row.effect.content.get("subject") or mail.subject))
    text = mail.text if len(mail.text) <= QUOTED else f"{mail.text[:QUOTED]}…"
    quoted = "\n".join(f"> {escaped(line)}" for line in text.splitlines() if line.strip())
    return f"*{who}* ({of}) has replied to “{subject}”" + (f":\n{quoted}" if quoted else ".")
