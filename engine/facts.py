"""A fact: something that was so, of one account, at one instant; and how it is read from what somebody posts.

`read_fact` says all that is wrong with an item at once, in words for whoever posted it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from engine.declared.fields import value_fault
from engine.measures import Reported
from engine.problems import suggest, suggest_or_list
from engine.types import NUMERIC, Type
from engine.values import JSON, UNKNOWN, Value, exact, from_json, in_json, lossless, read_instant, to_json
from engine.vocabulary import BUILT_IN_EVENT_FIELDS, Fields, Vocabulary

Kind = Literal["fields", "metric", "event", "contact", "record", "team"]


def _exact(value: object) -> object:
    return exact(value) if isinstance(value, float) else value


# What a name of the vocabulary may be given in JSON. A Decimal is written as a number where a float prints its digits.
Scalar = Annotated[
    bool | int | Decimal | str | None,
    BeforeValidator(_exact),
    PlainSerializer(lambda value: lossless(value) if isinstance(value, Decimal) else value, when_used="json"),
]


class Fact(BaseModel):
    """`at` is in UTC. Exactly one of the kinds is there; a record's fields stand in `fields` and say its `id`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    account: str
    at: Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
    fields: dict[str, Scalar] | None = None
    metric: str | None = None
    value: Scalar = None
    event: str | None = None
    data: dict[str, Scalar] | None = None
    contact: dict[str, Scalar] | None = None
    record: str | None = None
    team: dict[str, str | None] | None = None

    @property
    def kind(self) -> Kind:
        named = (kind for kind in KINDS if kind != "fields" and getattr(self, kind) is not None)
        return next(named, "fields")


KINDS: Final[tuple[Kind, ...]] = ("fields", "metric", "event", "contact", "record", "team")
# What stands beside the key that names the kind.
_BESIDE: Final[Mapping[str, str]] = {"metric": "value", "event": "data", "record": "fields"}
_KEYS: Final = ("id", "account", "at", *KINDS, "value", "data")
_EARLY: Final = timedelta(minutes=5)
_OLDEST: Final = timedelta(days=18_263)  # 50 years
_LONGEST_ID: Final = 200
_LONGEST_TEXT: Final = 10_000
_MOST_DIGITS: Final = 30
_WHAT: Final = {"id": "Give a text that names this fact", "account": "Give the account's id, a text"}
_WRITTEN: Final[Mapping[str, str]] = {
    "number": "Write a number such as 2.5, without unit",
    "integer": "Write a whole number such as 12",
    "points": "Write a number such as 2.5",
    "percent": 'Write the share, as 0.72 or "72%"',
    "boolean": "Write true or false, without quotes",
    "choice": "Write one of them, in quotes",
    "date": 'Write it as text, such as "2026-01-05"',
    "instant": 'Write it as text, such as "2026-01-05T09:00:00Z"',
}


def read_fact(
    raw: Mapping[str, object],
    vocabulary: Vocabulary,
    received: datetime,
    people: Collection[str] = (),
    roles: Collection[str] = (),
) -> Fact | list[str]:
    """The fact, or every reason why it is none. Its instant is never later than `received`; without `at` it is that.

    `people`: the ids of all who may be of a team; anybody may where none are given. `roles`: likewise those that a team
    may have.
    """
    reading = _Reading(raw, vocabulary, received, people, roles)
    at = reading.instant()
    kind = reading.kind()
    reading.keys(kind)
    parts = reading.parts(kind) if kind else {}
    names = {name: reading.name(name) for name in ("id", "account")}
    if reading.reasons or at is None:
        return reading.reasons
    return Fact.model_validate({**names, "at": at, **parts})


def typed(values: Mapping[str, JSON], fields: Fields) -> dict[str, Value]:
    """Raises ValueError for what the fields do not take."""
    return {name: from_json(value, fields[name].type) for name, value in values.items()}


