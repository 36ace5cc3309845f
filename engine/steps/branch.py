"""`branch`: the first case whose condition is true; unknown is not true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import JsonValue

from engine.logic import Condition, Expression
from engine.run import Open
from engine.steps.base import Given, Into, Move, Spec, StepModel, keep
from engine.stored import why

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


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
    """Whether the cases name every word of one choice that is always known."""
    paths: set[str] = set()
    words: set[str] = set()
    for condition in conditions:
        match condition.logic:
            case {"==": [{"var": str(path)}, str(word)]}:
                paths.add(path)
                words.add(word)
            case {"in": [{"var": str(path)}, list(several)]}:
                paths.add(path)
                words |= {str(word) for word in several}
            case _:
                return False
    return len(paths) == 1 and words >= set(place.always_one_of(paths.pop()))


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
