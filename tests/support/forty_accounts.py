"""Forty accounts of one CSM's, of all tiers and stages, and three of the colleague's whom she covers for: as facts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Said = dict[str, Any]

_NAMES = (
    "Harbor Freightworks", "Meridian Health Group", "Alder & Finch Legal", "Copperleaf Foods", "Northwind Logistics",
    "Bright Valley Schools", "Solstice Energy", "Tidewater Credit Union", "Kestrel Robotics", "Juniper Hotels",
    "Pinecrest Insurance", "Vantage Biolabs", "Lumen Retail", "Granite State Power", "Orchard Street Media",
    "Silverline Transit", "Blue Heron Software", "Cobalt Mining Supply", "Everline Fitness", "Foxglove Pharma",
    "Garnet Analytics", "Highmark Builders", "Ironwood Furniture", "Jasper Telecom", "Kingfisher Travel",
    "Lakeside Dental", "Maple & Main Realty", "Nimbus Weather", "Oakridge Capital", "Prairie Seed Co-op",
    "Quarry Bay Shipping", "Redwood Learning", "Saffron Kitchens", "Thistle Apparel", "Umbra Security",
    "Verdant Landscapes", "Willowbrook Care", "Xenia Printing", "Yarrow Cosmetics", "Zephyr Airports",
    "Ashford Law", "Beacon Charities", "Cedar Point Clinics",
)  # fmt: skip
_STAGES = ("adoption",) * 26 + ("renewal",) * 5 + ("onboarding",) * 5 + ("advocacy",) * 4 + ("adoption",) * 3
_TIERS = ("growth", "enterprise", "starter", "growth", "starter")
_ARR = {"enterprise": 148_000, "growth": 46_500, "starter": 7_200}
_FIRST = ("Kim", "Lee", "Jordan", "Priya", "Sam", "Elena", "Marcus", "Aiko", "Dana", "Theo")
_LAST = ("Doe", "Marsh", "Okada", "Varga", "Bauer", "Stone", "Ibarra", "Novak", "Reyes", "Lund")
_USES = {3: 3, 8: 5, 28: 1}  # of those that are not as they should be
_ROLES = ("champion", "economic_buyer", "technical_owner")
FEATURES = ("reports", "alerts", "exports", "boards", "forms", "mobile")


@dataclass(frozen=True, slots=True)
class Customer:
    """`uses` counts the days of use in the last 90, which are even; `used` those of the 90 before."""

    id: str
    name: str
    tier: str
    stage: str
    csm: str
    renewal: date
    uses: int = 11
    used: int = 11

    def facts(self, at: datetime) -> Iterator[Said]:
        yield {"account": self.id, "at": at, "fields": self._fields(at.date())}
        yield {"account": self.id, "at": at, "team": {"csm": self.csm, "ae": "cole"}}
        for number, role in enumerate(_ROLES):
            yield {"account": self.id, "at": at, "contact": self._contact(number, role)}
        yield {"account": self.id, "at": at, "metric": "csat", "value": 5}
        yield {"account": self.id, "at": at, "metric": "nps", "value": 9}
        yield from used(self.id, self.used, at - timedelta(days=90))
        yield from used(self.id, self.uses, at)

    def _fields(self, today: date) -> Said:
        number = int(self.id[1:])
        begun = today if self.stage == "onboarding" else date(2023, 1 + number % 12, 1 + number % 28)
        sold = "high_touch" if self.stage == "onboarding" and self.tier == "enterprise" else "standard"
        return {
            "name": self.name, "stage": self.stage, "tier": self.tier, "status": "active", "onboarding": sold,
            "arr": _ARR[self.tier] + 1_310 * (number % 7), "seats": 10 + number, "country": "US",
            "time_zone": "America/New_York", "start_date": begun.isoformat(), "renewal_date": self.renewal.isoformat(),
        }  # fmt: skip

    def _contact(self, number: int, role: str) -> Said:
        first = _FIRST[(int(self.id[1:]) + number) % 10]
        name = f"{first} {_LAST[(int(self.id[1:]) * 3 + number) % 10]}"
        return {"id": f"c{number}", "name": name, "role": role, "email": f"{first.lower()}@{self.id}.test"}


def customers(today: date) -> list[Customer]:
    """The accounts of noor, and three of eli's. The two that renew in a month are the first ones of `renewal`."""
    made = []
    for number, (name, stage) in enumerate(zip(_NAMES, _STAGES, strict=True)):
        renewal = today + timedelta(days=200 + 3 * number)
        if stage == "renewal":
            renewal = today + timedelta(days=30 if number < 28 else 40 + number)
        tier = "enterprise" if stage == "renewal" else _TIERS[number % 5]
        csm = "noor" if number < 40 else "eli"
        made.append(Customer(f"a{number:02}", name, tier, stage, csm, renewal, _USES.get(number, 11)))
    return made


def used(account: str, days: int, until: datetime) -> Iterator[Said]:
    """So many days of use, evenly over the 90 days up to then, of all features in turn."""
    for number in range(days):
        day = (until - timedelta(days=1 + number * 90 // days)).date()
        at = datetime.combine(day, time(15), UTC)
        data = {"feature": FEATURES[number % len(FEATURES)], "times": 12, "seconds": 900, "errors": 0, "beta": False}
        yield {"account": account, "at": at, "event": "usage", "data": data}
