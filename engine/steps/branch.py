"""`branch`: the first case whose condition is true; unknown is not true."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import JsonValue

from engine.guarded import check_guard
from engine.logic import Condition, Expression, Scope
from engine.run import Open
from engine.steps.base import Given, Into, Move, Spec, StepModel, keep
from engine.stored import why

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)  # what no time can change is asked at any


class Case(StepModel):
    noun: ClassVar[str] = "a case"

    when: Any
    then: list[Any]


class Model(StepModel):
    noun: ClassVar[str] = "a branch"

    branch: str
    cases: list[Case]
    otherwise: list[Any] | None = None


class BranchSpec(Spec):
    kind: Literal["branch"] = "branch"
    cases: tuple[Condition, ...]

    def expressions(self) -> tuple[Expression, ...]:
        return self.cases


def outcomes(_: Model) -> tuple[str, ...]:
    return ()


def compile_step(model: Model, place: Place) -> BranchSpec | None:
    if not model.cases:
        place.fault(
            "cases",
            message="a branch needs at least one case",
            fix="Write '- when: CONDITION' with its 'then'.",
            code="no-cases",
        )
    conditions = [
        place.condition(case.when, "cases", index, "when", words=f"case {index + 1} > when")
        for index, case in enumerate(model.cases)
    ]
    with place.alternatives() as way:
        for index, case in enumerate(model.cases):
            with way():
                place.block(f"case/{index + 1}", case.then, "cases", index, "then")
        with way():
            if model.otherwise is not None:
                place.block("otherwise", model.otherwise, "otherwise")
    for index, condition in enumerate(conditions):
        check_guard(place, condition, f"case/{index + 1}", "cases", index, "when")
    found = [one for one in conditions if one is not None]
    if len(found) < len(conditions):
        return None
    unsaid = model.otherwise is None and not covers(found, place)
    if unsaid:
        place.fault(
            message="the branch has no 'otherwise'",
            fix="Write 'otherwise: []' if the run should just go on when no case is true.",
            code="no-otherwise",
        )
    return None if unsaid or not found else BranchSpec(cases=tuple(found))


def covers(conditions: list[Condition], place: Place) -> bool:
    """Whether one of the cases is true for every word of one choice that is always known."""
    about: dict[str, list[Condition]] = {}
    for one in conditions:
        if len(one.reads) == 1 and not one.timely:
            about.setdefault(next(iter(one.reads)), []).append(one)
    return any(_covered(place.always_one_of(path), path, cases, place) for path, cases in about.items())


def _covered(words: tuple[str, ...], path: str, cases: list[Condition], place: Place) -> bool:
    calendar = place.compiler.setting.policy.calendar()
    scopes = [Scope({path: word}, _ANY, calendar) for word in words]
    return bool(scopes) and all(any(case.truth(scope) for case in cases) for scope in scopes)


def enter(spec: BranchSpec, ctx: Context) -> Move:
    seen: list[JsonValue] = []
    for number, case in enumerate(spec.cases, 1):
        seen.append(why(case, ctx.scope))
        if case.truth(ctx.scope):
            ctx.log("branched", case=number, why=seen[-1])
            return Into(f"case/{number}")
    ctx.log("branched", case="otherwise", why=seen[0] if len(seen) == 1 else _none_of(seen, spec, ctx))
    return Into("otherwise")


def _none_of(seen: list[JsonValue], spec: BranchSpec, ctx: Context) -> JsonValue:
    """Each case that fell through, below one another."""
    unknown = any(case.truth(ctx.scope) is None for case in spec.cases)
    return {"text": "one of the cases", "truth": None if unknown else False, "parts": seen}


def resume(_spec: BranchSpec, open_: Open, _given: Given, _ctx: Context) -> Move:
    return keep(open_)
