"""What is stored, in the shapes that `--json` and the HTTP interface show."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from activities.message import in_words
from activities.store.effects import EffectRow
from activities.store.runs import RunRow
from activities.store.suppressions import EVERY, Barred
from activities.store.tasks import TaskEvent
from engine.assignment import COVER
from engine.plan import AnySpec, Plan
from engine.render.waits import waits_for
from engine.run import Open, Run, Task
from engine.stored import to_json
from engine.trace import Entry

View = dict[str, JsonValue]


def instant(at: datetime | None) -> JsonValue:
    return to_json(at) if at is not None else None


def run_view(row: RunRow, version: int | None = None, put_off: datetime | None = None) -> View:
    """`state` in a word: running, paused, attention, ended. `put_off`: until when the first of its messages is."""
    return {
        "id": row.id,
        "account": row.account,
        "subject": row.subject,
        "playbook": row.playbook,
        "version": version,
        "state": state_of(row),
        "outcome": row.outcome,
        "started": instant(row.started),
        "ended": instant(row.ended),
        "look_at": instant(min(filter(None, (row.look_at, put_off)), default=None)),
        "attention": row.fault or row.parked,
    }


def state_of(row: RunRow) -> str:
    if row.outcome is not None:
        return "ended"
    if row.fault is not None or row.parked is not None:
        return "attention"
    return "paused" if row.paused else "running"


def open_views(run: Run, plan: Plan) -> list[View]:
    """The steps that it rests at, each with what it waits for."""
    return [_open_view(one, plan.steps[one.step].like(one.way).spec) for one in run.open.values()]


def _open_view(one: Open, spec: AnySpec) -> View:
    return {
        "path": one.path,
        "since": instant(one.since),
        "timers": {
            name: instant(at) for name, at in sorted(one.timers.items(), key=lambda timer: timer[1]) if name != COVER
        },
        "conditions": [*waits_for(one, spec)],
        "attention": one.parked,
    }


def task_view(task: Task) -> View:
    hidden = {"step", "visit", "by_hand", "taken", "waiters", "identity"}
    return {**task.model_dump(mode="json", exclude=hidden)}


def event_view(event: TaskEvent) -> View:
    return {"at": instant(event.at), "verb": event.verb, "by": event.by, **event.fields}


def effect_view(row: EffectRow) -> View:
    """A mail or message: to whom, what became of it, and its text."""
    effect = row.effect
    content = effect.content
    return {
        "id": row.id,
        "account": row.account,
        "playbook": row.playbook,
        "run": row.run,
        "path": effect.path,
        "channel": row.channel,
        "purpose": effect.purpose,
        "to": effect.to,
        "address": effect.address,
        "state": row.state,
        "reason": row.reason,
        "at": instant(row.at),
        "until": instant(row.until),
        "settled_at": instant(row.settled_at),
        "attempts": row.attempt,
        "receipt": row.receipt,
        "subject": content.get("subject"),
        "body": in_words(effect).body if effect.channel == "slack" else content.get("body"),
    }


def barred_view(one: Barred) -> View:
    """An address that gets no mail, or none about some topics; `words` say which."""
    words = f"no mail: {one.reason}" if one.reason else "no mail but what is essential"
    if one.reason is None and EVERY not in one.topics:
        words = f"no mail about {', '.join(one.topics)}"
    topics: list[JsonValue] = [topic for topic in one.topics if topic != EVERY]
    return {
        "address": one.address,
        "reason": one.reason,
        "topics": topics,
        "every_topic": EVERY in one.topics,
        "since": instant(one.since),
        "words": words,
    }


def trace_view(entries: Sequence[Entry]) -> list[JsonValue]:
    return [entry.to_json() for entry in entries]


def attention_view(kind: str, id_: str, account: str | None, reason: str, fix: str, **more: JsonValue) -> View:
    """Something that goes on only when a person has decided; `fix` is what they can do."""
    return {"kind": kind, "id": id_, "account": account, **more, "reason": reason, "fix": fix}


def page(items: Sequence[Mapping[str, JsonValue]], key: str, limit: int) -> dict[str, JsonValue]:
    """A page of a listing: `next` is the `after` of the one that follows, if there may be one."""
    last = items[-1][key] if len(items) == limit else None
    return {"items": [dict(one) for one in items], "next": last}
