"""Tasks as messages that follow them: posted once, through the ledger, and then brought to what the task is.

Of a task everybody who is told has one card. What else is told them of it goes into the card's thread. An edit is
idempotent, so it needs no ledger: the row says which revision of the task can be seen, whoever finds it behind shows
the newest, and a crash or an outage is made up for by the next look.
"""

import hashlib
import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from activities.desks import Bench, bench
from activities.host import Host
from activities.message import NOTICE, in_slack
from activities.slack import card_blocks, pace
from activities.slack.history import told
from activities.store import accounts, effects, runs, tasks, traces
from activities.store import cards as rows
from activities.store.cards import CardRow
from activities.store.effects import EffectRow
from activities.transport import Answer, Busy, Message, Refused, Sent, Uncertain
from engine.people import reach
from engine.picture import picture
from engine.render.cards import Around, Card, card
from engine.run import Effect, Task

CHANNEL: Final = "slack"
COMING: Final = {"wanted", "claimed", "deferred", "uncertain"}
BACKOFF: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 15, 60, 300))


class BeingPosted(Exception):
    """Another effect posts the card, in whose thread this one belongs."""


def message(at: Bench, row: EffectRow) -> Message:
    """What the effect sends: a card, a word in the thread of one, or its text alone. Raises BeingPosted."""
    plain = in_slack(row.effect)
    task = about(row.effect)
    if task is None or not at.host.channels[row.channel].cards:
        return plain
    there = rows.find(at.connection, task, row.recipient)
    if there is not None and there.effect != row.id:
        if there.receipt not in {None, rows.MAILED}:
            return replace(plain, thread=there.receipt, broadcast=True)
        if _is_coming(at.connection, there.effect) or rows.is_being_shown(at.connection, there, at.real):
            raise BeingPosted
    found = tasks.find(at.connection, task)
    return plain if found is None else _posting(at, row, plain, found, there)


def posted(at: Bench, row: EffectRow, receipt: str) -> None:
    """The effect was sent: where it is a card, it is there from now on."""
    task = about(row.effect)
    if task is not None and row.channel == NOTICE:
        _mailed(at, task, row)
    elif task is not None and at.host.channels[row.channel].cards:
        rows.posted(at.connection, task, row.recipient, row.id, receipt)


def _mailed(at: Bench, task: str, row: EffectRow) -> None:
    """They know of it by mail; the next change of it is what Slack shows them, when it does again."""
    there = rows.find(at.connection, task, row.recipient)
    if tasks.find(at.connection, task) is None or (there is not None and there.effect != row.id):
        return
    line, rev = tasks.last_line(at.connection, task), there.rev if there else 0
    rows.put(at.connection, CardRow(task, row.recipient, row.account, row.id, rows.MAILED, rev, "", line, 0, None))


def about(effect: Effect) -> str | None:
    """The task or escalation that a message stands for."""
    named = effect.content.get("task") or effect.content.get("incident")
    return str(named) if named else None


def _is_coming(connection: Connection, effect: str) -> bool:
    row = effects.find(connection, effect)
    if row is None or row.state not in COMING or row.channel == NOTICE:
        return False
    return row.state != "uncertain" or row.asking or row.until is not None


def _posting(at: Bench, row: EffectRow, plain: Message, task: Task, there: CardRow | None) -> Message:
    shown = drawn(at, task, row.recipient)
    line = tasks.last_line(at.connection, task.id)
    rev = there.rev if there else 0
    new = CardRow(task.id, row.recipient, row.account, row.id, None, rev, _digest(shown), line, 0, None)
    rows.put(at.connection, new)
    return _carrying(plain, shown)


def drawn(at: Bench, task: Task, recipient: str) -> Card:
    """The card as that person, or that channel, sees it now."""
    viewer = at.current.setting.people.get(recipient)
    return card(task, viewer, around(at, task))


def around(at: Bench, task: Task) -> Around:
    setting = at.current.setting
    row = accounts.find(at.connection, task.account)
    now = at.host.clock.now() if row is None else at.now(row)
    known = picture(row.known, setting.vocabulary, setting.policy, now).scope.values if row else {}
    run = runs.find(at.connection, task.run)
    title = at.host.applied.plan(at.connection, run.plan).title if run else ""
    decisions = traces.decisions_of(at.connection, task.run)
    ended = run.outcome if run else None
    return Around(known, setting.vocabulary, setting.directory, title or task.playbook, decisions, now, ended)


def _carrying(plain: Message, shown: Card) -> Message:
    return replace(plain, body=card_blocks.text(shown), blocks=tuple(card_blocks.blocks(shown)))


