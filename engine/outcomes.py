"""How runs of a playbook mostly end, by what its file says; a person who ends one by hand may give it any word."""

from __future__ import annotations

from collections.abc import Iterator

from engine.document import Tree
from engine.plan import Plan
from engine.policy import Policy
from engine.steps.end import EndSpec

_ALWAYS = ("completed", "stopped")


def endings(data: Tree, policy: Policy) -> tuple[str, ...]:
    """Empty where one of them is a parameter."""
    own = (*_named(data), *(one.outcome for one in policy.stop), *_ALWAYS)
    return () if any("$" in word for word in own) else tuple(dict.fromkeys(own))


def endings_of(plan: Plan) -> tuple[str, ...]:
    """The same of a plan, whose file is not at hand."""
    if plan.parameters:
        return ()
    ends = (spec.outcome for step in plan.steps.values() if isinstance(spec := step.spec, EndSpec))
    return tuple(dict.fromkeys((*ends, *(one.outcome for one in (*plan.goals, *plan.stops)), *_ALWAYS)))


def _named(data: Tree) -> Iterator[str]:
    """Every text below an `end`, or below the `outcome` of a goal or a stop."""
    match data:
        case dict():
            for key, value in data.items():
                if key in {"end", "outcome"} and isinstance(value, str):
                    yield value
                else:
                    yield from _named(value)
        case list():
            for one in data:
                yield from _named(one)
