"""The whole demo portfolio, posted as facts; and ten accounts reckoned once more, straight from the CSV.

The second reckoning knows nothing of facts, engine or mapping: files, dates and decimals. It looks at local midnights,
where it does not matter at what time of its day something happened.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from activities import facts
from activities.applied import texts_of
from activities.store import accounts, versions
from activities.store.database import Database
from activities.store.tables import metadata
from engine.account import Account, picture
from engine.workspace import Workspace, load
from tests.support.hosts import HandClock, host_on
from workers.importing import facts_of, read_mapping

# All of it in one fixture: some 25,000 facts.
pytestmark = pytest.mark.timeout(300)

FOLDER = Path(__file__).parents[2] / "playbooks"
DATA = FOLDER / "demo" / "data"
METRICS = ("usage", "features_used", "severe_tickets", "csat", "cancellations", "quiet_days", "health")
# By hand: all tiers and countries; the two that the demo tells in full; one with three severe tickets in a week; one
# that has left, one that left and came back, one that signed up just before the last day.
PICKED = (
    "A-484819", "A-7c5768", "A-dcc3f1", "A-ff3c73", "A-37f969",
    "A-0baac2", "A-526d93", "A-09540c", "A-9208f0", "A-524364",
)  # fmt: skip
# Clocks change between the two; what is long past is not kept for each day.
DAYS = (date(2024, 10, 20), date(2025, 1, 1))

ZONES = {
    "US": "America/New_York", "UK": "Europe/London", "IN": "Asia/Kolkata", "AU": "Australia/Sydney",
    "DE": "Europe/Berlin", "CA": "America/Toronto", "FR": "Europe/Paris",
}  # fmt: skip
TARGETS = {"usage": {"Enterprise": 7, "Pro": 6, "Basic": 5}, "features_used": {"Enterprise": 6, "Pro": 5, "Basic": 4}}
WEIGHTS = {"usage": 40, "features_used": 20, "severe_tickets": 20, "csat": 20}


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class ByHand:
    """One account on one day, from the files."""

    def __init__(self, account: str, day: date) -> None:
        self.day = day
        self.row = next(row for row in rows("accounts") if row["account_id"] == account)
        self.signed = date.fromisoformat(self.row["signup_date"])
        mine = {row["subscription_id"] for row in rows("subscriptions") if row["account_id"] == account}
        used = [row for row in rows("feature_usage") if row["subscription_id"] in mine]
        self.used = [(date.fromisoformat(row["usage_date"]), row["feature_name"]) for row in used]
        self.tickets = [row for row in rows("support_tickets") if row["account_id"] == account]
        self.left = [row for row in rows("churn_events") if row["account_id"] == account]

    def read(self) -> dict[str, object]:
        values = {
            "usage": len(self._used(90)),
            "features_used": len({feature for _, feature in self._used(90)}),
            "severe_tickets": sum(self._within(at, 45) for at in self._severe()),
            "csat": self._csat(),
            "cancellations": sum(self._within(at, 180) for at in self._cancelled()),
            "quiet_days": min(((self.day - at).days for at, _ in self._used(9999)), default=None),
        }
        shares = {name: self._share(name, value) for name, value in values.items()}
        known = sum(weight for name, weight in WEIGHTS.items() if shares[name] is not None)
        earned = sum(weight * min(shares[name] or Decimal(0), Decimal(1)) for name, weight in WEIGHTS.items())
        values["health"] = round(earned * 100 / known, 20) if known >= 60 else None
        shares["health"] = None if values["health"] is None else values["health"] / 100
        zones = {f"{name}.zone": zone(share) for name, share in shares.items()}
        return {f"{name}.value": value for name, value in values.items()} | zones

    def _within(self, at: date, days: int) -> bool:
        return self.signed <= at and 0 < (self.day - at).days <= days

    def _used(self, days: int) -> list[tuple[date, str]]:
        return [(at, feature) for at, feature in self.used if self._within(at, days)]

    def _severe(self) -> Iterator[date]:
        return (submitted(row).date() for row in self.tickets if row["priority"] in {"urgent", "high"})

    def _cancelled(self) -> Iterator[date]:
        return (date.fromisoformat(row["churn_date"]) for row in self.left if row["is_reactivation"] == "False")

    def _csat(self) -> Decimal | None:
        """Of the ticket that was closed last; tickets come somewhen between eight and six."""
        rated = [row for row in self.tickets if row["satisfaction_score"] and submitted(row).date() >= self.signed]
        closed = sorted((closed_at(row), Decimal(row["satisfaction_score"])) for row in rated)
        midnight = datetime.combine(self.day, time())
        assert all(abs(at - midnight) > timedelta(hours=5) for at, _ in closed), "pick another day or account"
        known = [(at, score) for at, score in closed if at < midnight]
        assert len(known) < 2 or known[-1][0] - known[-2][0] > timedelta(hours=10), "pick another day or account"
        return known[-1][1] if known else None

    def _share(self, name: str, value: object) -> Decimal | None:
        """Of the target; what is better when it is high needs a whole window after the sign-up."""
        if not isinstance(value, int | Decimal):
            return None
        if name in TARGETS:
            begun = self.signed < self.day - timedelta(90)
            return Decimal(value) / TARGETS[name][self.row["plan_tier"]] if begun else None
        if name == "csat":
            return value / Decimal("4.5")
        target = {"severe_tickets": 1, "cancellations": 0, "quiet_days": 30}[name]
        return Decimal(1) if value <= 0 else Decimal(target) / value if target else None


def closed_at(row: Mapping[str, str]) -> datetime:
    return submitted(row) + timedelta(hours=13 + float(row["resolution_time_hours"]))


def submitted(row: Mapping[str, str]) -> datetime:
    return datetime.combine(date.fromisoformat(row["submitted_at"][:10]), time())


def zone(share: Decimal | None) -> str | None:
    if share is None:
        return None
    return "green" if share >= Decimal("0.85") else "yellow" if share >= Decimal("0.7") else "red"


@cache
def shipped() -> Workspace:
    return load(FOLDER)


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Account]]:
    """Every fact of every file through the store, a thousand at once, in the order in which they happened."""
    told = facts_of(read_mapping(FOLDER / "demo" / "ravenstack.mapping.yaml", shipped().vocabulary))
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('portfolio')}/playbook.db")
    metadata.create_all(database.engine)
    host = host_on(database, real=HandClock())
    database.write(lambda c: versions.apply(c, [], texts_of(FOLDER), at=host.clock.now(), by="test"))
    for i in range(0, len(told.facts), 1_000):
        answers = facts.post(host, [one.raw for one in told.facts[i : i + 1_000]], history=True)
        assert {answer.status for answer in answers} == {"stored"}
    with database.engine.connect() as connection:
        states = {row: accounts.state_of(connection, row) for row in PICKED}
        assert len(accounts.listed(connection, limit=1_000)) == 500
    yield {name: Account.from_json(json.loads(state or "")) for name, state in states.items()}
    database.close()


def test_the_files_have_thirty_three_thousand_rows():
    assert sum(len(rows(path.stem)) for path in DATA.glob("*.csv")) == 33_100


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("account", PICKED)
def test_an_account_reads_what_the_files_say(portfolio, account, day):
    by_hand = ByHand(account, day)
    midnight = datetime.combine(day, time(), ZoneInfo(ZONES[by_hand.row["country"]])).astimezone(UTC)

    seen = picture(portfolio[account], shipped().vocabulary, shipped().policy, midnight).scope.values

    if by_hand.signed >= day:
        assert all(f"metrics.{name}.value" not in seen for name in METRICS)
    else:
        assert {path: seen.get(f"metrics.{path}") for path in by_hand.read()} == by_hand.read()
