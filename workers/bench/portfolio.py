"""A portfolio that is made up, the same each time: its workspace, its accounts, and what happens to them.

Playbooks are many and conditions three-part, as in a grown workspace; few facts turn one of them, as in a real one.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from activities.clock import utc_now

Item = dict[str, Any]

VOCABULARY = """
fields:
  stage:        {type: choice, of: [onboarding, adoption, renewal, advocacy]}
  tier:         {type: choice, of: [enterprise, growth, starter]}
  arr:          {type: number, unit: USD}
  renewal_date: {type: date}
  notes:        {type: number}
events:
  login:  {user: text}
  ticket: {severity: integer}
metrics:
  logins:   {count: login, over: 14 days, target: 20}
  tickets:  {count: ticket, where: event.severity == 2, over: 7 days, better: lower, target: 1}
  nps:      {reported: true, target: 8}
  usage:    {reported: true, target: 100}
  other:    {reported: true}
"""
PARTS = (
    "metrics.usage.value < {low} and account.arr >= {much} and account.stage == 'renewal'",
    "metrics.logins.value < {few} and account.tier == 'enterprise' and metrics.nps.value <= 5",
    "metrics.usage.zone == 'red' and account.arr >= {much} and days_until(account.renewal_date) < 90",
    "metrics.tickets.value >= {many} and account.tier != 'starter' and metrics.nps.value <= 6",
)
IDLE = "metrics.other.value > {level} and account.notes >= {level} and account.tier != 'starter'"
PLAYBOOK = """
playbook: {name}
title: {name}
stage: any
start: {{when: "{when}", again: after 30 days}}
steps:
  - {{wait: rest, for: 30 days}}
"""
KNOWN_FOR = timedelta(days=20)


def write_portfolio(folder: Path, playbooks: int, idle: int = 0) -> Path:
    """A workspace of so many playbooks; `idle` more read nothing of what happens."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocabulary.yaml").write_text(VOCABULARY.lstrip())
    (folder / "policy.yaml").write_text("time_zone: UTC\n")
    (folder / "people.yaml").write_text("people: []\n")
    for number in range(playbooks):
        _write(folder, f"busy-{number}", _busy(number))
    for number in range(idle):
        _write(folder, f"idle-{number}", IDLE.format(level=number))
    return folder


def _busy(number: int) -> str:
    step = number // len(PARTS)
    return PARTS[number % len(PARTS)].format(low=40 - step, much=100_000 + step, few=8 - step, many=3 + step)


def _write(folder: Path, name: str, when: str) -> None:
    (folder / f"{name}.yaml").write_text(PLAYBOOK.format(name=name, when=when).lstrip())


def account(number: int) -> str:
    return f"account-{number:06}"


def first_facts(number: int) -> Item:
    """What made an account known, weeks ago."""
    chance = random.Random(number)  # noqa: S311  # made up, and the same each time
    fields = {
        "name": f"Account {number}",
        "stage": chance.choice(["onboarding", "adoption", "renewal", "advocacy"]),
        "tier": chance.choice(["enterprise", "growth", "starter"]),
        "arr": chance.randrange(5_000, 250_000, 500),
        "renewal_date": f"2027-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
    }
    at = (utc_now() - KNOWN_FOR).isoformat()
    return {"id": f"first-{number}", "account": account(number), "at": at, "fields": fields}


def happenings(accounts: int, seed: int = 1, name: str = "fact") -> Iterator[Item]:
    """Without end: half of them logins, a quarter use, the rest tickets, surveys and changed fields."""
    chance = random.Random(seed)  # noqa: S311  # made up, and the same each time
    place = 0
    while True:
        place += 1
        yield {"id": f"{name}-{seed}-{place}", "account": account(chance.randrange(accounts)), **_said(chance)}


def _said(chance: random.Random) -> Item:
    match chance.randrange(16):
        case 0 | 1:
            return {"event": "ticket", "data": {"severity": chance.choice([1, 2, 3, 4])}}
        case 2:
            return {"metric": "nps", "value": chance.choice([6, 7, 8, 8, 9, 9, 10])}
        case 3:
            return {"fields": {"arr": chance.randrange(5_000, 250_000, 500)}}
        case place if place < 8:
            return {"metric": "usage", "value": chance.randrange(45, 140)}
        case _:
            return {"event": "login", "data": {"user": f"user-{chance.randrange(30)}"}}
