"""What keeps an account out of a playbook whose start holds, said whole."""

from datetime import datetime

from engine.desk import Desk
from engine.held import Held
from engine.logic import Scope
from engine.plan import Exit, Plan
from engine.subjects import slot
from engine.trigger import LASTING, Decision, Entries, free_at
from workers.views import instant
from workers.wording import why_barred


def bar_told(desk: Desk, plan: Plan, decision: Decision, now: datetime) -> tuple[str | None, str | None]:
    """The word of the trace, and the sentence; both None where the start does not hold, or a run is live."""
    if decision.barred == LASTING:
        return LASTING, _lasts(desk, plan, decision, now)
    holds = plan.start.on is not None or not plan.start.standing or decision.truth is True
    entries = desk.entries_of(plan.playbook, decision.subject)
    if entries.live is not None or not holds:
        return None, None
    scope = desk.scope_for(plan.start.each, decision.subject, now)
    reason = decision.barred or desk.bar(plan, decision.subject, scope)
    if reason is not None:
        return reason, _said(plan, entries, scope, reason)
    if plan.start.standing and plan.start.mode != "is":
        return None, "it is true and has been so since its last rise, or since it was applied: it must turn again"
    return None, None


def held_told(held: Held, account: str) -> tuple[str, str]:
    release = f"`playbook release {held.playbook} --account {slot(account, held.subject)}` starts it"
    return held.reason, f"held since {instant(held.at)}, because {why_barred(held.reason)}; {release}"


def _lasts(desk: Desk, plan: Plan, decision: Decision, now: datetime) -> str:
    lasting, since = plan.start.lasting, decision.since or now
    if lasting is None:
        return why_barred(LASTING)
    over = desk.scope(now).calendar.add(lasting, since, "opens")
    return f"it must last for {lasting}: that is so since {instant(since)}, and long enough at {instant(over)}"


def _said(plan: Plan, entries: Entries, scope: Scope, reason: str) -> str:
    match reason:
        case "again":
            return f"{_last_run(entries)}; {_again(plan, entries, scope)}"
        case "stop":
            return f"a stop holds already: {_holding(plan.stops, scope)}"
        case "goal":
            return f"a goal is reached already: {_holding(plan.goals, scope)}"
    return why_barred(reason)


def _last_run(entries: Entries) -> str:
    if entries.last_ended is None:
        return "it was entered before"
    return f"the last run ended {instant(entries.last_ended)} as {entries.last_outcome}"


def _again(plan: Plan, entries: Entries, scope: Scope) -> str:
    again, free = plan.start.again, free_at(plan, entries, scope)
    if again.mode == "never":
        return "`again` is never"
    if free is None:
        return f"it may be entered {again.at_most} times in all"
    return f"`again: after {again.after}` lets the account in from {instant(free)} on, when it turns true then"


def _holding(exits: tuple[Exit, ...], scope: Scope) -> str:
    held = [one for one in exits if one.when.truth(scope)]
    return " and ".join(f"{one.when.text} ({one.outcome})" for one in held)
