"""What people read of what a simulation does: titles of tasks, subjects of mails, messages; a line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.desk import Changes
from engine.run import Effect
from engine.trace import Entry

_READ: Final = frozenset({"opened", "sent", "posted"})
_OWN: Final = frozenset({"email", "slack", "webhook"})


@dataclass(slots=True)
class Words:
    """`made` has what was written, by its run, its path and, for a mail, its contact."""

    made: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def take(self, changes: Changes) -> None:
        for task in changes.tasks.values():
            self.made[task.run, task.path, ""] = task.title
        for effect in changes.effects.values():
            self.hear(effect)

    def hear(self, effect: Effect) -> None:
        if effect.purpose in _OWN:
            self.made[_place(effect)] = _line(effect.content)

    def of(self, run: str, entry: Entry) -> str | None:
        """What is read where this happened; a ladder's rungs all say what their escalation says."""
        if entry.event not in _READ:
            return None
        contact = str(entry.fields.get("contact") or "")
        path = entry.path.partition("/ladder/")[0] if entry.kind == "escalate" else entry.path
        return self.made.get((run, path, contact))


def _place(effect: Effect) -> tuple[str, str, str]:
    below = effect.content.get("below")
    path = f"{effect.path}/{below}" if below else effect.path
    return effect.run, path, effect.to if effect.channel == "email" else ""


def _line(content: Mapping[str, object]) -> str:
    return " ".join(str(content.get("subject") or content.get("body") or "").split())
