"""The step kinds: one module each. To add one, write its module and name it here, in `engine/plan.py`'s `AnySpec`, and
in the guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.steps import (
    branch,
    email,
    end,
    escalate,
    every,
    meeting,
    parallel,
    play,
    sequence,
    slack,
    task,
    update,
    wait,
    watch,
    webhook,
)
from engine.steps.base import StepModel


class Kind(Protocol):
    """What every kind's module has: the author's model, the way to compile it, and the two questions of a run."""

    Model: type[Any]

    def outcomes(self, model: Any, /) -> tuple[str, ...] | None: ...
    def compile_step(self, model: Any, place: Any, /) -> Any: ...
    def enter(self, spec: Any, ctx: Any, /) -> Any: ...
    def resume(self, spec: Any, open_: Any, given: Any, ctx: Any, /) -> Any: ...


KINDS: dict[str, Kind] = {
    "task": task,
    "email": email,
    "sequence": sequence,
    "slack": slack,
    "wait": wait,
    "branch": branch,
    "escalate": escalate,
    "every": every,
    "parallel": parallel,
    "watch": watch,
    "update": update,
    "play": play,
    "meeting": meeting,
    "webhook": webhook,
    "end": end,
}

_BRANCH = "Write '- branch: NAME' with 'cases: [{when: CONDITION, then: [STEPS]}]' and 'otherwise: [STEPS]'."
_EVERY = "Write '- every: NAME' with 'schedule: week', 'times: 5' and 'do: [STEPS]'."
# Words of other languages, and what says it here.
MEANT: Mapping[str, str] = dict.fromkeys(("if", "when", "condition", "switch", "choose", "else"), _BRANCH) | (
    dict.fromkeys(("loop", "repeat", "for", "while", "foreach"), _EVERY)
)

__all__ = ["KINDS", "MEANT", "Kind", "StepModel"]
