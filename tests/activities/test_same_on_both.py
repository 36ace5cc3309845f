"""The same facts give the same on SQLite and on PostgreSQL: answers, readings, decisions and runs; and all of it is
what the plain model reads from the facts alone.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities import facts
from activities.applied import texts_of
from activities.host import Host
from activities.store import accounts, decisions, runs, versions
from activities.store.database import Database
from engine.account import Account
from engine.compile import compile_with_notes
from engine.document import Document
from engine.plan import Plan
from engine.setting import Setting
from engine.source import read
from engine.workspace import load
from tests.support.hosts import HandClock, host_on
from tests.support.plain_model import Said
from tests.support.workspaces import written
from tests.support.worlds import VOCABULARY, histories, known, posted, read_by_engine, read_by_model

KNOWN = known()
RULES = {
    "red": 'metrics.recent.zone == "red"',
    "fall": "metrics.logins.change <= -30%",
    "poor": 'metrics.nps.value <= 2 and metrics.health.zone != "green"',
    "quiet": "metrics.quiet.value >= 2",
}  # fmt: skip
PLAYBOOK = """
playbook: {name}
title: Something is so
stage: any
tiers: any
owner: csm
start: {{when: {when}, again: always}}
steps:
  - wait: a_while
    for: 5 hours
"""
PEOPLE = "people:\n  - {id: ana, name: Ana, email: ana@own.test, role: csm, time_zone: UTC, country: US}\n"
HOUR = timedelta(hours=1)
NUMBERS = itertools.count(1)  # each example has accounts of its own


@cache
def shipped() -> tuple[tuple[Plan, ...], dict[str, str]]:
    files = {"vocabulary.yaml": VOCABULARY, "people.yaml": PEOPLE, "policy.yaml": ""}
    with TemporaryDirectory() as folder:
        found = load(written(Path(folder), files)).sound()
        setting = Setting(found.vocabulary, found.policy, found.people, found.templates, tuple(RULES))
        return tuple(plan(name, setting) for name in RULES), texts_of(Path(folder))


def plan(name: str, setting: Setting) -> Plan:
    document = read(PLAYBOOK.format(name=name, when=RULES[name]), f"{name}.yaml")
    assert isinstance(document, Document), document
    compiled, problems = compile_with_notes(document, setting)
    assert compiled, str(problems)
    return compiled


@dataclass
class Place:
    """One of the two databases, with a clock set by hand."""

    host: Host
    clock: HandClock

    def go(self, now: datetime) -> None:
        """All that is due by then happens at its own time."""
        self.clock.at = now
        while facts.wake_due(self.host):
            pass

    def post(self, items: Sequence[dict[str, object]], now: datetime) -> list[str]:
        self.go(now)
        return [answer.status for answer in facts.post(self.host, items)]

    def told(self, account: str, now: datetime) -> dict[str, object]:
        self.go(now)
        with self.host.database.engine.connect() as connection:
            row = accounts.find(connection, account)
            assert row
            assert row.state
            decided = {one.playbook: one for one in decisions.of_accounts(connection, [account])[account]}
            begun = runs.listed(connection, account=account)
            return {
                "readings": read_by_engine(Account.from_json(json.loads(row.state)), KNOWN, now),
                "decisions": decided,
                "red": bool(decided["red"].truth) if "red" in decided else False,
                "runs": sorted((one.playbook, one.started, one.outcome) for one in begun),
                "due": row.due_at,
            }


@pytest.fixture
def places(sqlite: Database, postgres: Database) -> list[Place]:
    plans, texts = shipped()
    made = []
    for database in (sqlite, postgres):
        clock = HandClock()
        host = host_on(database, real=clock)
        host.database.write(lambda c, host=host: versions.apply(c, plans, texts, at=host.clock.now(), by="test"))
        made.append(Place(host, clock))
    return made


Arriving = list[tuple[str, str, Said]]  # of which account, by which id, what


def arrivals(lives: dict[str, list[Said]], dice: Random) -> Arriving:
    """Mostly in order, some late, some twice."""
    all_ = [(name, f"{name}/{i}", said) for name, life in lives.items() for i, said in enumerate(life)]
    late = sorted(all_, key=lambda one: one[2].at + dice.choice([0, 0, 0, 5, 60]) * HOUR)
    for again in dice.sample(late, min(3, len(late))):
        late.insert(dice.randrange(len(late) + 1), again)
    return late


def batches(arriving: Arriving, dice: Random) -> Iterator[Arriving]:
    while arriving:
        size = dice.randint(1, 9)
        yield arriving[:size]
        arriving = arriving[size:]


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(histories, histories), st.integers(0, 60), st.integers(0, 2**60).map(Random))
def test_both_databases_and_the_plain_model_say_the_same(places, lives, later, dice):
    names = [f"account-{next(NUMBERS)}" for _ in lives]
    arriving = arrivals(dict(zip(names, lives, strict=True)), dice)
    now = min(said.at for _, _, said in arriving)

    for batch in batches(arriving, dice):
        now = max(now, *(said.at for _, _, said in batch))
        items = [{"id": id_, "account": account, "at": said.at, **posted(said)} for account, id_, said in batch]
        one, other = (place.post(items, now) for place in places)
        assert one == other

    now += later * HOUR
    for name in names:
        one, other = (place.told(name, now) for place in places)
        stored = list({id_: said for account, id_, said in arriving if account == name}.values())
        assert one == other
        assert one["readings"] == read_by_model(stored, now)
        zone = one["readings"]["recent.zone"]
        assert zone is None or one["red"] == (zone == "red")
