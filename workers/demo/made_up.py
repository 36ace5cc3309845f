"""What RavenStack lacks, made up by a seeded rule: contacts, teams, renewal dates and signings, and the stage.

Pure: the same rows, people and seed give the same facts, in the form of `POST /facts`. Every id begins with
`made-up/`, names are invented, and addresses end in `.example.test`, where no mail can arrive.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NotRequired, TypedDict

from workers.demo.dice import chosen, happens, number
from workers.demo.portfolio_rows import Past, RavenStack, pasts

Stage = Literal["onboarding", "adoption", "renewal", "advocacy"]


class MadeUpFact(TypedDict):
    """One item of `POST /facts`; `at` is ISO 8601 in UTC."""

    id: str
    account: str
    at: str
    fields: NotRequired[dict[str, str]]
    contact: NotRequired[dict[str, str | int]]
    team: NotRequired[dict[str, str]]


# Percent of accounts that have such a contact. An account without a champion is real life, and shows a missing one.
ROLES: Mapping[str, int] = {"champion": 92, "economic_buyer": 78, "technical_owner": 60, "end_user": 30}

ONBOARDING_DAYS: Mapping[str, int] = {"Basic": 60, "Pro": 75, "Enterprise": 90}
RENEWAL_DAYS = 120

# After the sign-up itself, which the import dates 08:00 in the account's zone; the latest of these is New York's.
MADE_UP_AT = time(14, 0, tzinfo=UTC)
STAGE_AT = time(14, 5, tzinfo=UTC)

# fmt: off
FIRST_NAMES = (
    "Ada", "Bela", "Cleo", "Dario", "Edda", "Fynn", "Greta", "Hana", "Ivo", "Jara", "Kofi", "Liv", "Mateo", "Nell",
    "Odin", "Petra", "Quinn", "Rosa", "Sami", "Tilda", "Ugo", "Vida", "Wim", "Xenia", "Yara", "Zeno",
)
LAST_NAMES = (
    "Almgate", "Brookvale", "Cinderly", "Dovemont", "Elderwick", "Fernhollow", "Glimmer", "Hartspring", "Inkwell",
    "Juniper", "Kestrelby", "Larkmoor", "Mossgrove", "Nightley", "Oakhaven", "Pebbleton", "Quillon", "Rivermere",
    "Stonebow", "Thistledown", "Umberfield", "Velloway", "Willowmark", "Yarrowby",
)
# fmt: on


def made_up(rows: RavenStack, people: Mapping[str, Sequence[str]], seed: str, until: date) -> list[MadeUpFact]:
    """Facts up to and including the day `until`, in order of time.

    `people` gives the ids of the colleagues who may have each role of an account's team: `{"csm": […], "ae": […]}`.
    """
    facts = [fact for past in pasts(rows) for fact in _of_account(past, people, seed, until)]
    return sorted(facts, key=lambda fact: fact["at"])


def _of_account(past: Past, people: Mapping[str, Sequence[str]], seed: str, until: date) -> Iterator[MadeUpFact]:
    if past.signed_up > until:
        return
    at = _instant(past.signed_up, MADE_UP_AT)
    team = {role: chosen(people[role], seed, past.account, role) for role in sorted(people)}
    yield {"id": f"made-up/{past.account}/team", "account": past.account, "at": at, "team": team}
    for contact in _contacts(past, seed):
        yield {
            "id": f"made-up/{past.account}/contact/{contact['role']}",
            "account": past.account,
            "at": at,
            "contact": contact,
        }
    yield from (fact for day, fact in _course(past, seed) if day <= until and not past.has_left(day))


def _contacts(past: Past, seed: str) -> Iterator[dict[str, str | int]]:
    roles = [role for role, percent in ROLES.items() if happens(percent, seed, past.account, role)]
    for role in roles or ["champion"]:
        first = chosen(FIRST_NAMES, seed, past.account, role, "first")
        last = chosen(LAST_NAMES, seed, past.account, role, "last")
        yield {
            "id": f"{past.account}-{role}",
            "name": f"{first} {last}",
            "email": f"{first}.{last}@{past.name.replace('_', '-')}.example.test".lower(),
            "role": role,
            "relationship": 1 + number(5, seed, past.account, role, "relationship"),
            "influence": 1 + number(5, seed, past.account, role, "influence"),
        }


def _course(past: Past, seed: str) -> Iterator[tuple[date, MadeUpFact]]:
    """Onboarding, adoption, then year by year renewal and, once signed, advocacy or adoption; ten years of it."""
    renewal = _anniversary(past.signed_up, 1)
    yield past.signed_up, _renewal_date(past, past.signed_up, renewal)
    yield past.signed_up, _stage(past, past.signed_up, "onboarding")
    adopted = past.signed_up + timedelta(days=ONBOARDING_DAYS[past.tier])
    yield adopted, _stage(past, adopted, "adoption")
    for year in range(2, 12):
        ahead = renewal - timedelta(days=RENEWAL_DAYS)
        yield ahead, _stage(past, ahead, "renewal")
        signed, renewal = _signing(past, renewal, seed), _anniversary(past.signed_up, year)
        yield signed, _renewal_date(past, signed, renewal)
        yield signed, _stage(past, signed, "advocacy" if past.is_healthy(signed) else "adoption")


def _signing(past: Past, renewal: date, seed: str) -> date:
    """Three in four sign ahead of the date, a few just after it, and some so late that it had lapsed."""
    about = (seed, past.account, renewal.isoformat())
    luck = number(100, *about)
    if luck < 75:
        return renewal - timedelta(days=5 + number(70, *about, "ahead"))
    if luck < 90:
        return renewal + timedelta(days=number(10, *about, "after"))
    return renewal + timedelta(days=20 + number(15, *about, "late"))


def _anniversary(signed_up: date, years: int) -> date:
    try:
        return signed_up.replace(year=signed_up.year + years)
    except ValueError:  # 29 February
        return date(signed_up.year + years, 2, 28)


def _renewal_date(past: Past, day: date, renewal: date) -> MadeUpFact:
    return {
        "id": f"made-up/{past.account}/renewal/{renewal.isoformat()}",
        "account": past.account,
        "at": _instant(day, MADE_UP_AT),
        "fields": {"renewal_date": renewal.isoformat()},
    }


def _stage(past: Past, day: date, stage: Stage) -> MadeUpFact:
    return {
        "id": f"made-up/{past.account}/stage/{day.isoformat()}",
        "account": past.account,
        "at": _instant(day, STAGE_AT),
        "fields": {"stage": stage},
    }


def _instant(day: date, at: time) -> str:
    return datetime.combine(day, at).isoformat().replace("+00:00", "Z")
