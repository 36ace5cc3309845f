"""The colleague who is told in Slack what somebody has written by mail: who owns the account, in the thread of a task
of that run where they have one, in as many messages as it takes.
"""

from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap
from typing import Final, Literal

from sqlalchemy import Connection

from activities.desks import Bench
from activities.mail.inbound import Inbound
from activities.slack.text import escaped
from activities.store import cards, effects, runs, tasks, wakes
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.threads import FOLLOWS
from engine.people import Directory, Person, reach
from engine.run import Effect, effect_key

Written = Literal["replied", "unproven", "from_colleague"]
"""By the customer; by somebody of whom nothing proves that it is the customer; by a colleague."""

SAID_BY: Final = "said_by"  # in the content of a message that holds a contact's words
AT_ONCE: Final = 8_000  # characters of one message
_LINE: Final = 400  # characters: no line is cut by Slack, however much longer its escaped form is
_NAMED: Final = 10  # files


def tell(at: Bench, account: AccountRow, row: EffectRow, mail: Inbound, what: Written, now: datetime) -> None:
    """Through the ledger. Whoever has written it themselves is not told."""
    person = _owner(at, account, row, now)
    if person is None or (person.email or "").lower() == mail.sender.lower():
        return
    said = {SAID_BY: row.recipient, **_thread(at.connection, row, person)}
    parts = _messages(_who(account, mail), _opening(account, row, mail, what), mail)
    told = list[Effect]()
    for n, body in parts:
        after = {FOLLOWS: told[-1].id} if told else {}
        told.append(_effect(row, person, f"{mail.id}{f'·{n}' if n else ''}", now, {**said, **after, "body": body}))
    effects.add(at.connection, [(row.account, row.playbook, one) for one in told], at.real)
    runs.touch(at.connection, [row.run])
    wakes.write(at.connection, [row.run], at.real)


def _effect(row: EffectRow, person: Person, name: str, now: datetime, content: dict[str, str]) -> Effect:
    return Effect(
        key=f"{effect_key(row.run, row.effect.step, row.effect.visit, person.id, 'slack')}·{name}",
        run=row.run,
        path=f"{row.effect.path}/replied",
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


# --- words


def _who(account: AccountRow, mail: Inbound) -> str:
    return f"*{escaped(mail.sender_name or mail.sender)}* ({escaped(account.known.name or account.id)})"


def _opening(account: AccountRow, row: EffectRow, mail: Inbound, what: Written) -> str:
    subject = f"“{escaped(str(row.effect.content.get('subject') or mail.subject))}”"
    match what:
        case "replied":
            return f"{_who(account, mail)} has replied to {subject}"
        case "unproven":
            return (
                f"Somebody has written as {_who(account, mail)}, perhaps about {subject}. "
                f"Nothing proves that it is them, so nothing follows from it"
            )
    of = escaped(account.known.name or account.id)
    return f"Your colleague *{escaped(mail.sender_name or mail.sender)}* has answered {subject} ({of})"


def _messages(who: str, opening: str, mail: Inbound) -> Iterator[tuple[int, str]]:
    """Each with its number from 0."""
    parts = list(_parts(mail.text))
    for n, part in enumerate(parts or [""]):
        head = opening if n == 0 else f"{who}, part {n + 1} of {len(parts)}"
        last = f"\n{_files(mail)}" if mail.attached and n + 1 >= len(parts) else ""
        yield n, (f"{head}:\n{part}" if part else f"{head}.") + last


def _parts(text: str) -> Iterator[str]:
    part: list[str] = []
    for line in text.splitlines():
        for piece in map(escaped, wrap(line, _LINE, break_on_hyphens=False)):
            if sum(map(len, part)) + len(piece) > AT_ONCE:
                yield "\n".join(part)
                part = []
            part.append(f"> {piece}")
    if part:
        yield "\n".join(part)


def _files(mail: Inbound) -> str:
    more = f" and {len(mail.attached) - _NAMED} more" if len(mail.attached) > _NAMED else ""
    names = ", ".join(escaped(one) for one in mail.attached[:_NAMED])
    return f"Attached, but not kept here: {names}{more}. Ask for what you need."