class _Reading:
    """One posted item and what is wrong with it."""

    def __init__(
        self,
        raw: Mapping[str, object],
        vocabulary: Vocabulary,
        received: datetime,
        people: Collection[str],
        roles: Collection[str],
    ) -> None:
        self.raw = raw
        self.people = people
        self.roles = roles
        self.vocabulary = vocabulary
        self.received = received
        self.reasons: list[str] = []

    def say(self, message: str, fix: str = "") -> None:
        self.reasons.append(f"{message}. {fix}".strip() if fix else message)

    def name(self, key: str) -> str | None:
        value = self.raw.get(key)
        if value is None:
            self.say(f"{key} is {'null' if key in self.raw else 'missing'}", _WHAT[key])
        elif not isinstance(value, str):
            number = isinstance(value, int | Decimal) and not isinstance(value, bool)
            fix = f'Write it in quotes: "{in_json(value)}"' if number else _WHAT[key]
            self.say(f"{key}: {in_json(value)} is not text", fix)
        elif not value.strip():
            self.say(f"{key} is empty", _WHAT[key])
        elif fault := _text_fault(value, _LONGEST_ID):
            self.say(f"{key} {fault}")
        else:
            return value
        return None

    def instant(self) -> datetime | None:
        given = self.raw.get("at", self.received)
        if isinstance(given, str):
            try:
                given = read_instant(given)
            except ValueError as error:
                self.say(f"at: {error}")
                return None
        if not isinstance(given, datetime) or given.tzinfo is None:
            self.say(f"at: {in_json(given)} is not an instant such as 2026-01-05T09:00:00Z")
            return None
        if given - self.received > _EARLY:
            self.say(f"at: {to_json(given)} lies more than 5 minutes ahead", "Check the sender's clock")
            return None
        if self.received - given > _OLDEST:
            fix = "Nothing is taken that is older than 50 years; an empty date in an export often looks so"
            self.say(f"at: {to_json(given)} lies more than 50 years back", fix)
            return None
        return min(given, self.received)

    def kind(self) -> Kind | None:
        named: list[Kind] = [kind for kind in KINDS if self.raw.get(kind) is not None]
        if "record" in named and "fields" in named:
            named.remove("fields")
        if len(named) == 1:
            return named[0]
        if named:
            self.say(f"it says {' and '.join(named)} at once", "Post one fact for each")
        else:
            self.say("it says nothing", f"Add one of {', '.join(KINDS)}")
        return None

    def keys(self, kind: Kind | None) -> None:
        allowed = {"id", "account", "at"} | ({kind, _BESIDE.get(kind, kind)} if kind else set(_KEYS))
        for key in self.raw:
            if key in allowed:
                continue
            if key in _KEYS:
                self.say(f"'{key}' does not go with '{kind}'", "Take it away")
            else:
                self.say(f"{in_json(key)} is not a key of a fact", suggest(str(key), allowed))

    def parts(self, kind: Kind) -> dict[str, object]:
        match kind:
            case "fields":
                self.filled("fields", "Name at least one field")
                return {"fields": self.values("fields", self.vocabulary.fields, "account", fixed=("id",))}
            case "metric":
                return self.reading()
            case "event":
                return self.happened()
            case "contact":
                return {"contact": self.item("contact", self.vocabulary.contact_fields, "contact")}
            case "record":
                return self.record()
            case "team":
                self.filled("team", "Name at least one role")
                return {"team": self.team()}

    def filled(self, key: str, fix: str) -> None:
        if self.raw.get(key) == {}:
            self.say(f"{key} is empty and says nothing", fix)

    def reading(self) -> dict[str, object]:
        name = self.known("metric", self.vocabulary.metrics)
        metric = self.vocabulary.metrics.get(name or "")
        if metric is None:
            return {}
        if not isinstance(metric.measure, Reported):
            self.say(f"metrics.{name} is reckoned and cannot be posted", "Post what it is reckoned from")
        elif "value" not in self.raw:
            self.say(f"metrics.{name} comes without value", "Add value, or null when it is not known any more")
        return {"metric": name, "value": self.checked(f"metrics.{name}", self.raw.get("value"), metric.type)}

    def happened(self) -> dict[str, object]:
        name = self.known("event", self.vocabulary.events)
        fields = self.vocabulary.events.get(name or "", BUILT_IN_EVENT_FIELDS)
        if name is None:
            return {}
        data = self.values("data", fields, f"event.{name}") if self.raw.get("data") is not None else {}
        return {"event": name, "data": data}

    def record(self) -> dict[str, object]:
        kind = self.known("record", self.vocabulary.records)
        if kind is None:
            return {}
        return {"record": kind, "fields": self.item("fields", self.vocabulary.records[kind], f"records.{kind}")}

    def item(self, key: str, fields: Fields, where: str) -> dict[str, object]:
        values = self.values(key, fields, where)
        one = values.get("id")
        if isinstance(self.raw.get(key), Mapping) and (not isinstance(one, str) or not one.strip()):
            self.say(f"{where} comes without id", "Add the id by which it is known")
        return values

    def team(self) -> dict[str, object]:
        given = self.mapping("team")
        for role, person in given.items():
            # Whoever stands under a role that is gone can still be taken away.
            if person is not None and self.roles and role not in self.roles:
                self.say(f"team.{_shown(role)}: nobody has the role {in_json(role)}", suggest_or_list(role, self.roles))
            if person is not None and (not isinstance(person, str) or not person.strip()):
                self.say(
                    f"team.{role}: {in_json(person)} is not the id of a person", "Give an id of people.yaml, or null"
                )
            elif person is not None and self.people and person not in self.people:
                self.say(f"team.{role}: there is no person '{person}'", suggest_or_list(person, self.people))
        return given

    def known(self, key: str, names: Mapping[str, object]) -> str | None:
        name = self.raw.get(key)
        if isinstance(name, str) and name in names:
            return name
        word = "an event" if key == "event" else f"a {key}"
        self.say(f"{in_json(name)} is not {word} of the vocabulary", suggest_or_list(str(name), names))
        return None

    def values(self, key: str, fields: Fields, where: str, fixed: tuple[str, ...] = ()) -> dict[str, object]:
        taken: dict[str, object] = {}
        for name, value in self.mapping(key).items():
            if name in fixed:
                self.say(f"{where}.{name} never changes", "Take it away")
            elif name not in fields:
                fix = suggest(name, set(fields) - set(fixed)) or "Take it away, or declare it in vocabulary.yaml"
                self.say(f"{where}.{_shown(name)} is not in the vocabulary", fix)
            elif value is None and fields is self.vocabulary.fields and fields[name].required:
                self.say(f"{where}.{name} is required: it can be corrected, not taken away")
            elif name == "name" and isinstance(value, str) and not value.strip():
                self.say(f"{where}.name is empty", "Give a text, or null when it is not known")
            else:
                taken[name] = self.checked(f"{where}.{name}", value, fields[name].type)
        return taken

    def mapping(self, key: str) -> dict[str, object]:
        given = self.raw.get(key)
        if isinstance(given, Mapping) and all(isinstance(name, str) for name in given):
            return dict(given)
        there = f"{key}: {in_json(given)} is not an object of names and values"
        self.say(there if key in self.raw else f"{key} is missing", 'Write {"name": value}')
        return {}

    def checked(self, where: str, value: object, type_: Type) -> object:
        """As it was given, when it fits."""
        try:
            found = from_json(_digits(value, type_), type_)
        except ValueError as error:
            self.say(f"{where}: {error}", _remedy(value, type_))
            return None
        if fault := value_fault(found, type_) or _size_fault(found, type_):
            self.say(f"{where}: {fault}")
        return None if found is UNKNOWN else _kept(found)


