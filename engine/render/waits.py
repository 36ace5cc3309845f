"""What a step that rests waits for, in words."""

from __future__ import annotations

from typing import Final

from engine.assignment import HOLDER
from engine.plan import AnySpec
from engine.run import Open
from engine.steps.base import Awaited
from engine.steps.nobody import FOUND
from engine.steps.play import PlaySpec
from engine.steps.stopping import PREFIX

# That a date moves, that somebody else has the role: followed, but nobody waits for it.
_FOLLOWED: Final = frozenset({"moved", "vanished", "told", "shifted", "lost"})
_BEFORE: Final = {"clears": "cleared when", "auto_close": "closed when", "until": "until"}


def waits_for(open_: Open, spec: AnySpec) -> list[str]:
    """The conditions and events; its timers speak for themselves."""
    watched = (name for name in open_.watches if name not in _FOLLOWED and not name.startswith(HOLDER))
    return [_words(name, spec.awaited(name), spec) for name in watched]


def _words(name: str, awaited: Awaited, spec: AnySpec) -> str:
    if name == FOUND:
        return "somebody to write to"
    if isinstance(spec, PlaySpec):
        return f"the end of {spec.playbook}"
    text = awaited.condition.text if awaited.condition else ""
    if awaited.event is not None:
        text = f"the event {awaited.event}{f' where {text}' if text else ''}"
    before = "ended by" if name.startswith(PREFIX) else _BEFORE.get(name, "")
    return f"{before} {text}".strip()
