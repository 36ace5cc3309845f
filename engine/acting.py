"""What people do with tasks in a story: whether it can be done there and then, and what the run hears of it."""

from __future__ import annotations

from datetime import datetime

from engine.moments import Act
from engine.problems import suggest_or_list
from engine.run import Acknowledged, Input, Open, Task, TaskActed


def unfit(act: Act, open_: Open, at: datetime) -> str | None:
    """Why the act cannot be done to that task: what a database refuses too."""
    task = Task.model_validate(open_.memo["task"])
    escalation = task.kind == "escalation"
    match act.verb:
        case "acknowledge" if not escalation:
            return f"'{act.step}' is a task, which is completed and not acknowledged"
        case "snooze" if escalation:
            return f"'{act.step}' is an escalation, which is acknowledged or given to somebody else, and not put off"
        case "snooze" if act.until is not None and act.until <= at:
            return f"'{act.step}' can be put off only to an instant that lies ahead"
        case "complete":
            return _no_outcome(act, task.outcomes, () if escalation else ("skipped",))
    return None


def _no_outcome(act: Act, outcomes: tuple[str, ...], besides: tuple[str, ...]) -> str | None:
    if act.outcome is None:
        plain = outcomes[0] == "done" or len(outcomes) == 1
        return None if plain else f"'{act.step}' is completed with one of {', '.join(outcomes)}, and none is given"
    if act.outcome in {*outcomes, *besides}:
        return None
    return f"'{act.step}' has no outcome '{act.outcome}'. {suggest_or_list(act.outcome, outcomes)}"


def heard(act: Act, open_: Open, at: datetime) -> Input:
    match act.verb:
        case "acknowledge":
            return Acknowledged(at=at, path=open_.path, visit=open_.visit, by=act.by)
        case verb:
            return TaskActed(
                at=at,
                path=open_.path,
                visit=open_.visit,
                verb=verb,
                by=act.by,
                outcome=act.outcome,
                until=act.until,
                to=act.to,
            )
