"""Playbooks that each rest in one kind of wait, loop or track, for whatever ends a run at once."""

import json
from datetime import datetime
from typing import Any

from tests.support.hosts import NOW
from tests.support.lives import plan_of
from tests.support.playbooks import story
from tests.support.retold import Life, bound

Steps = list[dict[str, Any]]

LADDER = [
    {"after": "1 business day", "remind": "assignee"},
    {"after": "2 business days", "escalate": "cs_manager"},
    {"after": "6 business days", "escalate": "vp_cs"},
]
RUNGS = [{"to": "cs_manager", "within": "1 business day"}, {"to": "vp_cs", "within": "4 business days"}]
MAIL = {"subject": "Hi", "text": "Hello"}
LOW = "metrics.nps.value < 3"
LAST: Steps = [{"wait": "last", "for": "2 weeks"}]
NOTHING: Steps = []
MAILS = [{"after": "1 day", **MAIL}, {"after": "6 days", **MAIL}]
BEAT: Steps = [{"slack": "beat", "to": "csm", "text": "Look"}]
CALL: Steps = [{"task": "call", "due": "1 business day", "overdue": LADDER}]
ASK: Steps = [{"email": "ask", "to": "champion", "approval": "cs_manager", **MAIL}]
LATER: Steps = [{"email": "later", "to": "champion", "send": {"on": ["friday"]}, "expires": "2 weeks", **MAIL}]
LONG: Steps = [{"wait": "long", "for": "2 weeks"}]

RESTS: dict[str, tuple[Steps, Steps]] = {
    "task": (CALL, []),
    "task_beside": ([{**CALL[0], "then": "continue"}, *LAST], []),
    "task_shared": ([{**CALL[0], "same_as": "it", "then": "continue"}, {"task": "again", "same_as": "it"}], []),
    "task_limited": ([{**CALL[0], "at_most": "2 weeks", "otherwise": NOTHING}], []),
    "approval": (ASK, []),
    "mail_put_off": (
        [{"email": "later", "to": "champion", "send": {"on": ["friday"]}, "expires": "2 weeks", **MAIL}],
        [],
    ),
    "mail_to_nobody": ([{"email": "whom", "to": "economic_buyer", "missing": "wait", **MAIL}], []),
    "sequence": ([{"sequence": "several", "to": "champion", "mails": MAILS}], []),
    "escalation": ([{"escalate": "help", "reason": "Help", "ladder": RUNGS, "clears": LOW}], []),
    "wait_for_long": (LONG, []),
    "wait_for_condition": ([{"wait": "low", "for": LOW, "at_most": "2 weeks", "otherwise": NOTHING}], []),
    "wait_on_event": ([{"wait": "heard", "on": "login", "at_most": "2 weeks", "otherwise": NOTHING}], []),
    "wait_until_date": ([{"wait": "day", "until": "account.renewal_date", "otherwise": NOTHING}], []),
    "wait_until_day": ([{"wait": "day", "until": "day 20"}], []),
    "meeting": ([{"meeting": "talk", "with": "champion", "due": "10 business days"}], []),
    "play": ([{"play": "another", "playbook": "other", "wait": True, "at_most": "2 weeks", "otherwise": NOTHING}], []),
    "loop": ([{"every": "rhythm", "schedule": "day 06:00", "times": 9, "do": BEAT}], []),
    "loop_inside": ([{"every": "rhythm", "schedule": "2 days", "times": 5, "do": CALL}], []),
    "loop_at_once": ([{"every": "rhythm", "schedule": "at once", "times": 3, "do": CALL}], []),
    "tracks": ([{"parallel": "both", "tracks": {"one": CALL, "two": ASK}}], []),
    "tracks_any": ([{"parallel": "first", "tracks": {"one": LONG, "two": CALL}, "until": "any"}], []),
    "case": ([{"branch": "which", "cases": [{"when": "account.arr > 0", "then": CALL}], "otherwise": NOTHING}], []),
    "watch": (LAST, [{"watch": "eye", "when": "metrics.nps.value <= 6", "do": CALL}]),
    "watch_event": (LAST, [{"watch": "ear", "on": "ticket", "do": CALL}]),
    "beside": (LAST, [{"every": "beat_on", "schedule": "2 days", "do": CALL}]),
}
EXITS: dict[str, dict[str, Any]] = {
    "goal": {"metrics": {"nps": 9}},
    "stop": {"account": {"status": "churned"}},
}


def resting(name: str) -> str:
    """The playbook as JSON. It has a goal and a stop."""
    steps, aside = RESTS[name]
    head = {
        "playbook": "example",
        "owner": "csm",
        "start": {"when": "metrics.nps.value <= 6", "again": "always"},
        "goal": {"when": "metrics.nps.value >= 9", "outcome": "recovered"},
        "stop": {"when": 'account.status == "churned"', "outcome": "churned"},
    }
    return json.dumps(head | ({"meanwhile": aside} if aside else {}) | {"steps": steps})


def ended_by(exit_: str) -> Steps:
    """What the story tells: a ticket on the first day, and what ends the run some days later."""
    return [
        {"after": "20 hours", "event": "ticket", "data": {"severity": 2}},
        {"after": "73 hours"} | EXITS[exit_],
    ]


def resting_life(name: str, exit_: str, begins: datetime = NOW) -> Life:
    account = f"k-{name.replace('_', '-')}"
    text = bound(resting(name), account)
    plan = plan_of(text)
    assert plan is not None
    told = {"start": begins.isoformat(), "then": ended_by(exit_), "metrics": {"nps": 4}, "account": {"id": account}}
    return Life(plan, story(**told), text)