def _digest(shown: Card) -> str:
    said = [card_blocks.text(shown), *card_blocks.blocks(shown)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


# --- brought to what the task is -------------------------------------------------------------------------


def lease(host: Host, limit: int) -> list[CardRow]:
    """Cards that are behind their task, and that nobody else shows for the time being; of what changed by itself no
    more than the pace allows.
    """
    real = host.clock.real()
    if not host.database.read(lambda connection: _any_due(connection, real)):
        return []
    return host.database.write(lambda connection: _leased(connection, real, limit))


def _any_due(connection: Connection, real: datetime) -> bool:
    return rows.any_stale(connection, real, acts=pace.spare(connection, real) == 0)


def _leased(connection: Connection, real: datetime, limit: int) -> list[CardRow]:
    found = rows.stale(connection, real, limit)
    acts = [row for row in found if row.is_act]
    others = found[len(acts) :]
    chosen = acts + (others[: pace.take(connection, real, len(others))] if others else [])
    rows.lease(connection, chosen, real)
    return chosen


def show(host: Host, row: CardRow) -> timedelta:
    """The message as the task now stands, then what has been done with it, word by word, into its thread. For how long
    Slack wants no more edits.
    """
    found = host.database.read(lambda connection: _looked_at(bench(host, connection), row))
    if found is None:
        return timedelta(0)
    shown, lines, address = found
    mailed, before = row.receipt == rows.MAILED, row.digest
    row, answer = _posted_after_all(host, row, shown, address) if mailed else _edited(host, row, shown)
    held = answer.retry_after if isinstance(answer, Busy) and not mailed else timedelta(0)
    unseen = before == row.digest and isinstance(answer, Sent)
    for seq, said in lines:
        if not isinstance(answer, Sent) or row.receipt == rows.MAILED:
            break
        answer = _said(host, row, seq, said)
        row = replace(row, told=seq) if isinstance(answer, Sent) else row
    host.database.write(lambda connection: _kept(connection, row, answer, host.clock.real()))
    _paced(host, held=held, spared=unseen and not row.is_act)
    return held


def _paced(host: Host, *, held: timedelta, spared: bool) -> None:
    real = host.clock.real()
    if held:
        host.database.write(lambda connection: pace.hold_edits(connection, real, held))
    elif spared:
        host.database.write(lambda connection: pace.give_back(connection, real))


def _looked_at(at: Bench, row: CardRow) -> tuple[Card, list[tuple[int, str]], str] | None:
    """With the lines of its history that are new, and where its reader is reached."""
    task = tasks.find(at.connection, row.task)
    if task is None:
        return None
    people = at.current.setting.people
    history = tasks.history_after(at.connection, row.task, row.told)
    person = people.get(row.recipient)
    lines = [(seq, said) for seq, one in history if (said := told(one, people, row.recipient))]
    return drawn(at, task, row.recipient), lines, reach(person) if person else row.recipient


def _edited(host: Host, row: CardRow, shown: Card) -> tuple[CardRow, Answer]:
    digest, receipt = _digest(shown), row.receipt or ""
    if digest == row.digest:
        return row, Sent(receipt)
    answer = _send(host, _carrying(Message(row.effect, CHANNEL, row.recipient, "", edit=receipt), shown))
    if isinstance(answer, Sent):
        row = replace(row, digest=digest, receipt=answer.receipt)
    return row, answer


def _posted_after_all(host: Host, row: CardRow, shown: Card, address: str) -> tuple[CardRow, Answer]:
    """What they were told by mail, now that it has changed; what is over by then needs no message."""
    if not shown.is_open:
        return row, Sent(rows.MAILED)
    message = _carrying(Message(row.effect, CHANNEL, address, ""), shown)
    answer = _found(host, message, row) or _send(host, message)
    if isinstance(answer, Sent):
        row = replace(row, digest=_digest(shown), receipt=answer.receipt)
    return row, answer


def _found(host: Host, message: Message, row: CardRow) -> Sent | Busy | None:
    """What an attempt before this one may have posted. Busy: that is not known yet."""
    since = host.clock.real() - timedelta(days=1)
    return host.channels[CHANNEL].transport.find(message, since) if row.attempts else None


def _said(host: Host, row: CardRow, seq: int, said: str) -> Answer:
    """A word in the thread is no edit: before it is said again, it is looked for."""
    place, real = (row.receipt or "").partition(":")[0], host.clock.real()
    if wait := host.database.read(lambda connection: pace.words_wait(connection, place, real)):
        return Busy("Slack wants no more messages there for now.", wait)
    name = str(uuid.uuid5(uuid.UUID(row.effect), str(seq)))
    one = Message(name, CHANNEL, row.recipient, said, thread=row.receipt)
    answer = _found(host, one, row) or _send(host, one)
    if isinstance(answer, Busy):
        after = answer.retry_after
        host.database.write(lambda connection: pace.hold_words(connection, place, real, after))
    return answer


def _send(host: Host, message: Message) -> Answer:
    channel = host.channels[CHANNEL]
    return channel.transport.send(message, channel.deadline)


def _kept(connection: Connection, row: CardRow, answer: Answer, real: datetime) -> None:
    """What is refused for good is not tried again before the task's next change, and says why."""
    pause = BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
    match answer:
        case Sent():
            rows.shown(connection, replace(row, reason=None))
        case Busy(reason, after):
            rows.failed(connection, replace(row, reason=reason), real + max(after, pause))
        case Refused(reason, credentials=False):
            rows.shown(connection, replace(row, reason=reason))
        case Refused(reason) | Uncertain(reason):
            rows.failed(connection, replace(row, reason=reason), real + pause)
