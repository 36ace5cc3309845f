"""A host with a database tells every story as the simulation does, to the byte; its clock jumps from due to due."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.clock import Clock
from activities.store.database import Database
from activities.store.effects import listed as effects_listed
from activities.store.tables import metadata
from activities.store.tasks import listed as tasks_listed
from tests.support.examples import TIMES, law
from tests.support.hosts import NOW, HandClock
from tests.support.lives import ANSWERED, HOURS, NPS, TIES, plan_of, playbooks, tellings
from tests.support.one_kind import EXITS, RESTS, resting_life
from tests.support.playbooks import compiled, story
from tests.support.retold import Life, bound, host_of, lived, simulated
from tests.support.virtual import Virtual


def played(database: Database, lives: Sequence[Life], until: datetime, *, care: bool):
    clock = HandClock(NOW)
    host = host_of(database, lives, Clock(1, NOW, NOW, real=clock), care=care)
    Virtual(host, clock, lives).live(until)
    return host


@contextmanager
def fresh() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/playbook.db")
        metadata.create_all(database.engine)
        yield database
        database.close()


@st.composite
def any_life(draw):
    shape = draw(st.sampled_from([{}, {"flows": True}, {"answered": True}]))
    text = bound(draw(playbooks(**shape)), "a1")
    plan = plan_of(text)
    then, nps = draw(tellings(plan, at=HOURS | TIES)) if plan else [], draw(NPS)
    answer = [draw(ANSWERED)] if "answered" in shape else []
    return plan and Life(plan, story(then=[*answer, *then], metrics={"nps": nps}, account={"id": "a1"}), text)


@settings(law(15), derandomize=TIMES == 1)
@given(any_life(), st.booleans())
def test_a_database_tells_every_story_as_the_simulation_does(life, care):
    if life is None:
        return
    until = life.story.start + timedelta(days=100)
    with fresh() as database:
        host = played(database, [life], until, care=care)

        mine, theirs = simulated(life, until, care), lived(host, life)
        for key in sorted({*mine, *theirs}):
            pairs = zip_longest(mine.get(key, []), theirs.get(key, []))
            assert next((pair for pair in pairs if pair[0] != pair[1]), None) is None, care


LIMITED = {"play": "q", "playbook": "other", "wait": True, "at_most": "1 hour", "otherwise": []}


def test_how_another_run_ends_goes_before_the_time_limit_of_who_waits_for_it(sqlite):
    text = bound(json.dumps({"playbook": "example", "owner": "csm", "start": "by hand", "steps": [LIMITED]}), "a1")
    tie = [{"after": "1 hour", "ended": "other", "outcome": "done"}]
    life = Life(compiled(text), story(then=tie, account={"id": "a1"}), text)
    until = NOW + timedelta(days=1)

    told = lived(played(sqlite, [life], until, care=False), life)

    assert told == simulated(life, until)
    assert told["", 1][-2]["event"] == "completed"


LATE = {"at_most": "2 days", "otherwise": [{"end": "late"}]}
RUNGS = [{"to": "csm", "within": "2 days"}, {"to": "cs_manager", "within": "1 day"}]
REMIND = [{"after": "1 day", "remind": "assignee"}]
HELLO = {"email": "it", "to": "champion", "subject": "Hi", "text": "Hi", "approval": "cs_manager"}
BESIDE = {"short": [{"wait": "two", "for": "2 days"}], "long": [{"task": "it"}]}
AT_THE_LAST = {
    "task": ({"task": "it"} | LATE, {"complete": "it"}),
    "reminder": ({"task": "it", "due": "1 day", "overdue": REMIND}, {"complete": "it"}),
    "escalation": ({"escalate": "it", "reason": "x", "ladder": RUNGS[:1]} | LATE, {"acknowledge": "it"}),
    "rung": ({"escalate": "it", "reason": "x", "ladder": RUNGS}, {"acknowledge": "it"}),
    "meeting": ({"meeting": "it", "due": "48 hours", "otherwise": [{"end": "late"}]}, {"complete": "it"}),
    "approval": (HELLO | LATE, {"complete": "it", "outcome": "approved"}),
    "refusal": (HELLO | LATE, {"complete": "it", "outcome": "refused"}),
    "expiry": (HELLO | {"expires": "2 days"}, {"complete": "it", "outcome": "approved"}),
    "track": ({"parallel": "both", "until": "any", "tracks": BESIDE}, {"complete": "it"}),
}


@pytest.mark.parametrize(("step", "act"), AT_THE_LAST.values(), ids=AT_THE_LAST)
def test_what_a_person_does_in_the_very_instant_of_a_timer_comes_before_it(sqlite, step, act):
    head = {"playbook": "example", "owner": "csm", "start": "by hand"}
    text = bound(json.dumps(head | {"steps": [step, {"end": "in_time"}]}), "a1")
    life = Life(compiled(text), story(then=[{"after": "2 days"} | act], account={"id": "a1"}), text)
    until = NOW + timedelta(days=4)

    told = lived(played(sqlite, [life], until, care=False), life)

    assert told == simulated(life, until)
    *_, ended = told["", 1]
    then = {one["event"] for one in told["", 1] if one["at"] == ended["at"]}
    assert (ended["outcome"], then & {"timed_out", "escalated", "reminded", "waited"}) == ("in_time", set())


def test_a_mail_that_expires_in_the_instant_in_which_its_loop_comes_again_is_over_before(sqlite):
    mail = {
        "email": "it",
        "to": "champion",
        "subject": "Hi",
        "text": "Hi",
        "send": {"on": ["friday"]},
        "expires": "1 day",
    }
    daily = {"every": "daily", "schedule": "day 10:00", "times": 4, "do": [mail]}
    text = bound(json.dumps({"playbook": "example", "owner": "csm", "start": "by hand", "steps": [daily]}), "a1")
    life = Life(compiled(text), story(account={"id": "a1"}), text)
    until = NOW + timedelta(days=9)

    told = lived(played(sqlite, [life], until, care=False), life)

    assert told == simulated(life, until)
    assert [one["event"] for one in told["", 1] if one["path"] == "daily"] == ["occurred"] * 4 + ["completed"]


LACKING = {"to": "champion", "subject": "Hi", "text": "You have {{ account.seats }} seats"}


def test_what_several_steps_lacked_is_told_in_one_order(sqlite):
    tracks = {
        "one": [{"wait": "first", "for": "1 hour"}, {"email": "late"} | LACKING],
        "two": [{"email": "soon"} | LACKING],
    }
    head = {"playbook": "example", "owner": "csm", "start": "by hand"}
    text = bound(json.dumps(head | {"steps": [{"parallel": "both", "tracks": tracks}]}), "a1")
    known = [{"after": "3 days", "account": {"seats": 40}}]
    life = Life(compiled(text), story(then=known, account={"id": "a1"}), text)
    until = NOW + timedelta(days=4)

    assert lived(played(sqlite, [life], until, care=False), life) == simulated(life, until)


def test_of_two_mails_of_one_instant_the_one_that_went_is_told_before_the_other_is_looked_at(sqlite):
    mail = {"to": "champion", "subject": "Hi", "text": "Hello"}
    beside = {
        "watch": "low",
        "when": "metrics.nps.value < 5",
        "do": [{"email": "news", "send": {"on": ["tuesday"]}} | mail],
    }
    head = {"playbook": "example", "owner": "csm", "start": "by hand", "meanwhile": [beside]}
    text = bound(json.dumps(head | {"steps": [{"email": "hello"} | mail, {"wait": "long", "for": "3 days"}]}), "a1")
    life = Life(compiled(text), story(metrics={"nps": 0}, account={"id": "a1"}), text)
    until = NOW + timedelta(days=4)

    assert lived(played(sqlite, [life], until, care=False), life) == simulated(life, until)


@pytest.mark.parametrize("exit_", EXITS)
def test_in_every_kind_of_wait_loop_and_track_a_goal_or_stop_ends_the_run_at_once_and_leaves_nothing_open(
    sqlite, exit_
):
    lives = [resting_life(name, exit_) for name in RESTS]
    until = NOW + timedelta(days=30)

    host = played(sqlite, lives, until, care=False)

    for life in lives:
        told = lived(host, life)
        ended = told["", 1][-1]
        assert told == simulated(life, until)
        assert (ended["event"], ended["by"], ended["at"]) == ("ended", exit_, "2026-03-05T15:00:00Z")
    assert host.database.read(lambda c: tasks_listed(c, state="open")) == []
    assert host.database.read(lambda c: effects_listed(c, states_in=("wanted", "claimed", "deferred"))) == []
