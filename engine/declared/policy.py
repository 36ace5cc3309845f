"""policy.yaml, read: all problems at once, every key refused that says nothing."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from engine.calendar import MONDAY_TO_FRIDAY, NINE_TO_FIVE
from engine.declared.expressions import read_condition
from engine.declared.words import (
    Country,
    Dates,
    DaySpan,
    Environment,
    Month,
    Name,
    Share,
    Span,
    Url,
    WorkingDays,
    WorkingHours,
    Zone,
)
from engine.document import Document, Path
from engine.policy import GENERAL, Cap, Holdout, OwnDays, Policy, QuietHours, Stop, Tasks, Topic, Webhook
from engine.problems import Problems
from engine.quantities import Duration, parse_duration
from engine.shapes import Shape
from engine.validation import validated
from engine.vocabulary import Vocabulary

_CAP: Final = re.compile(r"([1-9]\d*) per (.+)")


class TasksShape(Shape):
    noun: ClassVar[str] = "tasks"
    due: Span = Tasks().due


class StopShape(Shape):
    noun: ClassVar[str] = "a stop"
    when: Any
    outcome: Name
    dwell: Span | None = Field(default=None, alias="for")


class CalendarShape(Shape):
    noun: ClassVar[str] = "a calendar"
    working_days: WorkingDays | None = None
    working_hours: WorkingHours | None = None


class HolidaysShape(Shape):
    noun: ClassVar[str] = "holidays"
    also: Dates = frozenset()


class QuietShape(Shape):
    noun: ClassVar[str] = "quiet hours"
    customers: DaySpan | None = None
    also: tuple[Literal["weekends", "holidays"], ...] = ()


class CapShape(Shape):
    noun: ClassVar[str] = "a cap"
    email: str
    per: Literal["contact", "account"]


class TopicShape(Shape):
    noun: ClassVar[str] = "a topic"
    title: str
    essential: bool = False


class WebhookShape(Shape):
    noun: ClassVar[str] = "a webhook"
    url: Url
    secret_env: Environment


class HoldoutShape(Shape):
    noun: ClassVar[str] = "a holdout"
    share: Share
    salt: str


class PolicyShape(Shape):
    noun: ClassVar[str] = "a policy"
    time_zone: Zone = "UTC"
    country: Country = "US"
    working_hours: WorkingHours = NINE_TO_FIVE
    working_days: WorkingDays = MONDAY_TO_FRIDAY
    tasks: TasksShape = TasksShape()
    roles: tuple[Name, ...] = ()
    unassigned: Name | None = None
    stop: tuple[StopShape, ...] = ()
    calendars: dict[Country, CalendarShape] = Field(default_factory=dict)
    holidays: HolidaysShape = HolidaysShape()
    fiscal_year: Month = 0
    quiet_hours: QuietShape = QuietShape()
    caps: tuple[CapShape, ...] = ()
    topics: dict[Name, TopicShape] = Field(default_factory=dict)
    webhooks: dict[Name, WebhookShape] = Field(default_factory=dict)
    holdout: HoldoutShape | None = None


def read_policy(document: Document, vocabulary: Vocabulary) -> Policy | Problems:
    shape = validated(document, PolicyShape, data=document.data if document.data is not None else {})
    if isinstance(shape, Problems):
        return shape
    return _Reader(document, shape, vocabulary).policy()


class _Reader:
    def __init__(self, document: Document, shape: PolicyShape, vocabulary: Vocabulary) -> None:
        self._document, self._shape, self._vocabulary = document, shape, vocabulary
        self._problems = Problems()

    def policy(self) -> Policy | Problems:
        shape = self._shape
        policy = Policy(
            time_zone=shape.time_zone,
            country=shape.country,
            working_hours=shape.working_hours,
            working_days=shape.working_days,
            tasks=Tasks(shape.tasks.due),
            roles=shape.roles,
            unassigned=shape.unassigned,
            stop=self._stops(),
            calendars={code: OwnDays(one.working_days, one.working_hours) for code, one in shape.calendars.items()},
            closed=shape.holidays.also,
            fiscal_year=shape.fiscal_year + 1,
            quiet_hours=self._quiet_hours(),
            caps=self._caps(),
            topics={GENERAL.id: GENERAL}
            | {id_: Topic(id_, one.title, one.essential) for id_, one in shape.topics.items()},
            webhooks={name: Webhook(name, one.url, one.secret_env) for name, one in shape.webhooks.items()},
            holdout=Holdout(shape.holdout.share, shape.holdout.salt) if shape.holdout else None,
        )
        return self._problems or policy

    def _stops(self) -> tuple[Stop, ...]:
        read = []
        names = self._vocabulary.names()
        for index, one in enumerate(self._shape.stop):
            path: Path = ("stop", index, "when")
            when = read_condition(self._document, path, names, self._problems, f"stop {index + 1} > when")
            if when is not None:
                read.append(Stop(when, one.outcome, one.dwell))
        return tuple(read)

    def _quiet_hours(self) -> QuietHours:
        shape = self._shape.quiet_hours
        return QuietHours(shape.customers, "weekends" in shape.also, "holidays" in shape.also)

    def _caps(self) -> tuple[Cap, ...]:
        read = ((index, one, _CAP.fullmatch(one.email)) for index, one in enumerate(self._shape.caps))
        return tuple(cap for index, one, found in read if (cap := self._cap(index, one, found)))

    def _cap(self, index: int, shape: CapShape, found: re.Match[str] | None) -> Cap | None:
        over = parse_duration(found[2]) if found else None
        if found and isinstance(over, Duration):
            return Cap("email", int(found[1]), over, shape.per)
        at = self._document.at(("caps", index, "email"))
        message, fix = f"'{shape.email}' is not a cap", "Write it as 2 per 7 days"
        self._problems.add(self._document.file, at, f"caps {index + 1} > email", message, fix, code="cap")
        return None
