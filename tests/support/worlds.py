"""A small world with one metric of each sort, said twice: as a vocabulary, and as the rules of the plain model; random
histories of it; and what both read.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from engine.account import Account, picture
from engine.policy import Policy
from engine.vocabulary import Vocabulary
from tests.support.plain_model import HOUR, Band, Plain, Rule, Said
from tests.support.told import Told, vocabulary

VOCABULARY = """
fields:
  stage: {type: choice, of: [adoption]}
  tier: {type: choice, of: [enterprise, growth]}
  seats: {type: integer, default: 1}
  time_zone: {type: time_zone}
  start_date: {type: date}
events:
  login: {user: text}
  order: {amount: number}
  survey: {score: integer}
metrics:
  recent:
    count: login
    over: 6 hours
    target: {enterprise: 5, growth: 2}
    zones: {red: {for: 4 hours, clears_at: 80%}}
  logins:
    count: login
    over: 1 day
    target: 4
    zones: {yellow: {below: 100%, for: 3 hours}, red: {below: 50%, for: 1 day}}
  users: {distinct: login.user, over: 2 days, target: 2}
  spent: {sum: order.amount, over: 2 days}
  basket: {average: order.amount, over: 1 day}
  monthly: {count: order, over: 1 month, better: lower, target: 2}
  ever: {count: login, over: ever, target: 10}
  mood: {latest: survey.score, fresh: 1 day, target: 8}
  nps: {reported: true, target: {enterprise: 5, growth: 2}}
  quiet: {days_since: login, better: lower, target: 1}
  begun: {first: login}
  seen: {last: login}
  per_seat: {formula: metrics.logins.value / account.seats, target: account.seats}
  twice: {formula: metrics.per_seat.value * 2}
  health: {score: {nps: 50, logins: 30, quiet: 20}, coverage: 50%}
