"""A person erased from an account: what was said of them, what was written to them, and their name in every text.

In the contact's place stays one that is inactive and says nothing, so that conditions on contacts are judged anew and
what is folded again later is the same. A mail to them that has not gone is skipped with the reason `erased`. An address
that was suppressed stays so, as a digest (store/suppressions.py).
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, select, update

from activities import written
from activities.desks import Bench, bench, folded_anew, lay_out
from activities.host import Host
from activities.mail.telling import SAID_BY
from activities.person import Person, person
from activities.runs import feed, say
from activities.starts import NoSuchAccount
from activities.store import (
    accounts,
    cards,
    decisions,
    emptied,
    facts,
    holds,
    inputs,
    kept,
    outbox,
    suppressions,
    tables,
    wakes,
)
from activities.store import runs as run_rows
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.writing_back import put_away
from engine.facts import Fact
from engine.ticks import ticks

MOST = 100_000  # runs that an account may have at a time
_TEXTS = [table for table in kept.HELD if table not in (tables.facts, tables.accounts)]


class _Undone(Exception):
    """Only what it would be was asked."""

    def __init__(self, told: "ContactErasure") -> None:
        super().__init__()
        self.told = told


class NoSuchContact(Exception):
    """The account never heard of this contact, or it is erased already."""


@dataclass(frozen=True, slots=True)
class ContactErasure:
    """`facts` that told of the person, `mails` written to them, `withdrawn` those that had not gone yet; `texts` are
    other records from which a name or an address was taken.
    """

    facts: int
    mails: int
    withdrawn: int
    texts: int


def erase(host: Host, account: str, contact: str) -> ContactErasure:
    """Raises NoSuchAccount and NoSuchContact."""
    erased = host.database.write(lambda connection: _Erasing(bench(host, connection), account, contact).erased())
    host.stir()
    return erased


def preview(host: Host, account: str, contact: str) -> ContactErasure:
    """What erasing would take. Raises NoSuchAccount and NoSuchContact."""

    def tried(connection: Connection) -> None:
        raise _Undone(_Erasing(bench(host, connection), account, contact).erased())

    try:
        host.database.write(tried)
    except _Undone as undone:
        return undone.told
    raise AssertionError("a trial ends by being undone")


class _Erasing:
    def __init__(self, at: Bench, account: str, contact: str) -> None:
        self.at, self.connection, self.account, self.contact = at, at.connection, account, contact
        row = accounts.lock(self.connection, [account]).get(account)
        if row is None or row.state is None:
            raise NoSuchAccount(account)
        self.row: AccountRow = row
        self.vocabulary = at.current.setting.vocabulary
        self.now = at.now(row)

    def erased(self) -> ContactErasure:
        told = self.told()
        mine = [fact for fact in told if fact.contact]
        theirs = written.of_contact(told, self.contact, self.vocabulary)
        if not mine and not theirs and self.contact not in self.row.known.contacts:
            raise NoSuchContact(self.contact)
        who = self.person(mine, theirs)
        suppressions.hide(self.connection, [one for one in who.sure if "@" in one])
        self.runs()
        mails, withdrawn = self.mails(who)
        self.write(written.emptied(fact, self.vocabulary) for fact in theirs)
        self.known(who, anew=bool(theirs))
        self.facts(mine, who)
        texts = self.texts(who)
        return ContactErasure(len(mine), mails, withdrawn, len(theirs) + texts)

    def told(self) -> list[Fact]:
        """What the account's facts say of this contact, and what is said by them."""
        kept_ = facts.of_account(self.connection, self.account, limit=None)
        about = [(fact, fact.contact or {}, fact.data or {}) for fact in kept_]
        return [fact for fact, of, by in about if self.contact in {str(of.get("id")), by.get("contact")}]

    def person(self, mine: Iterable[Fact], theirs: Iterable[Fact]) -> Person:
        who = person(self.account, self.contact, self.said(mine), suppressions.salt(self.connection))
        wrote = written.written(theirs, self.vocabulary)
        return replace(who, sentences=wrote.sentences, words=wrote.words, keys=wrote.keys)

    def said(self, mine: Iterable[Fact]) -> list[Mapping[str, object]]:
        known = self.row.known.contacts.get(self.contact, {})
        return [*(fact.contact or {} for fact in mine), {name: value for name, (value, _) in known.items()}]

    # --- runs of theirs

    def runs(self) -> None:
        """Those of playbooks with a run for each contact end, and nothing is decided of the contact any more."""
        listed = run_rows.listed(self.connection, account=self.account, live=True, limit=MOST)
        for row in [one for one in listed if one.subject == self.contact]:
            say(self.at, row.id, "stop", outcome=emptied.ERASED)
            said = run_rows.find(self.connection, row.id)
            if said is not None and said.outcome is None:
                feed(self.at, self.locked(), said)
        decisions.forget(self.connection, self.account, self.contact)
        holds.forget_subject(self.connection, self.account, self.contact)
        self.row = self.locked()

    def locked(self) -> AccountRow:
        return accounts.lock(self.connection, [self.account])[self.account]

    # --- what was written to them

    def mails(self, who: Person) -> tuple[int, int]:
        """How many there were, and how many of them had not gone."""
        rows = emptied.effects_of(self.connection, self.account)
        mine = [row for row in rows if self.is_theirs(row)]
        for row in mine:
            outbox.forget(self.connection, row.id)
        withdrawn = [row for row in mine if self.emptied(row, who)]
        told = [(row.run, row.settled(self.now, "skipped", emptied.ERASED)) for row in withdrawn]
        inputs.latch(self.connection, told, self.at.real)
        wakes.write(self.connection, {row.run for row in withdrawn}, self.at.real)
        return len(mine), len(withdrawn)

    def is_theirs(self, row: EffectRow) -> bool:
        """A mail to them, or a message that holds their words."""
        to_them = row.channel == "email" and row.effect.to == self.contact
        return to_them or row.effect.content.get(SAID_BY) == self.contact

    def emptied(self, row: EffectRow, who: Person) -> bool:
        key = row.effect.key
        told = {"key": row.id} if who.text(key) != key else {}
        return emptied.empty_effect(self.connection, row, self.now, **told)

    # --- what is known of them

    def known(self, who: Person, *, anew: bool) -> None:
        """The account without them, and all that hangs on its contacts judged anew."""
        desk = lay_out(self.at, {self.account: self.row})[self.account]
        if anew:
            desk.account = folded_anew(self.connection, self.account, self.at.current.setting)
        others = {name: item for name, item in desk.account.contacts.items() if name != self.contact}
        nobody = {who.token: {"active": (False, ticks(self.now))}}
        desk.account = replace(desk.account, contacts={**others, **nobody})
        said = self.nobody(f"{who.token}·{self.now:%Y%m%dT%H%M%S%f}", who)
        desk.take(said, now=self.now)
        put_away(self.at, desk, self.row, self.now)
        facts.add_said(self.connection, [said], self.now)

    def nobody(self, fact: str, who: Person, at: datetime | None = None) -> Fact:
        return Fact(id=fact, account=self.account, at=at or self.now, contact={"id": who.token, "active": False})

    def facts(self, mine: Iterable[Fact], who: Person) -> None:
        """They still say when something was heard, but not of whom; their ids keep them from being told again."""
        self.write(self.nobody(fact.id, who, fact.at) for fact in mine)
        rows = tables.facts
        query = select(rows.c.id).where(rows.c.account == self.account)
        for one in [one for one in self.connection.scalars(query) if who.text(one) != one]:
            renamed = {"id": f"{who.token}·{secrets.token_hex(8)}"}
            self.connection.execute(update(rows).where(rows.c.id == one).values(renamed))

    def write(self, instead: Iterable[Fact]) -> None:
        """In the place of those that have the same ids."""
        rows = tables.facts
        for fact in instead:
            self.connection.execute(update(rows).where(rows.c.id == fact.id).values(body=fact.model_dump_json()))

    # --- every other text

    def texts(self, who: Person) -> int:
        rewrite = partial(kept.rewrite, self.connection)
        changed = rewrite(tables.facts, self.account, partial(_in_fact, who))
        changed += sum(rewrite(table, self.account, who.anywhere) for table in _TEXTS)
        changed += kept.rewrite_answers(self.connection, who.anywhere)
        rewrite(tables.accounts, self.account, partial(_in_state, who))
        cards.touch_account(self.connection, self.account)
        return changed


def _in_fact(who: Person, body: str) -> str:
    """An account's own fields and its team are no place for first names: they may be anybody's."""
    names = Fact.model_validate_json(body).kind not in {"fields", "team"}
    return who.anywhere(body, names=names, words=False)


def _in_state(who: Person, state: str) -> str:
    parts = json.loads(state).items()
    told = {
        name: json.loads(
            who.anywhere(json.dumps(part, ensure_ascii=False), names=name not in {"fields", "team"}, words=False)
        )
        for name, part in parts
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
