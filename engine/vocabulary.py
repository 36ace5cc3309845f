"""What is known of an account: fields, contacts, records, events and metrics, as vocabulary.yaml declares them.

`names` says what may be read where a condition stands, and why something that exists can never be known there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from engine.measures import DaysSince, Metric, Tally
from engine.metric_types import metric_types
from engine.types import BOOLEAN, INSTANT, TEXT, Type
from engine.values import UNKNOWN, Value

Fields = Mapping[str, "Field"]

PARTS: Final = ("value", "previous", "change", "target", "attainment", "zone", "zone_since", "at")
_NEEDS_TARGET: Final = frozenset({"target", "attainment", "zone", "zone_since"})


@dataclass(frozen=True, slots=True)
class Field:
    """`default` is the value while no fact says otherwise; UNKNOWN when there is none."""

    name: str
    type: Type
    required: bool = False
    default: Value = UNKNOWN

    @property
    def always_known(self) -> bool:
        return self.required or self.default is not UNKNOWN

    @property
    def read(self) -> Type:
        """Its type where an account or an item of it is read."""
        return replace(self.type, known=True) if self.always_known else self.type


def _built_in(**types: Type) -> dict[str, Field]:
    return {name: Field(name, type_) for name, type_ in types.items()}


BUILT_IN_FIELDS: Final[Fields] = {"id": Field("id", TEXT, required=True), "name": Field("name", TEXT)}
BUILT_IN_CONTACT_FIELDS: Final[Fields] = {
    "id": Field("id", TEXT, required=True),
    **_built_in(name=TEXT, email=Type("email"), country=Type("country"), time_zone=Type("time_zone"), language=TEXT),
    "active": Field("active", BOOLEAN, default=True),
}
BUILT_IN_RECORD_FIELDS: Final[Fields] = {"id": Field("id", TEXT, required=True)}
BUILT_IN_EVENT_FIELDS: Final[Fields] = _built_in(contact=TEXT)
_OF_A_MAIL: Final = _built_in(contact=TEXT, playbook=TEXT, step=TEXT)
BUILT_IN_EVENTS: Final[Mapping[str, Fields]] = {
    "mail_opened": _OF_A_MAIL,
    "mail_clicked": {**_OF_A_MAIL, **_built_in(link=TEXT)},
    "mail_replied": {**_OF_A_MAIL, **_built_in(text=TEXT)},
    "mail_bounced": {**_OF_A_MAIL, **_built_in(reason=TEXT)},
    "mail_unsubscribed": {**_OF_A_MAIL, **_built_in(topic=TEXT)},
}
"""What became of our own mails. A vocabulary may declare further fields of them."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The mappings include what is built in. `order` names the metrics so that each comes after what it is made of."""

    fields: Fields = field(default_factory=lambda: BUILT_IN_FIELDS)
    contact_fields: Fields = field(default_factory=lambda: BUILT_IN_CONTACT_FIELDS)
    records: Mapping[str, Fields] = field(default_factory=dict)
    events: Mapping[str, Fields] = field(default_factory=lambda: BUILT_IN_EVENTS)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    digest: str = ""
    _types: dict[str, Type] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def stages(self) -> tuple[str, ...]:
        return self._choices("stage")

    @property
    def tiers(self) -> tuple[str, ...]:
        return self._choices("tier")

    def _choices(self, name: str) -> tuple[str, ...]:
        return self.fields[name].type.choices if name in self.fields else ()

    @property
    def a_date(self) -> str:
        """The first date of an account, for examples; empty where there is none."""
        return next((f"account.{name}" for name, one in self.fields.items() if one.type.kind == "date"), "")

    def always_known(self, path: str) -> bool:
        """Whether no account can lack it: a field that is required or has a default."""
        room, _, name = path.partition(".")
        return room == "account" and name in self.fields and self.fields[name].always_known

    def names(
        self,
        outcomes: Mapping[str, Type] | None = None,
        event: str | None = None,
        item: str | None = None,
        playbooks: Iterable[str] = (),
        endings: Mapping[str, tuple[str, ...]] | None = None,
        roles: Iterable[str] = (),
        *,
        contact: bool = False,
    ) -> VocabularyNames:
        """What may be read where a condition stands. `outcomes`: of the steps that may have happened (None outside a
        run); `endings`: how runs of the other playbooks mostly end; `event`: the one at hand; `item`: "contacts" or a
        kind of record under `each`; `contact`: whether `contact.*` is at hand, as in `to: {each: …}`.
        """
        if not self._types:
            self._types.update(_account_types(self))
        types = self._types | {f"team.{role}": TEXT for role in roles}
        types |= {f"outcome.{step}": type_ for step, type_ in (outcomes or {}).items()}
        if event is not None:
            types |= {f"event.{name}": one.type for name, one in self.events[event].items()}
        if item is not None:
            types |= {f"item.{name}": one.read for name, one in self._items(item).items()}
        if contact:
            types |= {f"contact.{name}": one.read for name, one in self.contact_fields.items()}
        for playbook in playbooks:
            types |= _run_types(playbook, (endings or {}).get(playbook, ()))
        return VocabularyNames(types, {f"metrics.{name}": metric for name, metric in self.metrics.items()})

    def _items(self, each: str) -> Fields:
        return self.contact_fields if each == "contacts" else self.records[each]

    def json_schema(self) -> dict[str, object]:
        """JSON Schema of what is posted about an account."""
        from engine.vocabulary_schema import json_schema

        return json_schema(self)


