"""What became of mails and of runs, counted where they lie: by playbook, step and template."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, case, distinct, exists, func, literal_column, or_, select

from activities.store.tables import effects, mail_events, runs, trace

KINDS: Final = ("delivered", "opened", "clicked", "replied", "unsubscribed", "bounced", "complained")
# What only a provider could tell, which neither a mail server nor the local outbox does.
TOLD_BY_PROVIDERS: Final = ("delivered", "opened", "clicked", "complained")
_SILENT = or_(*(effects.c.receipt.startswith(f"{name}:") for name in ("smtp", "outbox")))
# Written out, not bound: the index is of these rows alone.
_A_MAIL = literal_column("effects.channel = 'email'") & (effects.c.purpose == "email") & (effects.c.state == "sent")
_BY_GOAL = exists(
    select(trace.c.seq).where(
        trace.c.run == runs.c.id, trace.c.event == "ended", trace.c.body.contains('"by":"goal"', autoescape=True)
    )
)
_HELD_OUT = trace.c.body.contains('"reason":"holdout"', autoescape=True)
AT_ONCE: Final = 2_000  # rows of a long answer
_OCCURRENCE = re.compile(r"#\d+")

Mail: TypeAlias = tuple[str, str, str]
"""A playbook, the author's path of the step (without occurrences), and a template or nothing."""


@dataclass(frozen=True, slots=True)
class Began:
    """A run, its account, with when it ended if it has, and whether by its goal."""

    run: str
    account: str
    started: datetime
    ended: datetime | None
    by_goal: bool


def mails(connection: Connection, since: datetime, playbook: str | None) -> dict[Mail, dict[str, int | None]]:
    """How many were sent from then on, and to how many of them each kind of thing happened since: None where nobody
    could have told.
    """
    template, below = _said(connection, "template"), _said(connection, "below")
    counts = [func.count(distinct(case((mail_events.c.kind == kind, effects.c.id)))) for kind in KINDS]
    silent = func.count(distinct(case((_SILENT, effects.c.id))))
    query = (
        select(effects.c.playbook, effects.c.path, below, template, silent, func.count(distinct(effects.c.id)), *counts)
        .select_from(effects.outerjoin(mail_events, mail_events.c.effect == effects.c.id))
        .where(_A_MAIL, effects.c.settled_at >= since, *_of(effects.c.playbook, playbook))
        .group_by(effects.c.playbook, effects.c.path, below, template)
    )
    found: defaultdict[Mail, Counter[str]] = defaultdict(Counter)
    for name, path, part, text, *numbers in connection.execute(query):
        found[_mail(name, path, part, text)].update(dict(zip(("silent", "sent", *KINDS), numbers, strict=True)))
    return {mail: _known(counted) for mail, counted in found.items()}


def _known(counted: Counter[str]) -> dict[str, int | None]:
    all_silent = counted["silent"] == counted["sent"]
    return {
        kind: None if all_silent and kind in TOLD_BY_PROVIDERS and not counted[kind] else counted[kind]
        for kind in ("sent", *KINDS)
    }


def last_sent(connection: Connection, playbook: str, since: datetime, until: datetime) -> dict[str, datetime]:
    """By run, when its last mail of that time went."""
    last = func.max(effects.c.settled_at, type_=effects.c.settled_at.type)
    query = select(effects.c.run, last).where(_sent(playbook, since, until)).group_by(effects.c.run)
    return {row[0]: row[1] for row in connection.execute(query)}


def concerned(connection: Connection, playbook: str, since: datetime, until: datetime) -> list[Began]:
    """The runs that began in that time or sent a mail in it, the newest first."""
    sent = runs.c.id.in_(select(effects.c.run).where(_sent(playbook, since, until)))
    query = (
        select(runs.c.id, runs.c.account, runs.c.started, runs.c.ended, case((_BY_GOAL, True), else_=False))
        .where(runs.c.playbook == playbook, runs.c.started <= until, or_(runs.c.started >= since, sent))
        .order_by(runs.c.started.desc(), runs.c.id)
    )
    return [Began(*row) for row in connection.execute(query)]


def sent_between(
    connection: Connection, playbook: str, since: datetime, until: datetime
) -> Iterator[tuple[Mail, datetime, str]]:
    """Each mail with when it was sent and the id of its run."""
    template, below = _said(connection, "template"), _said(connection, "below")
    query = select(effects.c.path, below, template, effects.c.settled_at, effects.c.run)
    for path, part, text, at, run in connection.execute(query.where(_sent(playbook, since, until))).yield_per(AT_ONCE):
        yield _mail(playbook, path, part, text), at, run


def _sent(playbook: str, since: datetime, until: datetime) -> ColumnElement[bool]:
    at = effects.c.settled_at
    return _A_MAIL & (effects.c.playbook == playbook) & (at >= since) & (at <= until)


def entered(connection: Connection, since: datetime, playbook: str | None) -> dict[str, int]:
    """How many runs each playbook has begun from then on."""
    query = select(runs.c.playbook, func.count()).where(runs.c.started >= since, *_of(runs.c.playbook, playbook))
    return {row[0]: row[1] for row in connection.execute(query.group_by(runs.c.playbook))}


def held_out(connection: Connection, playbook: str, since: datetime, until: datetime) -> Sequence[tuple[str, datetime]]:
    """The accounts that would have begun and were held out, each with when that was first; the newest first."""
    first = func.min(trace.c.at, type_=trace.c.at.type)
    query = (
        select(trace.c.account, first)
        .where(trace.c.run == "", trace.c.playbook == playbook, trace.c.event == "not_started", _HELD_OUT)
        .where(trace.c.at >= since, trace.c.at <= until)
        .group_by(trace.c.account)
        .order_by(first.desc(), trace.c.account)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _mail(playbook: str, path: str, below: str | None, template: str | None) -> Mail:
    return playbook, _OCCURRENCE.sub("", f"{path}/{below}" if below else path), template or ""


def _of(column: ColumnElement[str], playbook: str | None) -> list[ColumnElement[bool]]:
    return [] if playbook is None else [column == playbook]


def _said(connection: Connection, name: Literal["template", "below"]) -> ColumnElement[str]:
    """Of a mail's content. Written out, so that it is the same in what is chosen and in what it is grouped by."""
    if connection.dialect.name == "sqlite":
        return literal_column(f"json_extract(effects.body, '$.content.{name}')")
    return literal_column(f"(effects.body::json #>> '{{content,{name}}}')")