"""


def _by_tier(plain: Plain, now: datetime) -> Fraction | None:
    target = {"enterprise": 5, "growth": 2}.get(plain.field("tier", now))
    return None if target is None else Fraction(target)


def _of(target: int) -> Callable[[Plain, datetime], Fraction]:
    return lambda _, __: Fraction(target)


def _per_seat(plain: Plain, now: datetime, part: str) -> Fraction | None:
    logins, seats = getattr(plain, part)("logins", now), plain.field("seats", now)
    return None if logins is None or not seats else Fraction(logins, seats)


def _twice(plain: Plain, now: datetime, part: str) -> Fraction | None:
    one = _per_seat(plain, now, part)
    return None if one is None else one * 2


def _seats(plain: Plain, now: datetime) -> Fraction:
    return Fraction(plain.field("seats", now))


_HELD = Band(Fraction(7, 10), (4, "hour"), Fraction(4, 5))
_SLOW = {"yellow": Band(Fraction(1), (3, "hour")), "red": Band(Fraction(1, 2), (1, "day"))}
RULES = {
    "recent": Rule("count", "login", over=(6, "hour"), target=_by_tier, red=_HELD),
    "logins": Rule("count", "login", over=(1, "day"), target=_of(4), **_SLOW),
    "users": Rule("distinct", "login", "user", over=(2, "day"), target=_of(2)),
    "spent": Rule("sum", "order", "amount", over=(2, "day")),
    "basket": Rule("average", "order", "amount", over=(1, "day")),
    "monthly": Rule("count", "order", over=(1, "month"), lower=True, target=_of(2)),
    "ever": Rule("count", "login", target=_of(10)),
    "mood": Rule("latest", "survey", "score", fresh=(1, "day"), target=_of(8)),
    "nps": Rule("reported", target=_by_tier),
    "quiet": Rule("days_since", "login", lower=True, target=_of(1)),
    "begun": Rule("first", "login"),
    "seen": Rule("last", "login"),
    "per_seat": Rule("formula", formula=_per_seat, made_of=("logins",), target=_seats),
    "twice": Rule("formula", formula=_twice, made_of=("per_seat",)),
    "health": Rule("score", weights={"nps": 50, "logins": 30, "quiet": 20}, coverage=Fraction(1, 2)),
}  # fmt: skip
PARTS = ("value", "previous", "change", "target", "attainment", "zone", "zone_since", "at")
# Just before the clocks change in spring and in autumn, and at the end of a short month.
BEGINNINGS = [
    datetime(2026, 3, 7, 3, tzinfo=UTC),
    datetime(2026, 10, 31, 2, tzinfo=UTC),
    datetime(2026, 1, 30, 20, tzinfo=UTC),
]
ZONES = ["America/New_York", "Europe/Berlin", "UTC"]

hours = st.one_of(st.integers(0, 60), st.integers(0, 900))
happening = st.one_of(
    st.builds(lambda user: ("event", "login", {"user": user}), st.sampled_from(["kim", "lee"])),
    st.just(("event", "login", {})),
    st.builds(lambda n: ("event", "order", {"amount": n}), st.integers(-2, 9)),
    st.builds(lambda n: ("event", "survey", {"score": n}), st.integers(0, 9)),
    st.builds(lambda n: ("metric", "nps", {"value": n}), st.one_of(st.none(), st.integers(0, 6))),
    st.builds(lambda tier: ("fields", "", {"tier": tier}), st.sampled_from(["enterprise", "growth", None])),
    st.builds(lambda n: ("fields", "", {"seats": n}), st.sampled_from([1, 2, 4, None])),
    st.builds(lambda zone: ("fields", "", {"time_zone": zone}), st.sampled_from(ZONES)),
)
histories = st.builds(
    lambda begun, zone, told: [
        Said(begun, "fields", "", {"start_date": "2025-01-01", "time_zone": zone}),
        *(Said(begun + hour * HOUR, *said) for hour, said in told),
    ],
    st.sampled_from(BEGINNINGS),
    st.sampled_from(ZONES),
    st.lists(st.tuples(hours, happening), max_size=16),
)  # fmt: skip


def known() -> Vocabulary:
    return vocabulary(VOCABULARY)


def plain(facts: Sequence[Said]) -> Plain:
    return Plain(facts, RULES, {"seats": 1})


def posted(said: Said) -> dict[str, Any]:
    """As a fact says it."""
    match said.kind:
        case "fields":
            return {"fields": dict(said.data)}
        case "metric":
            return {"metric": said.what, **said.data}
        case _:
            return {"event": said.what, "data": dict(said.data)}


def folded(vocabulary_: Vocabulary, facts: Sequence[Said]) -> Account:
    account = Told(vocabulary_)
    for said in facts:
        account.tell(said.at, **posted(said))
    return account.account


def read_by_engine(account: Account, vocabulary_: Vocabulary, now: datetime) -> dict[str, object]:
    values = picture(account, vocabulary_, Policy(), now).scope.values
    return {f"{name}.{part}": rounded(values.get(f"metrics.{name}.{part}")) for name in RULES for part in PARTS}


def read_by_model(facts: Sequence[Said], now: datetime) -> dict[str, object]:
    model = plain(facts)
    found: dict[str, object] = {}
    for name, rule in RULES.items():
        aimed = rule.target is not None or rule.how == "score"
        zone, since = model.zone(name, now) if aimed else (None, None)
        told = {
            part: getattr(model, part)(name, now)
            for part in ("value", "previous", "change", "target", "attainment", "at")
        }
        told |= {"zone": zone, "zone_since": since}
        found |= {f"{name}.{part}": rounded(told[part]) for part in PARTS}
    return found


def rounded(value: object) -> object:
    """Where ratios have no end, to 20 places."""
    if isinstance(value, Decimal | Fraction) or (isinstance(value, int) and not isinstance(value, bool)):
        return round(Fraction(value), 20)
    return value
