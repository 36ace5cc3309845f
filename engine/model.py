"""What an author may write: the head of a playbook, and the tests beside it. Steps are read by their kinds.

Unknown keys are errors.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from engine.shapes import Shape

Words = str | list[str]
Record = dict[str, Any]


class StartModel(Shape):
    noun: ClassVar[str] = "a start"

    when: Any = None
    on: str | None = None
    where: Any = None
    mode: Literal["becomes", "is", "leaves"] = "becomes"
    for_: str | None = Field(default=None, alias="for")
    again: str = "never"
    by_hand: Any = False


class ExitModel(Shape):
    noun: ClassVar[str] = "a goal or stop"
    elsewhere: ClassVar = dict.fromkeys(
        ("on", "where"),
        "It is a condition. For an event: '- {watch: NAME, on: EVENT, do: [{end: OUTCOME}]}' in meanwhile.",
    )

    when: Any
    for_: str | None = Field(default=None, alias="for")
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
    each: str | None = None
    only: Any = None
    # Each is one thing or another; engine/head.py reads them, so that what is wrong is told of the one that is meant.
    start: Any = None
    goal: Any = None
    stop: Any = None
    policy_stop: bool = True
    limit: str | None = None
    parameters: Record = Field(default_factory=dict)
    meanwhile: list[Any] = Field(default_factory=list)
    steps: list[Any]


class ThenModel(Shape):
    noun: ClassVar[str] = "a 'then' item"

    after: str | None = None
    at: str | None = None
    every: str | None = None
    times: int | None = Field(default=None, ge=1, le=1000)
    dated: str | None = None
    account: Record = Field(default_factory=dict)
    metrics: Record = Field(default_factory=dict)
    event: str | None = None
    data: Record = Field(default_factory=dict)
    contacts: list[Record] = Field(default_factory=list)
    records: dict[str, list[Record]] = Field(default_factory=dict)
    team: dict[str, str | None] = Field(default_factory=dict)
    complete: str | None = None
    snooze: str | None = None
    reassign: str | None = None
    acknowledge: str | None = None
    claim: str | None = None
    note: str | None = None
    started: Words | None = None
    ended: str | None = None
    others_started: int | None = Field(default=None, ge=1)
    release: bool = False
    reply: str | None = None
    unsubscribe: str | None = None
    bounce: str | None = None
    click: str | None = None
    open: str | None = None
    step: str | None = None
    topic: str | None = None
    link: str | None = None
    outcome: str | None = None
    until: str | None = None
    to: str | None = None
    by: str | None = None
    subject: str | None = None


class StoryModel(Shape):
    noun: ClassVar[str] = "a test"

    test: str = "story"
    start: str
    account: Record = Field(default_factory=dict)
    contacts: list[Record] = Field(default_factory=list)
    metrics: Record = Field(default_factory=dict)
    records: dict[str, list[Record]] = Field(default_factory=dict)
    team: dict[str, str | None] = Field(default_factory=dict)
    started: Words | None = None
    with_: Record = Field(default_factory=dict, alias="with")
    then: list[ThenModel] = Field(default_factory=list)
    until: str | None = None
    expect: list[Record] | None = None
    expect_some: list[Record] = Field(default_factory=list)
    never: list[Record] = Field(default_factory=list)
    # One for all runs, or one for the last run of each subject.
    outcome: str | dict[str, str | None] | None = None


class TestFileModel(Shape):
    noun: ClassVar[str] = "a file of tests"

    playbook: str
    tests: Annotated[list[Any], Field(min_length=1)]
