"""A story: what is told of one account over time. One test of a `*.test.yaml` is a story with expectations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from engine.answering import ANSWERS
from engine.calendar import Calendar, add_days, is_time_zone
from engine.document import Document, Path
from engine.facts import Fact, read_fact
from engine.mailing import EVERY
from engine.measures import Reported
from engine.model import StoryModel, ThenModel, Words
from engine.moments import VERBS, Act, Answer, Ended, Moment, Raw, Started, Verb, said_of
from engine.partial import as_far_as_it_goes
from engine.problems import Problems, suggest_or_list
from engine.quantities import DayOf, Duration, OnDate, parse_duration, parse_moment
from engine.setting import Setting
from engine.validation import validated, worded
from engine.values import read_instant
from engine.vocabulary import Vocabulary

_FACTS = ("account", "metrics", "event", "contacts", "records", "team")
# What says nothing without the word that it belongs to.
_BELONG = {
    "times": ("every",),
    "outcome": ("complete", "ended"),
    "until": ("snooze",),
    "to": ("reassign",),
    "data": ("event",),
    "subject": (*VERBS, "started", "ended"),
    "step": ANSWERS,
    "topic": ("unsubscribe",),
    "link": ("click",),
}

_HAPPENS = dict.fromkeys((*_FACTS, *VERBS, *ANSWERS, "started", "ended", "others_started", "release")).keys()

_UNTIL = "Write '40 days', 'day 40', 2026-03-05 or 2026-03-05T09:00:00Z."
_ALL = "all"
_ANY = datetime(2000, 1, 1, tzinfo=UTC)
# Far from the ends of the calendar, whatever is added to them.
_YEARS = range(1900, 3000)


@dataclass(frozen=True, slots=True)
class Story:
    """`account` is its id; `readings` names the metrics that the story sets itself, whatever kind they are; `last` is
    its last instant, where it says one.
    """

    name: str
    account: str
    start: datetime
    moments: tuple[Moment, ...]
    readings: frozenset[str]
    model: StoryModel
    path: Path
    last: datetime | None = None

    def calendar(self, setting: Setting) -> Calendar:
        """The account's calendar as the story begins: what "day N" and local days mean in expectations."""
        return _calendar(self.model, setting)

    def clock(self, setting: Setting) -> Callable[[datetime], str]:
        """Instants as they stand on the account's clock: 2026-03-02 Mon 09:00."""
        calendar = self.calendar(setting)
        return lambda at: f"{calendar.local(at):%Y-%m-%d %a %H:%M}"


def read_story(document: Document, setting: Setting, path: Path = ()) -> Story | Problems:
    """A story file, or one item of a test file's `tests`."""
    data = document.value(path)
    if isinstance(data, dict) and "playbook" in data and "tests" not in data:
        data = {key: value for key, value in data.items() if key != "playbook"}
    if not isinstance(data, dict):
        found = validated(document, StoryModel, path, _where(data))
        return found if isinstance(found, Problems) else Problems()
    model, problems, made_up = as_far_as_it_goes(document, StoryModel, path, _where(data), data)
    return _Reading(document, setting, path, model, problems, made_up).story() if model else problems


def with_readings(vocabulary: Vocabulary, names: Iterable[str]) -> Vocabulary:
    """These metrics are readings, of whatever kind they are otherwise."""
    told = {name: replace(vocabulary.metrics[name], measure=Reported()) for name in names if name in vocabulary.metrics}
    return replace(vocabulary, metrics={**vocabulary.metrics, **told}) if told else vocabulary


def _where(data: object) -> str:
    name = data.get("test") if isinstance(data, dict) else None
    return f"test '{name}'" if name else "the story"


def _calendar(model: StoryModel, setting: Setting) -> Calendar:
    country, zone = (_text(model.account.get(name)) for name in ("country", "time_zone"))
    return setting.policy.calendar(country, zone if zone and is_time_zone(zone) else None)


