"""`end`: the run ends here; its value is the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from engine.run import Open
from engine.steps.base import Finish, Given, Move, Spec, StepModel, keep

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place


class Model(StepModel):
    noun: ClassVar[str] = "an end"

    end: str


class EndSpec(Spec):
    kind: Literal["end"] = "end"
    outcome: str


def outcomes(_: Model) -> tuple[str, ...]:
    return ()


def compile_step(model: Model, _: Place) -> EndSpec:
    return EndSpec(outcome=model.end)


def enter(spec: EndSpec, _: Context) -> Move:
    return Finish(spec.outcome)


def resume(_spec: EndSpec, open_: Open, _given: Given, _ctx: Context) -> Move:
    return keep(open_)
