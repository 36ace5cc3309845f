"""When an account enters a playbook: what is known of its start condition, whether that is a rise, and what bars the
entry.

`becomes` fires when the condition turns true, `is` while it is true, `leaves` when it turns false; with `for` only
when that has lasted. Unknown changes nothing: the last known truth is kept, and a time that runs goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from engine import stored
from engine.calendar import WHEREABOUTS
from engine.conditions.scope import Moving
from engine.logic import Condition, Scope
from engine.plan import Exit, Plan, Start
from engine.policy import Policy
from engine.run import Frozen
from engine.subjects import is_of_item, slot

Bar = Literal["again", "live", "goal", "stop", "holdout", "anchor"]
Outside = Literal["stage", "only"]
DELAYS = frozenset({"anchor"})
"""Bars that keep an account out for as long as they last, and use nothing up: what has risen may still enter."""
LASTING = "for"
"""What bars an account whose condition has not been so for long enough yet."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known of one account, or one subject of it, and one start condition. `since` is when its truth last
    turned, `why` the tree that it then had; `next_at` is when time alone could change it; `barred` is what keeps the
    account out though it is true (for LASTING, `since` is when the time began to run); `fault` is our own error, tried
    again at `next_at`.
    """

    playbook: str
    start_hash: str
    truth: bool | None = None
    since: datetime | None = None
    next_at: datetime | None = None
    barred: str | None = None
    fault: str | None = None
    why: Mapping[str, JsonValue] | None = None
    subject: str = ""

    @property
    def key(self) -> str:
        return slot(self.playbook, self.subject)

    @property
    def says_nothing(self) -> bool:
        """Whether it need not be kept: an account without a decision is one that never fulfilled the condition."""
        return not self.truth and (self.since, self.next_at, self.barred, self.fault) == (None, None, None, None)


class Entries(Frozen):
    """An account's runs of one playbook, summed up; `recent` are the starts of the last few, oldest first."""

    live: str | None = None
    count: int = 0
    recent: tuple[datetime, ...] = ()
    last_ended: datetime | None = None
    last_outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One plan's start, taken apart once. `watched` are the conditions whose truth decides, `bars` what only delays the
    entry; `reads` is all that it hangs on, `beside` what of that is not an item's own.
    """

    plan: Plan
    watched: tuple[Condition, ...]
    bars: tuple[Condition, ...]
    reads: frozenset[str]
    beside: frozenset[str] = frozenset()

    @classmethod
    def of(cls, plan: Plan) -> Rule:
        return cls(
            plan=plan,
            watched=(plan.start.when,) if plan.start.mode == "leaves" and plan.start.when else tuple(_conditions(plan)),
            bars=tuple(_bars(plan)),
            reads=rule_reads(plan),
            beside=frozenset(path for path in _read_by(plan) if not is_of_item(path)),
        )

    def closed(self, scope: Scope) -> bool:
        """Whether nobody can enter now, whichever item it is, and time alone will not change that for one of them."""
        fixed = [one for one in self.watched if not one.timely and not any(map(is_of_item, one.reads))]
        return self.plan.start.mode != "leaves" and any(one.truth(scope) is False for one in fixed)

    def may_hold(self, nothing_known: Scope) -> bool:
        """Now or, where the clock has a part in it, at another time."""
        timely = any(one.timely for one in self.watched)
        return timely or _all_true(one.truth(nothing_known) for one in self.watched) is True


@dataclass(frozen=True, slots=True)
class Rules:
    """The applied plans, and which of them read what. `blank` are those that may hold of an account of which nothing is
    known; None where nobody has looked.
    """

    plans: Mapping[str, Plan]
    rules: Mapping[str, Rule]
    by_path: Mapping[str, tuple[str, ...]]
    by_event: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blank: frozenset[str] | None = None

    @classmethod
    def of(cls, plans: Iterable[Plan]) -> Rules:
        active = {plan.playbook: plan for plan in sorted(plans, key=lambda one: one.playbook)}
        rules = {name: Rule.of(plan) for name, plan in active.items()}
        readers: dict[str, list[str]] = {}
        for name, rule in rules.items():
            for path in sorted(_heard(rule)):
                readers.setdefault(path, []).append(name)
        events = sorted({plan.start.on for plan in active.values() if plan.start.on is not None})
        by_event = {on: tuple(name for name, plan in active.items() if plan.start.on == on) for on in events}
        return cls(active, rules, {path: tuple(names) for path, names in readers.items()}, by_event)

    @property
    def standing(self) -> list[Plan]:
        """Those whose start is a condition."""
        return [plan for plan in self.plans.values() if plan.start.standing]

    def looked_at(self, nothing_known: Scope) -> Rules:
        """The same, with `blank` found out: a new account is then judged by those alone and by what its facts touch."""
        standing = [self.rules[plan.playbook] for plan in self.standing]
        return replace(self, blank=frozenset(one.plan.playbook for one in standing if one.may_hold(nothing_known)))

    def at_first(self, paths: Iterable[str]) -> list[Plan]:
        """The plans that may matter to an account whose first facts touched these paths."""
        if self.blank is None:
            return self.standing
        names = self.blank.union(*(self.by_path.get(path, ()) for path in paths))
        return [self.plans[name] for name in sorted(names)]

    def on(self, event: str) -> list[Plan]:
        """Those that each such event may start."""
        return [self.plans[name] for name in self.by_event.get(event, ())]

    def reading(self, paths: Iterable[str]) -> list[Plan]:
        """The plans whose start reads one of the paths; the others cost nothing."""
        names = {name for path in paths for name in self.by_path.get(path, ())}
        return [self.plans[name] for name in sorted(names)]


def _heard(rule: Rule) -> frozenset[str]:
    """The paths that a change must touch to matter to the plan's start."""
    if not rule.plan.start.standing:
        return frozenset()
    return frozenset(path.removeprefix("since.") for path in rule.reads)


