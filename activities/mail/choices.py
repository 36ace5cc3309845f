"""What somebody who got a mail wants to get: seen and changed by the link in that mail, and by nothing else."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from activities import ledger
from activities.desks import Bench, bench
from activities.host import Host
from activities.mail import responses
from activities.mail.responses import to_mail
from activities.store import accounts, effects, mail_events, suppressions
from activities.store.effects import EffectRow
from activities.store.suppressions import EVERY
from engine.mailing import left_by_link, topic_of, topics_to_leave
from engine.policy import Topic


@dataclass(frozen=True, slots=True)
class Choices:
    """`address` is masked. `topic` is the mail's own, None where it is one that cannot be left; `wanted` are the ids of
    the `topics` that they get. `nothing`: they refused all that can be refused. `barred`: why the address gets nothing
    at all, whatever is wanted.
    """

    address: str
    language: str
    company: str
    topic: Topic | None
    topics: tuple[Topic, ...]
    wanted: frozenset[str]
    nothing: bool = False
    barred: Literal["bounced", "complained"] | None = None


def of_mail(host: Host, effect: str) -> Choices | None:
    """None where nobody is known any more to whom the mail went."""
    return host.database.read(lambda connection: _choices(bench(host, connection), effect))


def leave(host: Host, effect: str, *, everything: bool = False) -> datetime | None:
    """No more mail about the mail's topic, or none at all that is not essential. Returns the instant by which it is
    taken back; None where they had said so before, or are known no more.
    """
    since = host.database.write(lambda connection: _left(bench(host, connection), effect, everything=everything))
    host.stir()
    return since


def take_back(host: Host, effect: str, since: datetime) -> bool:
    """What was left at that instant is wanted again, and nothing that was left before; whether there was anything."""
    return host.database.write(lambda connection: _taken_back(bench(host, connection), effect, since))


def choose(host: Host, effect: str, wanted: Collection[str]) -> bool:
    """From now on those topics and no others; whether there is anybody to heed."""
    done = host.database.write(lambda connection: _chosen(bench(host, connection), effect, wanted))
    host.stir()
    return done


def _choices(at: Bench, effect: str) -> Choices | None:
    row = _mail(at.connection, effect)
    if row is None:
        return None
    policy, address = at.current.setting.policy, row.effect.address
    topics = topics_to_leave(topic_of(row.effect), policy)
    language = row.effect.content.get("language")
    reason = suppressions.reason_of(at.connection, address)
    complained = reason == suppressions.COMPLAINED
    got = () if complained else topics
    return Choices(
        address=_masked(address),
        language=language if isinstance(language, str) else policy.mail.language,
        company=policy.mail.company,
        topic=next((one for one in topics if one.id == topic_of(row.effect)), None),
        topics=topics,
        wanted=frozenset(one.id for one in got if not any(_opted_out(at, row, one.id))),
        nothing=all(_opted_out(at, row, EVERY)),
        barred=None if reason is None else "complained" if complained else "bounced",
    )


def _mail(connection: Connection, effect: str) -> EffectRow | None:
    row = effects.find(connection, effect)
    return row if row is not None and row.channel == "email" and row.effect.address else None


def _left(at: Bench, effect: str, *, everything: bool) -> datetime | None:
    row = _locked(at, effect)
    if row is None:
        return None
    topic = EVERY if everything else left_by_link(topic_of(row.effect), at.current.setting.policy)
    if not _leave(at, row, topic):
        return None
    said = [suppressions.left_at(at.connection, one, topic) for one in _addresses(at, row)]
    return max(filter(None, said), default=None)


def _locked(at: Bench, effect: str) -> EffectRow | None:
    """The mail, with its account locked."""
    row = _mail(at.connection, effect)
    if row is not None:
        accounts.lock(at.connection, [row.account])
        if row.state == "uncertain":  # whoever has its link has it
            ledger.settle_proven(at.host.within(at.connection), row, f"link:{row.id}")
    return row


def _leave(at: Bench, row: EffectRow, topic: str) -> bool:
    """Whether it changes anything. Said again, it is no news; nor is it after it was taken back, however often."""
    if all(_opted_out(at, row, topic)):
        return False
    now = at.host.clock.now()
    news = mail_events.add(at.connection, row.account, row.recipient, row.id, "unsubscribed", now, topic)
    said = replace(to_mail(row, "unsubscribe", topic=topic), again=not news)
    responses.take_in(at.host.within(at.connection), said)
    return True


def _taken_back(at: Bench, effect: str, since: datetime) -> bool:
    """A complaint is no click of this page, so no click of it takes that back."""
    row = _locked(at, effect)
    if row is None:
        return False
    return sum(suppressions.take_back(at.connection, one, since) for one in sorted(_addresses(at, row))) > 0


def _chosen(at: Bench, effect: str, wanted: Collection[str]) -> bool:
    row = _locked(at, effect)
    if row is None:
        return False
    topics = [one.id for one in topics_to_leave(topic_of(row.effect), at.current.setting.policy)]
    if not set(topics) & set(wanted):
        _leave(at, row, EVERY)
        return True
    unwanted = [one for one in topics if one not in wanted]
    left = [one for one in unwanted if suppressions.opted_out(at.connection, row.effect.address, one)]
    for address in _addresses(at, row):
        suppressions.forgive(at.connection, address)
        suppressions.opt_in(at.connection, address, [EVERY, *wanted])
        for topic in left:
            suppressions.opt_out(at.connection, address, topic, at.host.clock.now())
    for topic in unwanted:
        _leave(at, row, topic)
    return True


def _opted_out(at: Bench, row: EffectRow, topic: str) -> list[bool]:
    """At each of their addresses."""
    return [suppressions.opted_out(at.connection, one, topic) for one in sorted(_addresses(at, row))]


def _addresses(at: Bench, row: EffectRow) -> set[str]:
    """Where the mail went, and where they are reached now."""
    account = accounts.find(at.connection, row.account)
    known = account.known.contacts.get(row.recipient, {}) if account else {}
    current = known["email"][0] if "email" in known else None
    return {row.effect.address, current} if isinstance(current, str) else {row.effect.address}


def _masked(address: str) -> str:
    """Enough for whoever has it to know it, and too little for whoever the mail was passed on to."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
