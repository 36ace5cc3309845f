"""The rules that hold for every playbook: calendars, who is asked, what stops a run, how much mail is too much.

`Policy()` is what an empty policy.yaml means.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from engine.calendar import MONDAY_TO_FRIDAY, NINE_TO_FIVE, Calendar
from engine.languages import for_language
from engine.logic import Condition
from engine.quantities import Duration

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

Hours = tuple[dt.time, dt.time]
Pings = Literal["each", "digest", "both"]
"""How colleagues hear of their tasks: each by a message of its own, all in a digest in the morning, or both."""
# Constructed, not validated: validating builds a schema, and an import should build none.
FIVE_BUSINESS_DAYS: Final = Duration.model_construct(amount=5, unit="business day")
ID_HERE: Final = "{id}"
HALF_AN_HOUR: Final = Duration.model_construct(amount=30, unit="minute")


@dataclass(frozen=True, slots=True)
class Tasks:
    due: Duration = FIVE_BUSINESS_DAYS


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends any run once it is true, or has been so for `lasting`; not of a playbook with `policy_stop: false`."""

    when: Condition
    outcome: str
    lasting: Duration | None = None


@dataclass(frozen=True, slots=True)
class OwnDays:
    """What one country has otherwise than the policy."""

    working_days: frozenset[int] | None = None
    working_hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which customers get no mail: past midnight when the first is later than the second."""

    customers: Hours | None = None
    weekends: bool = False
    holidays: bool = False

    def __bool__(self) -> bool:
        return self.customers is not None or self.weekends or self.holidays


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` in the sliding window (now - over, now]. The first to come is held for `gather` after it was
    wanted, so that more important ones may compete.
    """

    channel: Literal["email"]
    count: int
    over: Duration
    per: Literal["contact", "account"]
    gather: Duration | None = None

    def __str__(self) -> str:
        return f"at most {self.count} per {self.over} and {self.per}"


@dataclass(frozen=True, slots=True)
class Topic:
    """Essential mails are held neither by caps nor by a topic's opt-out. `titles` by the tags of languages, for whom
    `title` is not meant.
    """

    id: str
    title: str
    essential: bool = False
    titles: Mapping[str, str] = field(default_factory=dict, hash=False)

    def title_in(self, language: str | None) -> str:
        return for_language(language, self.titles) or self.title

    def has_title_in(self, language: str) -> bool:
        return bool(for_language(language, self.titles))


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands under every mail to a customer: who writes, and where they are by post. `language` is that of texts
    that name none (`en`, `de-CH`).
    """

    company: str = ""
    address: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secret_env` names the environment variable that holds the signing secret."""

    name: str
    url: str
    secret_env: str


@dataclass(frozen=True, slots=True)
class Holdout:
    """The share of accounts that no playbook starts for, chosen by a hash with `salt`."""

    share: Decimal
    salt: str


_GENERAL: Final = {"de": "Allgemeines", "es": "General", "fr": "Général", "nl": "Algemeen"}
GENERAL: Final = Topic("general", "General", titles=_GENERAL)


@dataclass(frozen=True, slots=True)
class Policy:
    """`working_days` count from Monday = 0; `fiscal_year` is the month (1 to 12) in which it begins; `spread` is how
    long the mails of one instant take to go; `pings_in_hours`: what is told of tasks waits for the working hours of
    whom it is told; `mail_fallback`: how long Slack takes nothing before colleagues get it by mail;
    `account_url`: where an account's record is looked at, with ID_HERE in the place of its id.
    """

    time_zone: str = "UTC"
    country: str = "US"
    working_hours: Hours = NINE_TO_FIVE
    working_days: frozenset[int] = MONDAY_TO_FRIDAY
    tasks: Tasks = field(default_factory=Tasks)
    roles: tuple[str, ...] = ()
    unassigned: str | None = None
    stop: tuple[Stop, ...] = ()
    calendars: Mapping[str, OwnDays] = field(default_factory=dict)
    closed: frozenset[dt.date] = frozenset()
    fiscal_year: int = 1
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    caps: tuple[Cap, ...] = ()
    topics: Mapping[str, Topic] = field(default_factory=lambda: {GENERAL.id: GENERAL})
    spread: dt.timedelta = dt.timedelta()
    mail: Letterhead = field(default_factory=Letterhead)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    holdout: Holdout | None = None
    pings: Pings = "both"
    pings_in_hours: bool = False
    mail_fallback: Duration = HALF_AN_HOUR
    account_url: str = ""

    def is_essential(self, topic: str | None) -> bool:
        found = self.topics.get(topic or GENERAL.id)
        return found is not None and found.essential

    def link_to(self, account: str) -> str:
        """Where the account's record is looked at; empty where the policy does not say."""
        return self.account_url.replace(ID_HERE, "".join(map(_in_url, account)))

    def calendar(self, country: str | None = None, zone: str | None = None) -> Calendar:
        """Of somebody in that country and time zone; what is not known of them is the policy's own."""
        country = country or self.country
        own = self.calendars.get(country) or self.calendars.get(country.partition("-")[0]) or OwnDays()
        days, hours = own.working_days or self.working_days, own.working_hours or self.working_hours
        return _calendar(zone or self.time_zone, country, days, hours, self.closed)


def _in_url(char: str) -> str:
    if char.isascii() and (char.isalnum() or char in "-._~"):
        return char
    return "".join(f"%{byte:02X}" for byte in char.encode(errors="replace"))


@lru_cache(maxsize=4_096)
def _calendar(
    zone: str, country: str, working_days: frozenset[int], hours: Hours, closed: frozenset[dt.date]
) -> Calendar:
    """One for all who share it: it is asked for with every fact."""
    return Calendar(zone, country, working_days, hours, closed)
