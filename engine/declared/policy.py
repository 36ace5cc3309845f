"""policy.yaml, read: all problems at once, every key refused that says nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from engine.applied import whole
from engine.calendar import MONDAY_TO_FRIDAY, NINE_TO_FIVE
from engine.declared.expressions import read_condition
from engine.declared.words import (
    AccountUrl,
    ByLanguage,
    ClockSpan,
    Country,
    DaySpan,
    Environment,
    Holidays,
    Language,
    Lasting,
    Limit,
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
from engine.languages import for_language
from engine.logic import Condition
from engine.policy import (
    GENERAL,
    HALF_AN_HOUR,
    Cap,
    Holdout,
    Letterhead,
    OwnDays,
    Pings,
    Policy,
    QuietHours,
    Stop,
    Tasks,
    Topic,
    Webhook,
)
from engine.problems import Problems
from engine.shapes import Shape
from engine.vocabulary import Vocabulary


class TasksShape(Shape):
    noun: ClassVar[str] = "tasks"
    example: ClassVar[str] = "{due: 5 business days}"
    due: Span = Tasks().due


class StopShape(Shape):
    noun: ClassVar[str] = "a stop"
    when: Any
    outcome: Name
    lasting: Lasting | None = Field(default=None, alias="for")


class CalendarShape(Shape):
    noun: ClassVar[str] = "a calendar"
    working_days: WorkingDays | None = None
    working_hours: WorkingHours | None = None


class HolidaysShape(Shape):
    noun: ClassVar[str] = "holidays"
    example: ClassVar[str] = "{also: [2026-12-24..2026-12-31]}"
    also: Holidays = ()


class QuietShape(Shape):
    noun: ClassVar[str] = "quiet hours"
    example: ClassVar[str] = '{customers: "20:00-08:00", also: [weekends, holidays]}'
    customers: DaySpan | None = None
    colleagues: Literal["outside working hours"] | None = None
    also: tuple[Literal["weekends", "holidays"], ...] = ()


class CapShape(Shape):
    noun: ClassVar[str] = "a cap"
    example: ClassVar[str] = "[{email: 3 per 7 days, per: contact}]"
    email: Limit
    per: Literal["contact", "account"]
    gather: Span | None = None


class TopicShape(Shape):
    noun: ClassVar[str] = "a topic"
    example: ClassVar[str] = "{title: Product news}"
    title: ByLanguage
    essential: bool = False


class LetterheadShape(Shape):
    noun: ClassVar[str] = "a letterhead"
    example: ClassVar[str] = '{company: Acme, address: "1 Main Street, Boston"}'
    company: str = ""
    address: str = ""
    language: Language = Letterhead().language


class WebhookShape(Shape):
    noun: ClassVar[str] = "a webhook"
    url: Url
    secret_env: Environment


class HoldoutShape(Shape):
    noun: ClassVar[str] = "a holdout"
    example: ClassVar[str] = '{share: 5%, salt: "2026"}'
    share: Share
    salt: str


class PolicyShape(Shape):
    noun: ClassVar[str] = "a policy"
    binding: ClassVar[frozenset[str]] = frozenset({"stop", "quiet_hours", "caps", "topics", "holdout"})
    time_zone: Zone = "UTC"
    country: Country = "US"
    working_hours: WorkingHours = NINE_TO_FIVE
    working_days: WorkingDays = tuple(MONDAY_TO_FRIDAY)
    tasks: TasksShape = Field(default_factory=TasksShape)
    roles: tuple[Name, ...] = ()
    unassigned: Name | None = None
    stop: tuple[StopShape, ...] = ()
    calendars: dict[Country, CalendarShape] = Field(default_factory=dict)
    holidays: HolidaysShape = Field(default_factory=HolidaysShape)
    fiscal_year: Month = 0
    quiet_hours: QuietShape = Field(default_factory=QuietShape)
    caps: tuple[CapShape, ...] = ()
    topics: dict[Name, TopicShape] = Field(default_factory=dict)
    spread: ClockSpan | None = None
    mail: LetterheadShape = Field(default_factory=LetterheadShape)
    webhooks: dict[Name, WebhookShape] = Field(default_factory=dict)
    holdout: HoldoutShape | None = None
    pings: Pings = "both"
    mail_fallback: ClockSpan = HALF_AN_HOUR
    account_url: AccountUrl = ""


def read_policy(document: Document, vocabulary: Vocabulary) -> Policy | Problems:
    problems = Problems()
    conditions = _conditions(document, vocabulary, problems)
    shape = whole(document, PolicyShape)
    if isinstance(shape, Problems):
        problems.extend(shape)
        return problems
    if not document.applied:
        _check_titles(document, shape, problems)
    return problems or _policy(shape, conditions)


def _check_titles(document: Document, shape: PolicyShape, problems: Problems) -> None:
    """A mail in a language that a title does not know has it in that of mails which name none."""
    language = shape.mail.language
    for name, topic in shape.topics.items():
        if not _title(topic, language):
            at, where = document.at(("topics", name, "title")), f"topics > {name} > title"
            message = f"there is none in '{language}', the language of mails that name none"
            fix = f"Add '{language}: …', or set 'mail: {{language: …}}'"
            problems.add(document.file, at, where, message, fix, code="no-title")


def _title(topic: TopicShape, language: str) -> str | None:
    return topic.title.get("") or for_language(language, topic.title)


def _conditions(document: Document, vocabulary: Vocabulary, problems: Problems) -> dict[int, Condition]:
    """Of each stop, read even when something else in the file is wrong."""
    data = document.data.get("stop") if isinstance(document.data, dict) else None
    conditions: dict[int, Condition] = {}
    for index, one in enumerate(data if isinstance(data, list) else []):
        if isinstance(one, dict) and "when" in one:
            path: Path = ("stop", index, "when")
            read = read_condition(document, path, vocabulary.names(), problems, f"stop {index + 1} > when")
            conditions |= {index: read} if read else {}
    return conditions


def _policy(shape: PolicyShape, conditions: dict[int, Condition]) -> Policy:
    return Policy(
        time_zone=shape.time_zone,
        country=shape.country,
        working_hours=shape.working_hours,
        working_days=frozenset(shape.working_days),
        tasks=Tasks(shape.tasks.due),
        roles=shape.roles,
        unassigned=shape.unassigned,
        stop=tuple(Stop(conditions[n], one.outcome, one.lasting) for n, one in enumerate(shape.stop)),
        calendars={code: _own_days(one) for code, one in shape.calendars.items()},
        closed=frozenset(date for dates in shape.holidays.also for date in dates),
        fiscal_year=shape.fiscal_year + 1,
        quiet_hours=_quiet_hours(shape.quiet_hours),
        caps=tuple(Cap("email", *one.email, one.per, one.gather) for one in shape.caps),
        topics={GENERAL.id: GENERAL} | {id_: _topic(id_, one, shape) for id_, one in shape.topics.items()},
        spread=shape.spread.clock if shape.spread else timedelta(),
        mail=Letterhead(shape.mail.company, shape.mail.address, shape.mail.language),
        webhooks={name: Webhook(name, one.url, one.secret_env) for name, one in shape.webhooks.items()},
        holdout=Holdout(shape.holdout.share, shape.holdout.salt) if shape.holdout else None,
        pings=shape.pings,
        pings_in_hours=shape.quiet_hours.colleagues is not None,
        mail_fallback=shape.mail_fallback,
        account_url=shape.account_url,
    )


def _topic(id_: str, shape: TopicShape, of: PolicyShape) -> Topic:
    titles = {} if "" in shape.title else shape.title
    return Topic(id_, _title(shape, of.mail.language) or id_, shape.essential, titles)


def _quiet_hours(shape: QuietShape) -> QuietHours:
    return QuietHours(shape.customers, "weekends" in shape.also, "holidays" in shape.also)


def _own_days(shape: CalendarShape) -> OwnDays:
    days = frozenset(shape.working_days) if shape.working_days else None
    return OwnDays(days, shape.working_hours)
