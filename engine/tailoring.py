"""A playbook as it is for a run that was given other values than its parameters' defaults: a plan of its own, compiled
from the same text, and checked like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from engine.compile import compile_with_notes
from engine.document import Scalar
from engine.parameters import misfits, unpacked
from engine.plan import Plan
from engine.problems import Problems
from engine.setting import Setting
from engine.source import read


class Unfit(Exception):
    """Values that a playbook cannot be started with; each reason is a sentence."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reasons))


class OwnUnfit(Unfit):
    """Of these the account's own, which nobody gave who starts it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What a plan is made of. The same setting is the same object."""

    plan: Plan
    values: tuple[tuple[str, Scalar], ...]
    setting: Setting

    def __hash__(self) -> int:
        return hash((self.plan.hash, self.values, id(self.setting)))

    def __eq__(self, other: object) -> bool:
        mine = isinstance(other, _Asked) and other.setting is self.setting and other.plan.hash == self.plan.hash
        return mine and isinstance(other, _Asked) and other.values == self.values


def tailored(plan: Plan, given: Mapping[str, JsonValue] | None, setting: Setting) -> Plan:
    """The plan with these values (as `packed` writes them) in place of its defaults. Raises Unfit."""
    declared, values = unpacked(plan.parameters), unpacked(given)
    if wrong := tuple(str(one) for one in misfits(declared, values)):
        raise Unfit(wrong)
    changed = tuple(sorted((name, value) for name, value in values.items() if declared[name] != value))
    return _made(_Asked(plan, changed, setting)) if changed else plan


def varied(plan: Plan, given: Mapping[str, JsonValue] | None, setting: Setting) -> Plan:
    """The plan as if its file had these values for defaults, its start included; they go before an account's own.
    Raises Unfit.
    """
    if not given:
        return plan
    own = {name: path for name, path in (plan.own or {}).items() if name not in given}
    more = {"source": plan.source, "of": plan.of, "own": own or None}
    return tailored(plan, given, setting).model_copy(update=more)


@lru_cache(maxsize=64)
def _made(asked: _Asked) -> Plan:
    document = read(asked.plan.source or "", asked.plan.file)
    if isinstance(document, Problems):
        raise Unfit(_reasons(document))
    values = {**unpacked(asked.plan.parameters), **dict(asked.values)}
    made, problems = compile_with_notes(document, asked.setting, values, of=asked.plan.hash)
    if made is None:
        raise Unfit(_reasons(problems))
    return made


def _reasons(problems: Problems) -> tuple[str, ...]:
    """Places in the file say nothing here: what is wrong is a value that was given."""
    told = (f"{f'{one.where}: ' if one.where else ''}{one.message}. {one.fix}".strip() for one in problems.errors)
    return tuple(dict.fromkeys(told))