def run_paths(playbook: str) -> frozenset[str]:
    """What others may read of an account's runs of a playbook."""
    return frozenset(f"runs.{playbook}.{name}" for name in ("running", "last_outcome", "last_ended"))


def runs_read(paths: Iterable[str]) -> frozenset[str]:
    """The playbooks of which the paths ask for the account's runs."""
    parts = (path.removeprefix("since.").split(".") for path in paths)
    return frozenset(one[1] for one in parts if one[0] == "runs" and len(one) > 1)


def rule_reads(plan: Plan) -> frozenset[str]:
    """What a start hangs on, with what only delays it: the anchor, and under `is` whatever bars it."""
    each = plan.start.each
    reads = {each if each and is_of_item(path) else path for path in _read_by(plan)}
    return frozenset(reads | {each} if each else reads)


def _read_by(plan: Plan) -> set[str]:
    deciding = _deciding(plan)
    reads = {path for one in deciding for path in one.reads}
    if plan.start.lasting is not None or any(one.timely for one in deciding):
        reads |= WHEREABOUTS
    return reads | {plan.anchor} if plan.anchor else reads


def _deciding(plan: Plan) -> list[Condition]:
    return [*_conditions(plan), *_bars(plan)]


def _bars(plan: Plan) -> list[Condition]:
    return [one.when for one in (*plan.stops, *plan.goals)] if plan.start.mode == "is" else []


def _conditions(plan: Plan) -> list[Condition]:
    return [one for one in (plan.start.scope, plan.start.only, plan.start.when) if one is not None]


def judged(
    rule: Rule, former: Decision | None, scope: Scope, *, applied: bool = False, subject: str = ""
) -> tuple[Decision, bool]:
    """The decision as it now is, and whether the account is to enter. Without a former decision nothing was known
    before; `applied`: because the rule is new, and not the account.
    """
    plan, start = rule.plan, rule.plan.start
    before = former.truth if former else None
    truths = [one.truth(scope) for one in rule.watched]
    now = _all_true(truths)
    truth, began = _lasted(start, former, scope, now=now, applied=applied)
    # What only delays is over when its passing finds the condition known and as it was: unknown never fires.
    delayed = former is not None and former.barred in DELAYS and truth is before and now is not None
    match start.mode:
        case "leaves":
            inside = outside(plan, scope) is None
            enters = (before is True or delayed) and truth is False and inside
        case "is":
            enters = truth is True and now is True
        case _:
            enters = truth is True and (before is not True or delayed)
    turned = bool(truth) is not bool(before)
    decision = Decision(
        playbook=plan.playbook,
        start_hash=plan.start_hash,
        truth=truth,
        since=began or (scope.now if turned or _broke_off(former, began) else former.since if former else None),
        next_at=min((*_lasts_until(rule, truths, scope), *_over(start, began, scope)), default=None),
        barred=LASTING if began else _still_barred(former) if former and truth is before else None,
        why=why(plan, scope) if turned else former.why if former else None,
        subject=subject,
    )
    return decision, enters


def _lasts_until(rule: Rule, truths: Sequence[bool | None], scope: Scope) -> list[datetime]:
    """When time alone could change it: while a part is false, no sooner than the last of the false ones may turn."""
    false = [one for one, truth in zip(rule.watched, truths, strict=True) if truth is False]
    if not false:
        instants = [one.lasts_until(scope) for one in (*rule.watched, *rule.bars)]
        return [*(at for at in instants if at), *_anchor_turns(rule.plan, scope)]
    latest: datetime | None = None
    for one in false:
        until = one.lasts_until(scope)
        if until is None:
            return []
        latest = until if latest is None else max(latest, until)
    return [latest] if latest else []


def _anchor_turns(plan: Plan, scope: Scope) -> list[datetime]:
    """For an account that is late, the fact that tells it may have come already."""
    if plan.anchor is None or not isinstance(scope.values, Moving):
        return []
    at = scope.values.turns([plan.anchor])
    return [at] if at else []


