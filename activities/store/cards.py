"""Cards: messages that follow a task. A row is stale while its `rev` is above what is `shown`; leases are real."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, case, exists, func, select, update

from activities.store.tables import cards, tasks
from activities.store.writing import upsert

MAILED = "mail"  # in the place of a receipt: who is told knows it by mail, and Slack has nothing of it
ACTS = -(2**40)
LASTING = 5  # tries: so many take minutes
LEASE = timedelta(seconds=60)  # longer than an edit and a few words in a thread may take


@dataclass(frozen=True, slots=True)
class CardRow:
    """`recipient` is a person's id or a channel; `receipt` is None until the effect has posted it, or MAILED."""

    task: str
    recipient: str
    account: str
    effect: str
    receipt: str | None
    rev: int
    digest: str
    told: int
    attempts: int
    reason: str | None
    turn: int = 0

    @property
    def is_act(self) -> bool:
        """What somebody did, and waits to see."""
        return self.turn < 0


_COLUMNS = [cards.c[name] for name in CardRow.__dataclass_fields__]
_REAL = bindparam("real", type_=cards.c.lease_until.type)
_FREE = cards.c.lease_until.is_(None) | (cards.c.lease_until <= _REAL)
_STALE = (cards.c.rev > cards.c.shown) & cards.c.receipt.is_not(None) & _FREE
_ANY = select(cards.c.task).where(_STALE).limit(1)
_ANY_ACT = _ANY.where(cards.c.turn < 0)
_FIRST = (
    select(*_COLUMNS)
    .where(_STALE)
    .order_by(cards.c.turn, cards.c.task, cards.c.recipient)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_ONE = (cards.c.task == bindparam("which")) & (cards.c.recipient == bindparam("whose"))
_FIND = select(*_COLUMNS).where(_ONE)
_BEHIND = cards.alias()
_LAST = select(func.coalesce(func.max(_BEHIND.c.turn), 0) + 1).where(_BEHIND.c.rev > _BEHIND.c.shown).scalar_subquery()
_TOUCH = (
    update(cards)
    .where(cards.c.task == bindparam("which"))
    .values(rev=cards.c.rev + 1, turn=case((cards.c.rev > cards.c.shown, cards.c.turn), else_=_LAST))
)
# What people did is shown before what changed by itself, however many cards that is: in a row of its own, below 0.
_MINE = (_BEHIND.c.rev > _BEHIND.c.shown) & (_BEHIND.c.turn < 0)
_LAST_ACT = select(func.coalesce(func.max(_BEHIND.c.turn), ACTS) + 1).where(_MINE).scalar_subquery()
_TOUCH_FIRST = (
    update(cards)
    .where(cards.c.task == bindparam("which"))
    .values(
        rev=cards.c.rev + 1,
        turn=case(((cards.c.rev > cards.c.shown) & (cards.c.turn < 0), cards.c.turn), else_=_LAST_ACT),
    )
)
_OTHERWISE = exists().where(tasks.c.id == bindparam("which"), tasks.c.body != bindparam("new"))
_TOUCH_CHANGED = _TOUCH.where(_OTHERWISE)
_UNTIL = bindparam("until", type_=cards.c.lease_until.type)
_LEASE = update(cards).where(_ONE).values(lease_until=_UNTIL, attempts=cards.c.attempts + 1)


def find(connection: Connection, task: str, recipient: str) -> CardRow | None:
    return next((CardRow(*row) for row in connection.execute(_FIND, {"which": task, "whose": recipient})), None)


def put(connection: Connection, row: CardRow) -> None:
    """A card as its effect posts it: what it shows then is what it is."""
    fields = {name: getattr(row, name) for name in CardRow.__dataclass_fields__}
    upsert(connection, cards, [{**fields, "shown": row.rev, "lease_until": None}])


def posted(connection: Connection, task: str, recipient: str, effect: str, receipt: str) -> None:
    mine = (cards.c.task == task) & (cards.c.recipient == recipient) & (cards.c.effect == effect)
    connection.execute(update(cards).where(mine).values(receipt=receipt))


def shown_to(connection: Connection, task: str) -> set[str]:
    """The people and channels that have it, or will."""
    return set(connection.scalars(select(cards.c.recipient).where(cards.c.task == task)))


def is_being_shown(connection: Connection, row: CardRow, real: datetime) -> bool:
    mine = (cards.c.task == row.task) & (cards.c.recipient == row.recipient) & (cards.c.lease_until > real)
    return connection.scalar(select(cards.c.task).where(mine)) is not None


def touch(connection: Connection, ones: Collection[str], *, first: bool = False) -> None:
    """Something was done with these tasks, and there is something new to be seen of them; `first`: somebody waits to
    see it.
    """
    if ones:
        connection.execute(_TOUCH_FIRST if first else _TOUCH, [{"which": one} for one in sorted(set(ones))])


def touch_account(connection: Connection, account: str) -> None:
    """Something that any of them may show is another now."""
    connection.execute(update(cards).where(cards.c.account == account).values(rev=cards.c.rev + 1))


def touch_changed(connection: Connection, bodies: Mapping[str, str]) -> None:
    """Likewise, of those tasks that these bodies make other than they are stored."""
    if bodies:
        connection.execute(_TOUCH_CHANGED, [{"which": one, "new": body} for one, body in sorted(bodies.items())])


def any_stale(connection: Connection, real: datetime, *, acts: bool = False) -> bool:
    """Asked before leasing: it takes no lock. `acts`: whether there is one that somebody waits for."""
    return connection.scalar(_ANY_ACT if acts else _ANY, {"real": real}) is not None


def stale(connection: Connection, real: datetime, limit: int) -> list[CardRow]:
    """Those that nobody else shows, what people did before all else; locked."""
    return [CardRow(*row) for row in connection.execute(_FIRST, {"real": real, "most": limit})]


def lease(connection: Connection, chosen: Iterable[CardRow], real: datetime) -> None:
    """For LEASE from now. `attempts` of a row are those that came before: whoever died in the middle of one counts."""
    for one in chosen:
        connection.execute(_LEASE, {"which": one.task, "whose": one.recipient, "until": real + LEASE})


def shown(connection: Connection, row: CardRow) -> None:
    """It can be seen as it was when the row was leased; what came since is still to be shown."""
    _change(connection, row, shown=row.rev, lease_until=None, attempts=0)


def failed(connection: Connection, row: CardRow, until: datetime) -> None:
    """Not before that instant is it tried again."""
    _change(connection, row, lease_until=until)


def hurry(connection: Connection, real: datetime) -> None:
    """What waits for longer than anybody shows one is tried at once."""
    waiting = cards.c.reason.is_not(None) & (cards.c.lease_until > real + LEASE)
    connection.execute(update(cards).where(waiting).values(lease_until=real))


def _change(connection: Connection, row: CardRow, **more: object) -> None:
    said = {"receipt": row.receipt, "digest": row.digest, "told": row.told, "reason": row.reason, **more}
    mine = (cards.c.task == row.task) & (cards.c.recipient == row.recipient) & (cards.c.effect == row.effect)
    connection.execute(update(cards).where(mine).values(**said))


def troubled(connection: Connection, limit: int) -> list[CardRow]:
    """Those that were refused for good, or have been tried in vain for minutes, and why."""
    lasting = (cards.c.attempts == 0) | (cards.c.attempts >= LASTING)
    query = select(*_COLUMNS).where(cards.c.reason.is_not(None), lasting).order_by(cards.c.task, cards.c.recipient)
    return [CardRow(*row) for row in connection.execute(query.limit(limit))]