def _remedy(value: object, type_: Type) -> str:
    if isinstance(value, str):
        near = suggest(value, type_.choices)
        return near if near or type_.kind in {"choice", "date", "instant"} else _WRITTEN.get(type_.kind, "")
    return _WRITTEN.get(type_.kind, "Write it as text, in quotes")


def _shown(name: str) -> str:
    return in_json(name)[1:-1]


def _digits(value: object, type_: Type) -> object:
    """A number may be posted where a text is due: ids often are."""
    plain = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return str(value) if plain and type_.kind == "text" else value


def _kept(value: Value) -> JSON:
    """As it comes back from JSON, so that a fact is the same before and after it was stored."""
    written = lossless(value) if isinstance(value, Decimal) else to_json(value)
    return exact(written) if isinstance(written, float) else written


def _size_fault(value: Value, type_: Type) -> str:
    if isinstance(value, str):
        return _text_fault(value, _LONGEST_TEXT)
    if type_.kind not in NUMERIC or isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    number = Decimal(value)
    if number and (number.adjusted() >= _MOST_DIGITS or cast("int", number.as_tuple().exponent) < -_MOST_DIGITS):
        many = f"the number has more than {_MOST_DIGITS} digits before or behind the point"
        return f"{many}. Round it, or post it in a greater unit"
    if type_.kind == "percent" and abs(number) > 10:
        share = format((number / 100).normalize(), "f")
        return f"{value} would be {number * 100:f}%: write '{value}%', or the share as {share}"
    return ""


def _text_fault(text: str, longest: int) -> str:
    if len(text) > longest:
        return f"is longer than {longest:,} characters. Shorten it"
    # NUL, and halves of a pair that no encoding takes.
    bad = "\0" in text or (not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text))
    return "has a character that cannot be kept (NUL or a lone surrogate). Take it out" if bad else ""
