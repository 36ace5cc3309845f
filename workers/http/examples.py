"""What the documentation shows of each thing; a test holds them to what is really given."""

from typing import Any

from pydantic import JsonValue

_AT = "2026-03-02T14:00:00Z"

RUN: dict[str, Any] = {
    "id": "renewal-risk-7b33175d60a8524d",
    "account": "acme",
    "subject": "",
    "playbook": "renewal-risk",
    "version": 1,
    "state": "running",
    "outcome": None,
    "started": _AT,
    "ended": None,
    "look_at": "2026-03-04T22:00:00Z",
    "attention": None,
}
RESULT: dict[str, Any] = {
    "playbook": "renewal-risk",
    "runs": 120,
    "entered": {"of": 90, "reached": 41, "left": 0},
    "held_out": {"of": 6, "reached": 1, "left": 0},
    "mails": [
        {
            "step": "win_back/mail/1",
            "template": "renewal/value-recap",
            "sent": 88,
            "delivered": 87,
            "opened": 51,
            "clicked": 12,
            "replied": 9,
            "unsubscribed": 1,
            "bounced": 1,
            "complained": 0,
            "goal": {"of": 80, "reached": 37, "left": 0},
        }
    ],
}
TASK: dict[str, Any] = {
    "id": "66e311ab-d7e3-53b0-8584-f18ebaf5ee57",
    "run": RUN["id"],
    "account": "acme",
    "subject": "",
    "playbook": "renewal-risk",
    "path": "review",
    "kind": "task",
    "title": "Review Acme",
    "instructions": "",
    "role": "csm",
    "person": "noor",
    "outcomes": ["saved", "lost"],
    "opened": _AT,
    "due": "2026-03-04T22:00:00Z",
    "snoozed": None,
    "state": "done",
    "outcome": "saved",
    "closed": "2026-03-03T10:12:00Z",
    "by": "noor",
    "rung": 0,
    "used_up": False,
    "urgent": False,
    "accountable": "gwen",
    "consulted": ["technical_lead", "contact.champion"],
    "informed": ["ae"],
}
TASK_WHOLE: dict[str, Any] = {
    **TASK,
    "history": [{"at": "2026-03-03T10:12:00Z", "verb": "complete", "by": "noor", "outcome": "saved"}],
}
MESSAGE: dict[str, Any] = {
    "id": "7515fd55-ace4-5d9e-9f17-000019cb5d82",
    "account": "acme",
    "playbook": "renewal-risk",
    "run": RUN["id"],
    "path": "recap",
    "channel": "email",
    "purpose": "email",
    "to": "c1",
    "address": "kim@acme.example",
    "state": "sent",
    "reason": None,
    "at": _AT,
    "until": None,
    "settled_at": "2026-03-02T14:00:01Z",
    "attempts": 1,
    "receipt": "outbox:7515fd55-ace4-5d9e-9f17-000019cb5d82",
    "subject": "Acme: what you got out of it",
    "next_try": None,
    "events": [{"kind": "delivered", "at": "2026-03-02T14:00:04Z"}],
    "body": "Hello Kim,\n\nyour team logged in 212 times in two weeks.\n\nNoor\n",
}
_WHY: dict[str, Any] = {
    "text": 'metrics.nps.zone == "red"',
    "truth": True,
    "parts": [{"text": "metrics.nps.zone", "value": "red", "parts": []}],
}
_STARTED: dict[str, Any] = {
    "at": _AT,
    "path": "start",
    "step": None,
    "kind": "playbook",
    "event": "started",
    "why": _WHY,
}
RUN_WHOLE: dict[str, Any] = {
    **RUN,
    "open": [
        {
            "path": "review",
            "since": _AT,
            "timers": {"overdue": "2026-03-04T22:00:00Z"},
            "conditions": [],
            "attention": None,
            "messages": [],
        }
    ],
    "tasks": [TASK],
    "messages": [MESSAGE],
    "trace": [_STARTED],
}
HELD: dict[str, Any] = {
    "playbook": RUN["playbook"],
    "account": "acme",
    "subject": "",
    "reason": "limit",
    "at": _AT,
    "still": True,
    "why": _WHY,
}
ATTENTION: dict[str, JsonValue] = {
    "kind": "parked",
    "id": RUN["id"],
    "account": "acme",
    "run": RUN["id"],
    "reason": "recap: there is no contact with the role champion",
    "fix": f"playbook resume {RUN['id']}",
}
ACCOUNT: dict[str, Any] = {
    "id": "acme",
    "at": "2026-03-02T15:00:00Z",
    "fields": {"id": "acme", "name": "Acme", "stage": "adoption", "tier": "growth", "arr": 40000},
    "metrics": {
        "nps": {"value": 3, "target": 8.0, "attainment": 0.375, "zone": "red", "zone_since": _AT, "at": _AT},
    },
    "team": {"csm": "noor"},
    "contacts": [{"id": "c1", "name": "Kim", "role": "champion", "email": "kim@acme.example", "active": True}],
    "records": {},
    "runs": [RUN],
    "tasks": [TASK],
    "timeline": [{"run": RUN["id"], "playbook": "renewal-risk", **_STARTED}],
}
WHY_WHOLE: dict[str, Any] = {
    "account": "acme",
    "subject": "",
    "playbook": "renewal-risk",
    "at": "2026-03-02T15:00:00Z",
    "now": "2026-03-02T15:00:00Z",
    "truth": True,
    "live": RUN["id"],
    "on": None,
    "tree": _WHY,
    "unknown": [],
    "readings": [],
    "barred": None,
    "bar": None,
    "turned": {"at": _AT, "to": True, "why": _WHY},
    "next_at": None,
    "past": [{"run": RUN["id"], **_STARTED}],
}
