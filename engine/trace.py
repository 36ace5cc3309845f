"""What happened in a run and why, addressed by the author's own path.

The events and their fields are a contract (`design` of the interfaces): `started`, `opened`, `sent`, `branched`,
`ended` and their kin.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from engine.plan import template_of
from engine.run import Effect, Watch
from engine.stored import to_json


class Entry(BaseModel):
    """One line of the trace. `step` is None for what is not a step: start, goal, stop and the end of the steps."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    path: str
    step: str | None
    kind: str
    event: str
    subject: str = ""
    fields: dict[str, JsonValue] = Field(default_factory=dict)

    def to_json(self) -> dict[str, JsonValue]:
        """The entry as `simulate --json` and `trace --json` show it; empty fields are left out."""
        shown: dict[str, JsonValue] = {
            "at": to_json(self.at),
            "path": self.path,
            "step": self.step,
            "kind": self.kind,
            "event": self.event,
        }
        if self.subject:
            shown["subject"] = self.subject
        return shown | {name: value for name, value in self.fields.items() if value is not None}


def not_started(at: datetime, reason: str, subject: str = "", **fields: JsonValue) -> Entry:
    """A start that did not happen."""
    said: dict[str, JsonValue] = {name: value for name, value in fields.items() if value}
    return Entry(
        at=at,
        path="start",
        step=None,
        kind="playbook",
        event="not_started",
        subject=subject,
        fields={"reason": reason, **said},
    )


def unheard(at: datetime, watch: Watch, why: JsonValue) -> Entry:
    """An event that is none of those that a run waits for; no trace keeps it."""
    step = template_of(watch.path).rpartition("/")[2]
    fields: dict[str, JsonValue] = {"reason": f"it is no {watch.event} that is meant here", "why": why}
    return Entry(
        at=at, path=watch.path, step=step, kind="event", event="not_heard", subject=watch.subject, fields=fields
    )


def deferred(effect: Effect, at: datetime, reason: str | None, until: datetime | None, subject: str = "") -> Entry:
    """An effect that keeps its place, and until when."""
    below, whom = effect.content.get("below"), "contact" if effect.channel == "email" else "to"
    return Entry(
        at=at,
        path=f"{effect.path}/{below}" if below else effect.path,
        step=effect.step,
        kind=effect.channel,
        event="deferred",
        subject=subject,
        fields={whom: effect.to, "reason": reason, "until": to_json(until) if until else None},
    )