def _lasted(
    start: Start, former: Decision | None, scope: Scope, *, now: bool | None, applied: bool
) -> tuple[bool | None, datetime | None]:
    """What counts as its truth when it is `now` so, and since when the time runs that it must last."""
    before, wanted = former.truth if former else None, start.mode != "leaves"
    began = former.since if former and former.barred == LASTING else None
    if start.lasting is None or now is (not wanted):
        return (before if now is None else now), None
    if now is None:
        return before, began
    # What was so when the rule came has been so for as long as anybody knows; a `leaves` needs something to leave.
    settled = (applied and start.mode == "becomes") or (not wanted and not before)
    if before is wanted or settled:
        return wanted, None
    began = began or scope.now
    over = scope.calendar.add(start.lasting, began, "opens") <= scope.now
    return (wanted, None) if over else (not wanted, began)


def _over(start: Start, began: datetime | None, scope: Scope) -> list[datetime]:
    if start.lasting is None or began is None:
        return []
    ends = scope.calendar.add(start.lasting, began, "opens")
    return [ends] if ends > scope.now else []


def _broke_off(former: Decision | None, began: datetime | None) -> bool:
    return former is not None and former.barred == LASTING and began is None


def _still_barred(former: Decision) -> str | None:
    return None if former.barred == LASTING else former.barred


def rises(former: Decision | None, decision: Decision) -> bool:
    """Whether something came to be so, and not only still is: under `is` both let the account in."""
    return former is None or former.truth is not decision.truth


def why_now(plan: Plan, former: Decision | None, decision: Decision, scope: Scope) -> dict[str, JsonValue] | None:
    """Why the account enters: what the decision has just been explained with, where it has."""
    if decision.why is not None and (former is None or decision.why is not former.why):
        return dict(decision.why)
    return why(plan, scope)


def _all_true(parts: Iterable[bool | None]) -> bool | None:
    seen = list(parts)
    if False in seen:
        return False
    return None if None in seen else True


def why(plan: Plan, scope: Scope) -> dict[str, JsonValue] | None:
    """The start as it was decided: stage, tier and condition, each part with the value that it saw."""
    trees: list[dict[str, JsonValue]] = [stored.why(one, scope) for one in _conditions(plan)]
    if len(trees) < 2:
        return trees[0] if trees else None
    return {
        "text": " and ".join(str(tree["text"]) for tree in trees),
        "truth": _all_true(one.truth(scope) for one in _conditions(plan)),
        "parts": list(trees),
    }


def why_event(plan: Plan, scope: Scope) -> dict[str, JsonValue]:
    """The event as it was judged, with its values in the scope."""
    start = plan.start
    conditions = [one for one in (start.scope, start.only, start.where) if one is not None]
    where = f" where {start.where.text}" if start.where else ""
    parts: list[JsonValue] = [stored.why(one, scope) for one in conditions]
    return {"text": f"on {start.on}{where}", "truth": is_meant(plan, scope), "parts": parts}


def is_meant(plan: Plan, scope: Scope) -> bool:
    """Whether an event, with its values in the scope, is one that starts the plan for this account as it is now."""
    start = plan.start
    return _all_true(one.truth(scope) for one in (start.scope, start.only, start.where) if one is not None) is True


def outside(plan: Plan, scope: Scope) -> Outside | None:
    """Whether stage and tiers do not hold, or the item is none of those that are meant."""
    start = plan.start
    if start.scope is not None and start.scope.truth(scope) is not True:
        return "stage"
    return "only" if start.only is not None and start.only.truth(scope) is not True else None


def bar(
    plan: Plan, entries: Entries, scope: Scope, account: str, policy: Policy, lasted: Callable[[Exit], bool]
) -> Bar | None:
    """What keeps the account out though the condition holds. `lasted` is asked of a goal or stop that is true."""
    if entries.live is not None:
        return "live"
    if not _may_enter_again(plan, entries, scope):
        return "again"
    if plan.anchor is not None and plan.anchor not in scope.values:
        return "anchor"
    if any(one.when.truth(scope) and lasted(one) for one in plan.stops):
        return "stop"
    if any(one.when.truth(scope) and lasted(one) for one in plan.goals):
        return "goal"
    return "holdout" if _held_out(account, policy) else None


def free_at(plan: Plan, entries: Entries, scope: Scope) -> datetime | None:
    """When `again: after D` lets the account in, if that is what bars it."""
    again = plan.start.again
    if again.mode != "after" or again.after is None or entries.last_ended is None:
        return None
    if again.at_most is not None and entries.count >= again.at_most:
        return None
    return scope.calendar.add(again.after, entries.last_ended, "exact")


def _may_enter_again(plan: Plan, entries: Entries, scope: Scope) -> bool:
    again = plan.start.again
    if entries.count == 0 or again.mode == "always":
        return again.at_most is None or entries.count < again.at_most
    free = free_at(plan, entries, scope)
    return free is not None and free <= scope.now


def _held_out(account: str, policy: Policy) -> bool:
    """A stable share of accounts: the same account is always in or always out, whatever the machine."""
    if policy.holdout is None:
        return False
    digest = hashlib.sha256(f"{policy.holdout.salt}·{account}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < int(policy.holdout.share * 2**64)
