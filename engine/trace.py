"""What happened in a run and why, addressed by the author's own path.

The events and their fields are a contract (`design` of the interfaces): `started`, `opened`, `sent`, `branched`,
`ended` and their kin.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

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