@dataclass(frozen=True, slots=True)
class VocabularyNames:
    """The `Names` that conditions are compiled against. `only` says what may be read where these are less than all."""

    types: Mapping[str, Type]
    metrics: Mapping[str, Metric]
    only: str = ""

    def type_of(self, path: str) -> Type | None:
        if path.startswith("at_start."):
            return self.type_of(path.removeprefix("at_start."))
        if path.startswith("since."):
            return INSTANT if path.removeprefix("since.") in self.types else None
        return self.types.get(path)

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        found = self.types.get(path)
        return dict(found.of.fields) if found and found.kind == "list" and found.of else None

    def paths(self) -> Iterable[str]:
        return self.types

    def why_not(self, path: str) -> str | None:
        room, _, rest = path.removeprefix("at_start.").partition(".")
        if self.only and room in _ROOMS and not self._has(room):
            return self.only
        if room == "metrics":
            name, _, part = rest.partition(".")
            metric = self.metrics.get(f"metrics.{name}")
            return _never_known(metric, part) if metric else None
        if self.types.get(path):
            return None
        return _NOT_AT_HAND.get(room) if rest and not self._has(room) else None

    def _has(self, room: str) -> bool:
        return any(path.startswith(f"{room}.") for path in self.types)


_ROOMS: Final = frozenset({"account", "metrics", "contacts", "records", "team", "event", "outcome", "item", "runs"})
_NOT_AT_HAND: Final = {
    "event": "event.* can be read only in a `where` and in what an `on: <event>` began",
    "item": "item.* can be read only in a playbook that runs for `each` contact or record",
    "contact": "contact.* can be read only where contacts are chosen (in `to`)",
    "outcome": "no step has happened yet where this stands, so no outcome can be known",
}


def _never_known(metric: Metric, part: str) -> str | None:
    name = f"metrics.{metric.name}"
    if part in {"change", *_NEEDS_TARGET} and not metric.is_numeric:
        return f"{name} is {metric.type.name}, so its {part} can never be known"
    if part in _NEEDS_TARGET and metric.target is None:
        return f"{name} has no target, so its {part} can never be known"
    if part in {"previous", "change"} and isinstance(metric.measure, Tally) and metric.measure.over is None:
        return f"{name} counts over ever and has no window before, so its {part} can never be known"
    if part in {"previous", "change"} and isinstance(metric.measure, DaysSince):
        return f"{name} counts days and has no reading before, so its {part} can never be known"
    return None


def _account_types(vocabulary: Vocabulary) -> dict[str, Type]:
    types = {f"account.{name}": one.read for name, one in vocabulary.fields.items()}
    for metric in vocabulary.metrics.values():
        types |= metric_types(metric)
    types["contacts"] = _list_of("contact", vocabulary.contact_fields)
    types |= {f"records.{kind}": _list_of(kind, fields) for kind, fields in vocabulary.records.items()}
    return types


def _list_of(kind: str, fields: Fields) -> Type:
    item = Type("item", unit=kind, fields=tuple((name, one.read) for name, one in fields.items()))
    return Type("list", of=item)


def _run_types(playbook: str, endings: tuple[str, ...]) -> dict[str, Type]:
    own, outcome = f"runs.{playbook}", Type("text", words=endings)
    return {f"{own}.running": BOOLEAN, f"{own}.last_outcome": outcome, f"{own}.last_ended": INSTANT}
