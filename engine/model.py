"""The head of a playbook as an author writes it. Steps are read by their kinds; unknown keys are errors."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from engine.shapes import Shape

Words = str | list[str]


class StartModel(Shape):
    noun: ClassVar[str] = "a start"

    when: Any = None
    mode: Literal["becomes", "is", "leaves"] = "becomes"
    again: str = "never"
    by_hand: bool = False


class ExitModel(Shape):
    noun: ClassVar[str] = "a goal or stop"

    when: Any
    outcome: str


class PlaybookModel(Shape):
    noun: ClassVar[str] = "a playbook"

    playbook: str
    title: str | None = None
    stage: Words = "any"
    tiers: Words = "any"
    owner: str | None = None
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    anchor: str | None = None
    start: Literal["by hand"] | StartModel = Field(default_factory=StartModel)
    goal: ExitModel | list[ExitModel] = []
    stop: ExitModel | list[ExitModel] = []
    policy_stop: bool = True
    steps: list[Any]