class _Reading:
    """One story on its way from words to instants."""

    def __init__(
        self,
        document: Document,
        setting: Setting,
        path: Path,
        model: StoryModel,
        problems: Problems,
        made_up: set[Path],
    ) -> None:
        self.document = document
        self.setting = setting
        self.path = path
        self.model = model
        self.problems = problems
        self.made_up = made_up
        self.account = str(model.account.get("id", "account"))
        self.readings = frozenset((*model.metrics, *(name for item in model.then for name in item.metrics)))
        self.vocabulary = with_readings(setting.vocabulary, self.readings)
        self.calendar = _calendar(model, setting)

    def story(self) -> Story | Problems:
        # Without a start the rest is still read, so that all that is wrong with it is told.
        start = self.instant(self.model.start, "start") or _ANY
        self.check_required()
        first = Moment(start, self.facts(self.model, (), "start", start, start), started=self.running(self.model, ()))
        last = self.last(start)
        later = [moment for index, item in enumerate(self.model.then) for moment in self.moments(item, index, start)]
        if self.problems.errors:
            return self.problems
        moments = (first, *sorted(later, key=lambda one: one.at))
        return Story(self.model.test, self.account, start, moments, self.readings, self.model, self.path, last)

    def last(self, start: datetime) -> datetime | None:
        if self.model.until is None:
            return None
        found = parse_duration(self.model.until)
        if isinstance(found, Duration):
            return self.calendar.add(found, start, "exact")
        if (day := self.day(self.model.until, start)) is not None:
            return self.calendar.at(day, time.max)
        return self.instant(self.model.until, "until", form=_UNTIL)

    def check_required(self) -> None:
        for name, field in self.setting.vocabulary.fields.items():
            if field.required and name != "id" and self.model.account.get(name) is None:
                message, fix = f"account lacks {name}, which every account has", f"Add `{name}: …`"
                self.fault(("account",), message, fix, "missing-field")

    def moments(self, item: ThenModel, index: int, start: datetime) -> Iterator[Moment]:
        place: Path = ("then", index)
        first = self.when(item, place, start)
        dated = self.instant(item.dated, *place, "dated") if item.dated else None
        # Without its instant the item is still read, so that all that is wrong with it is told.
        for number, after in enumerate(self.repeated(item, place)):
            at, then = (self.calendar.add(after, one, "exact") if after and one else one for one in (first, dated))
            name = f"then/{index + 1}" + (f"/{number + 1}" if number else "")
            moment = self.moment(item, place, name, at or start, then)
            if at:
                yield moment
        self.check_whole(item, place)

    def moment(self, item: ThenModel, place: Path, name: str, at: datetime, dated: datetime | None) -> Moment:
        facts = self.facts(item, place, name, at, dated or at)
        acts = tuple(self.acts(item, place, at))
        ended, answers = self.another(item, place), tuple(self.answers(item, place))
        started = self.running(item, place)
        return Moment(at, facts, acts, ended, answers, item.others_started or 0, item.release, started)

    def repeated(self, item: ThenModel, place: Path) -> list[Duration | None]:
        """How long after its first time it happens, each time that it does."""
        if item.every is None:
            return [None]
        every = parse_duration(item.every)
        if not isinstance(every, Duration):
            self.fault((*place, "every"), every.message, every.fix, "invalid-time")
        elif item.times is None:
            self.fault((*place, "every"), "'every' needs 'times'", "Add `times: …`", "missing-key")
        else:
            try:
                return [None, *(Duration(amount=every.amount * n, unit=every.unit) for n in range(1, item.times))]
            except ValueError:
                self.fault((*place, "times"), "this lasts longer than a hundred years", "Say fewer.", "invalid-time")
        return [None]

    def answers(self, item: ThenModel, place: Path) -> Iterator[Answer]:
        told = [*self.model.contacts, *(one for then in self.model.then for one in then.contacts)]
        known = [str(one["id"]) for one in told if "id" in one]
        for verb in ANSWERS:
            contact = getattr(item, verb)
            if contact is not None:
                if contact not in known:
                    message = f"there is no contact '{contact}' in this story"
                    self.fault((*place, verb), message, suggest_or_list(contact, known), "unknown-contact")
                yield Answer(contact, verb, item.step, self.topic(item, place), item.link)

    def topic(self, item: ThenModel, place: Path) -> str | None:
        """What is left: a topic that can be, or all of them."""
        topics = [one.id for one in self.setting.policy.topics.values() if not one.essential]
        if item.topic in {None, *topics}:
            return item.topic
        if item.topic != _ALL:
            message = f"'{item.topic}' is not a topic of policy.yaml that can be left"
            self.fault((*place, "topic"), message, suggest_or_list(item.topic or "", [_ALL, *topics]), "unknown-topic")
        return EVERY

    def another(self, item: ThenModel, place: Path) -> tuple[Ended, ...]:
        """A run of another playbook that ended: the story tells of one playbook, so it says what came of others."""
        if item.ended is None:
            return ()
        self.check_playbook(item.ended, (*place, "ended"))
        return (Ended(item.ended, item.outcome or "completed", item.subject),)

    def running(self, item: ThenModel | StoryModel, place: Path) -> tuple[Started, ...]:
        """Runs of other playbooks that began."""
        several = isinstance(item.started, list)
        subject = item.subject if isinstance(item, ThenModel) else None
        for index, name in enumerate(_several(item.started)):
            self.check_playbook(name, (*place, "started", *([index] if several else [])))
        return tuple(Started(name, subject) for name in _several(item.started))

    def check_playbook(self, name: str, place: Path) -> None:
        known = self.setting.playbooks
        if name not in known:
            self.fault(place, f"there is no playbook '{name}'", suggest_or_list(name, known), "unknown-playbook")

    def check_whole(self, item: ThenModel, place: Path) -> None:
        if not item.model_fields_set & _HAPPENS:
            fix = f"Say one of {', '.join(_HAPPENS)}."
            self.fault(place, "nothing happens in this item", fix, "nothing-happens")
        for key, words in _BELONG.items():
            if key in item.model_fields_set and all(getattr(item, word) is None for word in words):
                fix = f"Add `{words[0]}: …`, or take it away."
                self.fault((*place, key), f"'{key}' says nothing without '{words[0]}'", fix, "says-nothing")
        if item.dated and not any(True for _ in said_of(item)):
            self.fault(
                (*place, "dated"), "'dated' is for facts, and the item has none", "Take it away.", "says-nothing"
            )

    def when(self, item: ThenModel, place: Path, start: datetime) -> datetime | None:
        if (item.after is None) == (item.at is None):
            self.fault(place, "an item says either 'after' or 'at'", "Write 'after: 3 days'.", "when")
            return None
        if item.at is not None:
            at = self.at(item.at, place, start)
            if at is not None and at < start:
                self.fault(
                    (*place, "at"), "this lies before the story's start", "Give a later instant.", "invalid-time"
                )
            return at
        found = parse_duration(item.after or "")
        if isinstance(found, Duration):
            return self.calendar.add(found, start, "exact")
        self.fault((*place, "after"), found.message, found.fix, "invalid-time")
        return None

    def at(self, text: str, place: Path, start: datetime) -> datetime | None:
        """An instant; a day or a date means the time of day at which the story starts."""
        date = self.day(text, start)
        if date is None:
            return self.instant(text, *place, "at", form="Write 'day 3', 2026-03-05 or 2026-03-05T09:00:00Z.")
        return self.calendar.at(date, self.calendar.local(start).time())

    def day(self, text: str, start: datetime) -> date | None:
        """`day 3`, counted from the start, or a date."""
        match parse_moment(text):
            case DayOf(day=number, on_business_day=False):
                return add_days(self.calendar.date_of(start), number)
            case OnDate(date=found, on_business_day=False):
                return found
        return None

    # --- facts

    def facts(
        self, item: ThenModel | StoryModel, place: Path, name: str, at: datetime, dated: datetime
    ) -> tuple[Raw, ...]:
        """The item's facts as they would be posted; ids are by place, so that a story tells the same each time."""
        self.check_people(item, place)
        told: list[Raw] = []
        for number, (where, said) in enumerate(said_of(item), 1):
            raw = {"id": f"{name}/{number}", "account": self.account, "at": dated.isoformat(), **said}
            found = read_fact(raw, self.vocabulary, at)
            if isinstance(found, Fact):
                told.append(raw)
            else:
                self.refused((*place, *where), found)
        return tuple(told)

    def refused(self, place: Path, reasons: list[str]) -> None:
        for reason in reasons if not self.is_made_up(place) else ():
            message, stop, fix = reason.partition(". ")
            self.fault(self.named_in(reason, place), message, fix if stop else "", "fact")

    def named_in(self, reason: str, place: Path) -> Path:
        """The key that the reason is about, where it names one."""
        part = self.document.value((*self.path, *place)) if place else None
        words = reason.replace(":", " ").split()[0].split(".") if reason else []
        return (*place, words[-1]) if isinstance(part, dict) and words[-1:] and words[-1] in part else place

    def check_people(self, item: ThenModel | StoryModel, place: Path) -> None:
        roles = (*self.setting.policy.roles, *self.setting.people.roles)
        for role, person in item.team.items():
            where = (*place, "team", role)
            if role not in roles:
                self.fault(where, f"nobody has the role '{role}'", suggest_or_list(role, roles), "unknown-role")
            self.check_person(person, where)

    def check_person(self, person: str | None, place: Path) -> None:
        known = self.setting.people.ids
        if person is not None and person not in known:
            self.fault(place, f"there is no person '{person}'", suggest_or_list(person, known), "unknown-person")

    # --- what people do

    def acts(self, item: ThenModel, place: Path, at: datetime) -> Iterator[Act]:
        for verb in VERBS:
            step = getattr(item, verb)
            if step is not None:
                until = self.until(item, place, at) if verb == "snooze" else None
                self.check_act(verb, item, place)
                yield Act(verb, step, by=item.by, outcome=item.outcome, until=until, to=item.to, subject=item.subject)

    def check_act(self, verb: Verb, item: ThenModel, place: Path) -> None:
        lacking = {"reassign": ("to", item.to), "snooze": ("until", item.until), "claim": ("by", item.by)}
        key, said = lacking.get(verb, ("", ""))
        if said is None:
            self.fault((*place, verb), f"'{verb}' needs '{key}'", f"Add `{key}: …`", "missing-key")
        if verb == "reassign":
            self.check_person(item.to, (*place, "to"))
        if verb == "claim":
            self.check_person(item.by, (*place, "by"))

    def until(self, item: ThenModel, place: Path, at: datetime) -> datetime | None:
        if item.until is None:
            return None
        found = parse_duration(item.until)
        if isinstance(found, Duration):
            return self.calendar.add(found, at, "opens")
        return self.instant(item.until, *place, "until")

    # --- saying what is wrong

    def instant(self, text: str, *keys: str | int, form: str = "") -> datetime | None:
        try:
            found = read_instant(text)
        except ValueError as wrong:
            self.fault(keys, str(wrong), form or _as_instant(text), "invalid-time")
            return None
        if found.year in _YEARS:
            return found
        fix = f"Give one in the years {_YEARS.start} to {_YEARS.stop - 1}."
        self.fault(keys, f"'{text}' is too far away for a story", fix, "invalid-time")
        return None

    def is_made_up(self, place: Path) -> bool:
        path = (*self.path, *place)
        return any(path[:length] in self.made_up for length in range(len(path) + 1))

    def fault(self, place: Path, message: str, fix: str, code: str) -> None:
        path = (*self.path, *place)
        if self.is_made_up(place):
            return
        at = self.document.key_at(path) if code in {"fact", "says-nothing"} else self.document.at(path)
        where = worded(_where(self.document.value(self.path)), place)
        self.problems.add(self.document.file, at, where, message, fix, code=code)


def _several(said: Words | None) -> list[str]:
    return said if isinstance(said, list) else [said] if said else []


def _as_instant(text: str) -> str:
    day = parse_moment(text)
    return f"Write it as {day.date if isinstance(day, OnDate) else '2026-03-02'}T09:00:00Z."


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
