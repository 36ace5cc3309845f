"""When an account enters a playbook: what is known of its start condition, whether that is a rise, and what bars the
entry.

`becomes` fires when the condition turns true, `is` while it is true, `leaves` when it turns false. Unknown changes
nothing: the last known truth is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from engine import stored
from engine.logic import Condition, Scope
from engine.plan import Plan
from engine.policy import Policy
from engine.run import Frozen

Bar = Literal["again", "live", "goal", "stop", "holdout", "anchor", "depth"]
DELAYS = frozenset({"anchor"})
"""Bars that keep an account out for as long as they last, and use nothing up: what has risen may still enter."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known of one account and one start condition. `since` is when its truth last turned, `why` the tree that
    it then had; `next_at` is when time alone could change it; `barred` is what keeps the account out though it is true;
    `fault` is our own error, tried again at `next_at`.
    """

    playbook: str
    start_hash: str
    truth: bool | None = None
    since: datetime | None = None
    next_at: datetime | None = None
    barred: str | None = None
    fault: str | None = None
    why: Mapping[str, JsonValue] | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether it need not be kept: an account without a decision is one that never fulfilled the condition."""
        return not self.truth and (self.since, self.next_at, self.barred, self.fault) == (None, None, None, None)


class Entries(Frozen):
    """An account's runs of one playbook, summed up."""

    live: str | None = None
    count: int = 0
    last_ended: datetime | None = None
    last_outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One plan's start, taken apart once. `watched` are the conditions whose truth decides, `deciding` those with what
    bars the entry where a bar only delays; `reads` is all that hangs on.
    """

    plan: Plan
    watched: tuple[Condition, ...]
    timely: tuple[Condition, ...]
    reads: frozenset[str]

    @classmethod
    def of(cls, plan: Plan) -> Rule:
        deciding = _deciding(plan)
        return cls(
            plan=plan,
            watched=(plan.start.when,) if plan.start.mode == "leaves" and plan.start.when else tuple(_conditions(plan)),
            timely=tuple(one for one in deciding if one.timely),
            reads=rule_reads(plan),
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """The applied plans, and which of them read what."""

    plans: Mapping[str, Plan]
    rules: Mapping[str, Rule]
    by_path: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, plans: Iterable[Plan]) -> Rules:
        active = {plan.playbook: plan for plan in sorted(plans, key=lambda one: one.playbook)}
        rules = {name: Rule.of(plan) for name, plan in active.items()}
        readers: dict[str, list[str]] = {}
        for name, rule in rules.items():
            for path in sorted(_heard(rule)):
                readers.setdefault(path, []).append(name)
        return cls(active, rules, {path: tuple(names) for path, names in readers.items()})

    @property
    def by_rule(self) -> list[Plan]:
        return [plan for plan in self.plans.values() if plan.start.by_rule]

    def reading(self, paths: Iterable[str]) -> list[Plan]:
        """The plans whose start reads one of the paths; the others cost nothing."""
        names = {name for path in paths for name in self.by_path.get(path, ())}
        return [self.plans[name] for name in sorted(names)]


def _heard(rule: Rule) -> frozenset[str]:
    """The paths that a change must touch to matter to the plan's start."""
    if not rule.plan.start.by_rule:
        return frozenset()
    return frozenset(path.removeprefix("since.") for path in rule.reads)


def reads_of(condition: Condition) -> frozenset[str]:
    """The paths that a change must touch to matter: `since(x)` changes with x."""
    return frozenset(path.removeprefix("since.") for path in condition.reads)


def rule_reads(plan: Plan) -> frozenset[str]:
    """What a start hangs on, with what only delays it: the anchor, and under `is` whatever bars it."""
    reads = {path for one in _deciding(plan) for path in one.reads}
    return frozenset(reads | {plan.anchor}) if plan.anchor else frozenset(reads)


def _deciding(plan: Plan) -> list[Condition]:
    bars = [one.when for one in (*plan.stops, *plan.goals)] if plan.start.mode == "is" else []
    return [*_conditions(plan), *bars]


def _conditions(plan: Plan) -> list[Condition]:
    return [one for one in (plan.start.scope, plan.start.when) if one is not None]


def judged(rule: Rule, former: Decision | None, scope: Scope) -> tuple[Decision, bool]:
    """The decision as it now is, and whether the account is to enter. Without a former decision nothing was known
    before.
    """
    plan, start = rule.plan, rule.plan.start
    before = former.truth if former else None
    now = _all_true(one.truth(scope) for one in rule.watched)
    truth = before if now is None else now
    delayed = former is not None and former.barred in DELAYS and truth is before
    match start.mode:
        case "leaves":
            inside = start.scope is None or start.scope.truth(scope) is True
            enters = (before is True or delayed) and truth is False and inside
        case "is":
            enters = truth is True
        case _:
            enters = truth is True and (before is not True or delayed)
    turned = bool(truth) is not bool(before)
    decision = Decision(
        playbook=plan.playbook,
        start_hash=plan.start_hash,
        truth=truth,
        since=scope.now if turned else former.since if former else None,
        next_at=min((at for one in rule.timely if (at := one.next_change(scope))), default=None),
        barred=former.barred if former and truth is before else None,
        why=why(plan, scope) if turned else former.why if former else None,
    )
    return decision, enters


def rises(former: Decision | None, decision: Decision) -> bool:
    """Whether something came to be so, and not only still is: under `is` both let the account in."""
    return former is None or former.truth is not decision.truth


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


def bar(plan: Plan, entries: Entries, scope: Scope, account: str, policy: Policy) -> Bar | None:
    """What keeps the account out though the condition holds."""
    if entries.live is not None:
        return "live"
    if not _may_enter_again(plan, entries, scope):
        return "again"
    if plan.anchor is not None and plan.anchor not in scope.values:
        return "anchor"
    if any(one.when.truth(scope) for one in plan.stops):
        return "stop"
    if any(one.when.truth(scope) for one in plan.goals):
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
