"""Facts in: one transaction a batch, from the stored fact to the starts, flips and wakes that follow from it."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from activities.desks import Bench, bench, lay_out
from activities.host import Host
from activities.mail import moved
from activities.store import accounts, facts
from activities.store.accounts import AccountRow
from activities.store.facts import Stored
from activities.store.together import Collided
from activities.writing_back import Worked, put_all_away
from engine.account import Account, apply, missing_required
from engine.desk import Desk
from engine.facts import Fact, read_fact
from engine.instants import told_together
from engine.retold import conflict

log = logging.getLogger(__name__)

AT_ONCE = 100  # accounts whose time has come, in one transaction
OUR_FAULT = "it could not be taken in; this is our fault, not yours"
TRY_AGAIN = timedelta(minutes=5)

Item = tuple[int, Fact]
Grouped = Callable[[Sequence[Fact]], Iterable[Sequence[Fact]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one item. `reasons` are sentences for whoever posted it."""

    id: str
    status: Literal["stored", "duplicate", "rejected"]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Telling:
    """Which facts of an account are told as one, and whether what they make true starts anything."""

    grouped: Grouped
    starts: bool = True


def post(
    host: Host, items: Sequence[Mapping[str, object]], *, history: bool = False, starts: bool = True
) -> list[Answer]:
    """An answer for each item, in their order; what is wrong with one keeps none of the others out.

    `history`: they tell of the past. An account's are then taken in as one, so that only how it stands after them is
    judged and nothing fires for what was so in between. Without `starts` that fires no more than it would if the
    account had been known when the playbooks were applied.
    """
    telling = _Telling(_as_one if history else told_together, starts)
    answers = host.database.write(lambda connection: _posted(bench(host, connection), items, telling))
    host.stir()
    return answers


def _posted(at: Bench, items: Sequence[Mapping[str, object]], telling: _Telling) -> list[Answer]:
    received = at.host.clock.now()
    setting = at.current.setting
    people, roles = setting.people.by_id, {*setting.policy.roles, *setting.people.roles}
    answers: dict[int, Answer] = {}
    readable: list[Item] = []
    for place, item in enumerate(items):
        fact = read_fact(item, setting.vocabulary, received, people, roles if people else ())
        if isinstance(fact, Fact):
            readable.append((place, fact))
        else:
            answers[place] = Answer(_named(item), "rejected", tuple(fact))
    answers |= _taken(at, readable, received, telling)
    return [answers[place] for place in range(len(items))]


def _named(item: Mapping[str, object]) -> str:
    given = item.get("id")
    return given if isinstance(given, str) else ""


def _taken(at: Bench, items: Sequence[Item], received: datetime, telling: _Telling) -> dict[int, Answer]:
    rows = accounts.lock_or_make(at.connection, {fact.account for _, fact in items})
    answers, new = _without_duplicates(at.connection, items, received)
    of_each: dict[str, list[Item]] = {}
    for place, fact in new:
        of_each.setdefault(fact.account, []).append((place, fact))
    coming = {account: [fact for _, fact in mine] for account, mine in of_each.items()}
    desks = lay_out(at, {account: rows[account] for account in of_each}, coming=coming)
    kept: list[Fact] = []
    worked: list[Worked] = []
    for account, mine in of_each.items():
        told, desk = _told(at, rows[account], desks[account], mine, telling)
        answers |= told
        stored = [fact for place, fact in mine if told[place].status == "stored"]
        kept += stored
        if stored:
            worked.append(Worked(desk, rows[account], at.now(rows[account])))
            moved.follow(at.connection, rows[account].known, desk.account, stored, received)
    put_all_away(at, worked)
    facts.add(at.connection, kept, received)
    accounts.forget_empty(at.connection, [one for one in rows if rows[one].state is None])
    return answers


def _without_duplicates(
    connection: Connection, items: Sequence[Item], received: datetime
) -> tuple[dict[int, Answer], list[Item]]:
    seen = facts.stored(connection, {fact.id for _, fact in items})
    answers: dict[int, Answer] = {}
    new: list[Item] = []
    for place, fact in items:
        if (old := seen.get(fact.id)) is not None:
            answers[place] = _told_again(fact, received, old)
        else:
            seen[fact.id] = Stored(fact, received)
            new.append((place, fact))
    return answers, new


def _told_again(fact: Fact, received: datetime, old: Stored) -> Answer:
    """One that said no instant, or one ahead of us, was given that of its arrival: it says nothing of when it was."""
    dated = fact.at != received and old.fact.at != old.received
    why = conflict(fact, old.fact, dated=dated)
    return Answer(fact.id, "rejected", (why,)) if why else Answer(fact.id, "duplicate")


