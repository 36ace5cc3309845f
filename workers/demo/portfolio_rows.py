"""The rows of the RavenStack files as the made-up rule reads them: by account, with real dates."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RavenStack:
    """The five files, each row as `csv.DictReader` gives it."""

    accounts: tuple[Row, ...]
    subscriptions: tuple[Row, ...]
    usage: tuple[Row, ...]
    tickets: tuple[Row, ...]
    churn: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rating:
    day: date
    score: str


@dataclass(frozen=True, slots=True)
class Past:
    """One account and what its files say of it, each list in order of time."""

    account: str
    name: str
    tier: str
    signed_up: date
    used: tuple[date, ...]
    rated: tuple[Rating, ...]
    cancelled: tuple[date, ...]
    left: tuple[date, ...]
    returned: tuple[date, ...]

    def has_left(self, day: date) -> bool:
        left = max((d for d in self.left if d <= day), default=None)
        return left is not None and not any(left < back <= day for back in self.returned)

    def is_healthy(self, day: date) -> bool:
        """In use, no poor rating last, nothing cancelled lately: judged only by what was known on that day."""
        in_use = sum(day - timedelta(days=90) <= used <= day for used in self.used) >= 5
        ratings = [rating.score for rating in self.rated if rating.day <= day]
        content = not ratings or float(ratings[-1]) >= 4
        cancelled = any(day - timedelta(days=120) <= gone <= day for gone in self.cancelled)
        return in_use and content and not cancelled


def pasts(rows: RavenStack) -> tuple[Past, ...]:
    """Every account in the order of its file; rows dated before the sign-up are left out, as in the import."""
    of_subscription = {row["subscription_id"]: row["account_id"] for row in rows.subscriptions}
    used = _days((of_subscription[row["subscription_id"]], row["usage_date"]) for row in rows.usage)
    rated = _ratings(rows.tickets)
    gone = [row for row in rows.churn if row["is_reactivation"] == "False"]
    cancelled = _days((row["account_id"], row["churn_date"]) for row in gone)
    returned = _days((row["account_id"], row["churn_date"]) for row in rows.churn if row["is_reactivation"] == "True")
    return tuple(_past(row, used, rated, cancelled, returned) for row in rows.accounts)


def _past(
    row: Row,
    used: Mapping[str, list[date]],
    rated: Mapping[str, list[Rating]],
    cancelled: Mapping[str, list[date]],
    returned: Mapping[str, list[date]],
) -> Past:
    account, signed_up = row["account_id"], date.fromisoformat(row["signup_date"])
    gone = tuple(cancelled.get(account, ()))
    return Past(
        account=account,
        name=row["account_name"],
        tier=row["plan_tier"],
        signed_up=signed_up,
        used=tuple(day for day in used.get(account, ()) if day >= signed_up),
        rated=tuple(rating for rating in rated.get(account, ()) if rating.day >= signed_up),
        cancelled=gone,
        left=gone if row["churn_flag"] == "True" else (),
        returned=tuple(returned.get(account, ())),
    )


def _days(pairs: Iterable[tuple[str, str]]) -> dict[str, list[date]]:
    days: dict[str, list[date]] = defaultdict(list)
    for account, day in sorted(pairs):
        days[account].append(date.fromisoformat(day))
    return days


def _ratings(tickets: Iterable[Row]) -> dict[str, list[Rating]]:
    """A rating is known when its ticket is closed."""
    ratings: dict[str, list[Rating]] = defaultdict(list)
    for row in sorted(tickets, key=lambda row: (row["closed_at"], row["ticket_id"])):
        if row["satisfaction_score"]:
            closed = date.fromisoformat(row["closed_at"][:10])
            ratings[row["account_id"]].append(Rating(closed, row["satisfaction_score"]))
    return ratings
