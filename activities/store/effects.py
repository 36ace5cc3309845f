"""The ledger's rows. What the states mean and how they follow each other is told in activities/ledger.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, literal_column, select, update

from activities.store import writing
from activities.store.tables import effects, tasks
from activities.store.writing import Among, insert_new
from engine.run import Effect, Settled

Held = Literal["window", "cap", "provider"]
State = Literal["wanted", "claimed", "sent", "failed", "skipped", "deferred", "uncertain"]
FINAL: tuple[State, ...] = ("sent", "failed", "skipped")
TELLING = ("task", "remind", "escalate")  # purposes of what no run waits for, each about one task or escalation


@dataclass(frozen=True)
class EffectRow:
    """`at`: since when it has been wanted, this time. `until`: of a deferred effect, when it is wanted again; of an
    uncertain one, when the provider is asked next (None: a person must say, unless `asking`). `held`: by what it is
    deferred; a `provider` that is down may hold it without an instant (activities/putting_off.py). `tried_at`,
    `claimed_at`, `lease_until` and `go_at` (its turn at the provider's rate) are real.
    """

    id: str
    run: str
    account: str
    playbook: str
    visit: int
    channel: str
    at: datetime
    body: str
    state: State
    reason: str | None
    attempt: int
    until: datetime | None
    asking: bool
    looks: int
    tried_at: datetime | None
    claimed_at: datetime | None
    lease_until: datetime | None
    settled_at: datetime | None
    receipt: str | None
    recipient: str
    priority: int
    ready_since: datetime
    held: Held | None
    go_at: datetime | None

    @cached_property
    def effect(self) -> Effect:
        """Read once, however many look at it."""
        return Effect.model_validate_json(self.body)

    @property
    def is_resendable(self) -> bool:
        """By a person's word: it is uncertain, or it was refused and no run waits for it. A run that waits is parked,
        and wants it anew itself when it is resumed.
        """
        return self.state == "uncertain" or (self.state == "failed" and not self.effect.blocking)

    def settled(
        self, at: datetime, state: Literal["sent", "failed", "skipped", "expired"], reason: str | None = None
    ) -> Settled:
        """As the effect's own; the row's name stays when the key is emptied."""
        return self.effect.settled(at, state, reason).model_copy(update={"effect": self.id})


FEW = 20  # messages of one visit of a step to one person
_COLUMNS = [effects.c[name] for name in EffectRow.__dataclass_fields__]


_ORDER = (effects.c.priority.desc(), effects.c.at, effects.c.key)
_BY_ID = Among(select(*_COLUMNS), effects.c.id)
# Written out, not bound: the index is of these rows alone.
_TAKEN = (effects.c.channel == literal_column("'email'")) & effects.c.receipt.is_not(None)
_BY_RECEIPT = Among(select(*_COLUMNS).where(_TAKEN), effects.c.receipt)
_LAST_TO = (
    select(*_COLUMNS)
    .where(
        effects.c.channel == literal_column("'email'"), effects.c.address.in_((bindparam("said"), bindparam("small")))
    )
    .where(effects.c.state.in_(("sent", "uncertain")))
    .order_by(effects.c.settled_at.desc().nulls_last())
    .limit(1)
)
_WHOSE = select(effects.c.account, effects.c.run).where(effects.c.id == bindparam("effect"))
_UNSETTLED = Among(select(*_COLUMNS).where(effects.c.state.not_in(FINAL)).order_by(*_ORDER), effects.c.run)
_PUT_OFF = Among(select(effects.c.run, effects.c.until).where(effects.c.until.is_not(None)), effects.c.run)


def find(connection: Connection, effect: str) -> EffectRow | None:
    return states(connection, [effect]).get(effect)


def told_by(connection: Connection, run: str, step: str, recipient: str) -> list[EffectRow]:
    """What a step of a run told somebody in Slack: of its last visits first, and of each the first message first."""
    named = effects.c.key.startswith(f"{run}·{step}·", autoescape=True) | effects.c.key.startswith(
        f"{run}·{step}/", autoescape=True
    )
    mine = (effects.c.run == run) & (effects.c.recipient == recipient) & (effects.c.channel == "slack") & named
    query = select(*_COLUMNS).where(mine).order_by(effects.c.visit.desc(), effects.c.at, effects.c.key)
    return [EffectRow(*row) for row in connection.execute(query.limit(FEW))]


def received(connection: Connection, receipts: Collection[str]) -> EffectRow | None:
    """The mail that a provider took with one of these receipts."""
    return next((EffectRow(*row) for row in _BY_RECEIPT.rows(connection, receipts)), None)


def last_to(connection: Connection, address: str) -> EffectRow | None:
    """The last mail that went to the address."""
    row = connection.execute(_LAST_TO, {"said": address, "small": address.lower()}).one_or_none()
    return EffectRow(*row) if row else None


def whose(connection: Connection, effect: str) -> tuple[str, str] | None:
    """The account and the run of an effect, which never change."""
    row = connection.execute(_WHOSE, {"effect": effect}).one_or_none()
    return (row.account, row.run) if row else None


def states(connection: Connection, ids: Collection[str]) -> dict[str, EffectRow]:
    return {row.id: EffectRow(*row) for row in _BY_ID.rows(connection, ids)}


def unsettled(connection: Connection, runs: Collection[str]) -> dict[str, list[EffectRow]]:
    """By run, what is neither sent nor failed nor skipped; in the order in which it is to be done."""
    found: dict[str, list[EffectRow]] = {run: [] for run in runs}
    for row in _UNSETTLED.rows(connection, runs):
        found[row.run].append(EffectRow(*row))
    return found


def next_looks(connection: Connection, runs: Collection[str]) -> dict[str, datetime]:
    """By run, when the first of what it has put off, or must ask for, is looked at; runs without such are left out."""
    found: dict[str, datetime] = {}
    for row in _PUT_OFF.rows(connection, runs):
        found[row.run] = min(row.until, found.get(row.run, row.until))
    return found


def add(
    connection: Connection, new: Sequence[tuple[str, str, Effect]], real: datetime, doubtful: Collection[str] = ()
) -> bool:
    """`new` are account, playbook and effect; those of `doubtful` ids begin as uncertain and are due for a look.
    Whether all of them were new: those that are there already are left as they are.
    """
    rows = [
        {
            "id": one.id,
            "key": one.key,
            "run": one.run,
            "account": account,
            "playbook": playbook,
            "path": one.path,
            "visit": one.visit,
            "channel": one.channel,
            "purpose": one.purpose,
            "address": one.address,
            "priority": one.priority,
            "at": one.at,
            "body": one.model_dump_json(),
            "state": "uncertain" if one.id in doubtful else "wanted",
            "asking": one.id in doubtful,
            "ready_since": one.at,
            "recipient": one.to,
            "checked_at": real,
        }
        for account, playbook, one in new
    ]
    return insert_new(connection, effects, rows) == len(rows)


def change(connection: Connection, effect: str, **changes: Any) -> None:
    writing.change(connection, effects, effect, **changes)


def release(connection: Connection, run: str, now: datetime, real: datetime) -> list[EffectRow]:
    """What was put off until now is wanted again, what was uncertain is asked for; they, as they were."""
    due = [one for one in unsettled(connection, [run])[run] if one.until is not None and one.until <= now]
    for one in due:
        if one.state == "deferred":
            again = {"state": "wanted", "reason": None, "held": None, "checked_at": real}
            # A mail that nothing holds was not taken: it goes on where it was.
            going_on = one.held is None and one.channel in {"email", "notice"}
            again["tried_at"] = one.tried_at if going_on else None
            # Whoever waits for room is ready all the while; who waits for an hour, from then on.
            since = one.ready_since if one.held == "cap" else one.until
            change(connection, one.id, until=None, ready_since=since, at=one.until, **again)
        else:
            change(connection, one.id, until=None, asking=True)
    return due


def skip(
    connection: Connection, run: str, reason: str, visit: tuple[str, int] | None = None, to: str | None = None
) -> int:
    """Effects not yet claimed, of one visit (path and number) or of the whole run, to one or to all, are not to be done
    any more. How many there were.
    """
    mine = (effects.c.run == run) & effects.c.state.in_(("wanted", "deferred"))
    if visit is not None:
        mine &= (effects.c.path == visit[0]) & (effects.c.visit == visit[1])
    if to is not None:
        mine &= effects.c.recipient == to
    taken = update(effects).where(mine).values(state="skipped", reason=reason, until=None, held=None)
    return connection.execute(taken).rowcount


def listed(
    connection: Connection,
    *,
    account: str | None = None,
    run: str | None = None,
    channel: str | None = None,
    states_in: Collection[State] = (),
    after: str = "",
    limit: int = 100,
) -> list[EffectRow]:
    """By id, from the one after `after`."""
    where: ColumnElement[bool] = effects.c.id > after
    given: Mapping[str, str | None] = {"account": account, "run": run, "channel": channel}
    for name, value in given.items():
        where = where & (effects.c[name] == value) if value is not None else where
    where = where & effects.c.state.in_(sorted(states_in)) if states_in else where
    found = connection.execute(select(*_COLUMNS).where(where).order_by(effects.c.id).limit(limit))
    return [EffectRow(*row) for row in found]


def refused(connection: Connection, limit: int) -> list[EffectRow]:
    """What a provider refused of that which tells of a task or an escalation that is still open."""
    about = (tasks.c.run == effects.c.run) & (tasks.c.state == "open") & effects.c.body.contains(tasks.c.id)
    mine = (effects.c.state == "failed") & effects.c.purpose.in_(TELLING)
    query = select(*_COLUMNS).where(mine, exists().where(about)).order_by(effects.c.id)
    return [EffectRow(*row) for row in connection.execute(query.limit(limit))]


def counted(connection: Connection) -> dict[tuple[str, str, str], int]:
    """How many effects there are by channel, purpose and state."""
    by = (effects.c.channel, effects.c.purpose, effects.c.state)
    rows = connection.execute(select(*by, func.count()).group_by(*by))
    return {(row[0], row[1], row[2]): row[3] for row in rows}