def _told(
    at: Bench, row: AccountRow, desk: Desk, items: Sequence[Item], telling: _Telling
) -> tuple[dict[int, Answer], Desk]:
    """Tells a desk its facts. One that breaks our code is left out, and the desk is laid out anew for the others."""
    if row.state is None and (lacking := _lacking(at, desk.account, items)):
        return {place: Answer(fact.id, "rejected", lacking) for place, fact in items}, desk
    now = at.now(row)
    broken: set[str] = set()
    while failed := _take(desk, [fact for _, fact in items if fact.id not in broken], telling, now):
        if len(failed) == 1:
            broken.add(failed[0].id)
        telling = replace(telling, grouped=_one_by_one)  # to find which of them it is
        desk = lay_out(at, {row.id: row})[row.id]
    return {place: _answer(fact, broken) for place, fact in items}, desk


def _answer(fact: Fact, broken: Collection[str]) -> Answer:
    return Answer(fact.id, "rejected", (OUR_FAULT,)) if fact.id in broken else Answer(fact.id, "stored")


def _as_one(facts: Sequence[Fact]) -> Iterable[Sequence[Fact]]:
    return [facts] if facts else []


def _one_by_one(facts: Sequence[Fact]) -> Iterable[Sequence[Fact]]:
    return ([fact] for fact in facts)


def _take(desk: Desk, facts: Sequence[Fact], telling: _Telling, now: datetime) -> Sequence[Fact]:
    """Returns those of the group that broke, if one did."""
    for together in telling.grouped(facts):
        try:
            desk.take(*together, now=now, quietly=not telling.starts)
        except (SQLAlchemyError, Collided):
            raise
        except Exception:
            log.exception("a fact could not be taken in")
            return together
    return ()


def _lacking(at: Bench, account: Account, items: Iterable[Item]) -> tuple[str, ...]:
    """Why these facts do not make a new account."""
    setting = at.current.setting
    for _, fact in items:
        account, _ = apply(account, fact, setting.vocabulary, setting.policy)
    missing = missing_required(account, setting.vocabulary)
    if not missing:
        return ()
    return (f"the account {account.id!r} is not known yet; a new one needs {', '.join(missing)}",)


# --- time ------------------------------------------------------------------------------------------------


def wake_due(host: Host, limit: int = AT_ONCE) -> int:
    """Evaluates accounts whose time has come, the longest due first; how many there were."""
    due = host.database.read(lambda connection: accounts.due(connection, host.clock.now(), limit))
    return _judge(host, due, Desk.tick)


def fill(host: Host, limit: int = AT_ONCE) -> int:
    """First decisions of accounts that have not been judged since the last apply; how many there were."""
    todo = host.database.read(
        lambda connection: accounts.unfilled(connection, host.applied.current(connection).number, limit)
    )
    return _judge(host, todo, Desk.fill)


Judge = Callable[[Desk, datetime], None]


def _judge(host: Host, ids: Sequence[str], judge: Judge) -> int:
    if ids:
        _all_or_each(host, ids, judge)
        host.stir()
    return len(ids)


def _all_or_each(host: Host, ids: Sequence[str], judge: Judge) -> None:
    """In one transaction; when one account breaks our code, in one each, so that it holds up none of the others."""
    try:
        host.database.write(lambda connection: _judged(bench(host, connection), ids, judge))
    except (SQLAlchemyError, Collided):
        raise
    except Exception:
        if len(ids) > 1:
            for one in ids:
                _all_or_each(host, [one], judge)
            return
        log.exception("an account could not be judged; it is tried again in %s", TRY_AGAIN)
        host.database.write(lambda connection: _put_off(bench(host, connection), ids[0]))


def _judged(at: Bench, ids: Sequence[str], judge: Judge) -> None:
    rows = accounts.lock(at.connection, ids)
    worked: list[Worked] = []
    for account, desk in lay_out(at, rows).items():
        now = at.now(rows[account])
        judge(desk, now)
        worked.append(Worked(desk, rows[account], now, filled=judge is Desk.fill))
    put_all_away(at, worked)


def _put_off(at: Bench, account: str) -> None:
    for row in accounts.lock(at.connection, [account]).values():
        later = at.now(row) + TRY_AGAIN
        accounts.save(at.connection, [replace(row, due_at=later, filled=at.current.number)])
