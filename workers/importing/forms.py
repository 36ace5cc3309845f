"""What each entry of a mapping's `facts` makes of a row: compiled once, then asked row by row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from engine.document import Document
from engine.document import Path as Where
from engine.measures import Reported
from engine.problems import InvalidWorkspace, Problems, suggest_or_list
from engine.types import TEXT, Type
from engine.values import JSON
from engine.vocabulary import Fields, Vocabulary
from workers.importing.instants import UNITS, Stretch, When, clock_time, stretch
from workers.importing.model import AtModel, FactModel, MappingModel
from workers.importing.tables import Cell, Row, RowFault, Table, cell
from workers.importing.values import typed

Made = Callable[[Row], JSON]
Test = Callable[[Row], bool]
KINDS = ("fields", "metric", "event", "contact", "record", "team")
_MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class FactForm:
    """One entry: which rows of its source it speaks of, and the fact that it makes of each."""

    name: str
    source: str
    only: tuple[Test, ...]
    account: Cell
    at: When
    made: Callable[[Row], dict[str, JSON]]

    def wants(self, row: Row) -> bool:
        """Raises RowFault where a link leads nowhere."""
        return all(test(row) for test in self.only)


class FormReader:
    def __init__(
        self, document: Document, model: MappingModel, tables: Mapping[str, Table], vocabulary: Vocabulary
    ) -> None:
        self.document = document
        self.model = model
        self.tables = tables
        self.vocabulary = vocabulary
        self.problems = Problems()

    def forms(self) -> tuple[FactForm, ...]:
        """Raises InvalidWorkspace with everything that is wrong with them."""
        seen: set[str] = set()
        found = []
        for index, fact in enumerate(self.model.facts):
            if fact.fact in seen:
                self.fault(("facts", index, "fact"), f"there is a fact '{fact.fact}' already", "", "same-name")
            seen.add(fact.fact)
            found.append(_Form(self, fact, ("facts", index)).form())
        if self.problems.errors:
            raise InvalidWorkspace(self.problems)
        return tuple(form for form in found if form is not None)

    def fault(self, path: Where, message: str, fix: str, code: str) -> None:
        fact = self.model.facts[int(path[1])]
        where = f"fact '{fact.fact}'"
        self.problems.add(self.document.file, self.document.at(path), where, message, fix, code=code)


class _Form:
    """One entry on its way to a form; `path` is its place in the document."""

    def __init__(self, reader: FormReader, fact: FactModel, path: Where) -> None:
        self.reader = reader
        self.fact = fact
        self.path = path

    def form(self) -> FactForm | None:
        source = self.fact.from_
        if source not in self.reader.tables:
            self.fault("from", message=f"'{source}' is not a source", known=self.reader.tables, code="unknown-source")
            return None
        only = tuple(self.test(column, said) for column, said in self.fact.only.items())
        account = self.column(self.fact.account, "account")
        made = self.made()
        return FactForm(self.fact.fact, source, only, account, self.when(self.fact.at), made)

    def fault(self, *keys: str | int, message: str, known: Iterable[str] = (), fix: str = "", code: str) -> None:
        word = message.split("'")[1] if "'" in message else ""
        self.reader.fault((*self.path, *keys), message, fix or suggest_or_list(word, known), code)

    # --- columns and values

    def column(self, name: str, *keys: str | int) -> Cell:
        tables, source = self.reader.tables, self.fact.from_
        rest = name
        while rest not in tables[source].columns:
            link, dot, further = rest.partition(".")
            if not dot or link not in tables[source].links:
                known = [*tables[source].columns, *(f"{other}." for other in tables[source].links)]
                self.fault(*keys, message=f"'{rest}' is not a column of {source}", known=known, code="unknown-column")
                return _nothing
            source, rest = link, further
        return cell(tables, self.fact.from_, name)

    def value(self, said: Any, type_: Type, *keys: str | int) -> Made:
        """A column, a column through a map, or the same for every row; an empty text is None."""
        match said:
            case str():
                return _typed(self.column(said, *keys), type_)
            case {"column": str(column), "map": str(name), **rest} if not rest:
                return self.mapped(self.column(column, *keys, "column"), name, type_, *keys)
            case {"column": str(column), **rest} if not rest:
                return _typed(self.column(column, *keys, "column"), type_)
            case {"value": value, **rest} if not rest:
                return _as_typed(value, type_)
        fix = "Write a column, {column: …, map: …} or {value: …}"
        self.fault(*keys, message="this is not a value", fix=fix, code="not-a-value")
        return _none

    def mapped(self, column: Cell, name: str, type_: Type, *keys: str | int) -> Made:
        if name not in self.reader.model.maps:
            known = self.reader.model.maps
            self.fault(*keys, "map", message=f"'{name}' is not a map", known=known, code="unknown-map")
            return _none
        values = {text: _as_typed(value, type_) for text, value in self.reader.model.maps[name].items()}

        def look_up(row: Row) -> JSON:
            text = column(row)
            if not text:
                return None
            if text not in values:
                raise RowFault(f"'{text}' is not in the map {name}")
            return values[text](row)

        return look_up

    def several(self, said: Mapping[str, Any], fields: Fields | None, noun: str, *keys: str | int) -> Made:
        """A mapping of names to values; what is empty is left out. `fields` None: any name, as text."""
        made: dict[str, Made] = {}
        for name, value in said.items():
            if fields is not None and name not in fields:
                self.fault(*keys, name, message=f"'{name}' is not {noun}", known=fields, code="unknown-name")
                continue
            made[name] = self.value(value, TEXT if fields is None else fields[name].type, *keys, name)
        return lambda row: {name: value for name, one in made.items() if (value := one(row)) is not None}

    # --- what happened

    def made(self) -> Callable[[Row], dict[str, JSON]]:
        kinds = [kind for kind in KINDS if getattr(self.fact, kind) is not None]
        if "record" in kinds and "fields" in kinds:
            kinds.remove("fields")
        if len(kinds) != 1:
            fix = f"Say one of {', '.join(KINDS)}"
            self.fault(message="a fact says one thing", fix=fix, code="which-fact")
            return lambda _: {}
        parts = self.parts(kinds[0])
        return lambda row: {name: part(row) for name, part in parts.items()}

    def parts(self, kind: str) -> dict[str, Made]:
        """The keys of the fact beside id, account and at."""
        fact, vocabulary = self.fact, self.reader.vocabulary
        match kind:
            case "metric":
                return self.metric(str(fact.metric))
            case "event":
                return self.event(str(fact.event))
            case "record":
                return self.record(str(fact.record))
            case "contact":
                known = vocabulary.contact_fields
                return {"contact": self.several(fact.contact or {}, known, "a field of a contact", "contact")}
            case "team":
                return {"team": self.several(fact.team or {}, None, "a role", "team")}
        fields = {name: one for name, one in vocabulary.fields.items() if name != "id"}
        return {"fields": self.several(fact.fields or {}, fields, "a field of an account", "fields")}

    def metric(self, name: str) -> dict[str, Made]:
        reported = {
            key: one for key, one in self.reader.vocabulary.metrics.items() if isinstance(one.measure, Reported)
        }
        if name not in reported:
            self.fault("metric", message=f"'{name}' is not a reported metric", known=reported, code="unknown-metric")
            return {}
        return {"metric": _always(name), "value": self.value(self.fact.value, reported[name].type, "value")}

    def event(self, name: str) -> dict[str, Made]:
        events = self.reader.vocabulary.events
        if name not in events:
            self.fault("event", message=f"'{name}' is not an event", known=events, code="unknown-event")
            return {}
        noun = f"a field of the event {name}"
        return {"event": _always(name), "data": self.several(self.fact.data or {}, events[name], noun, "data")}

    def record(self, name: str) -> dict[str, Made]:
        records = self.reader.vocabulary.records
        if name not in records:
            self.fault("record", message=f"'{name}' is not a kind of record", known=records, code="unknown-record")
            return {}
        noun = f"a field of {name}"
        return {"record": _always(name), "fields": self.several(self.fact.fields or {}, records[name], noun, "fields")}

    # --- when, and which rows

    def when(self, at: AtModel) -> When:
        plus = []
        for unit, column in at.plus.items():
            if unit in UNITS:
                plus.append((UNITS[unit], self.column(column, "at", "plus", unit)))
            else:
                self.fault("at", "plus", unit, message=f"'{unit}' is not a unit", known=UNITS, code="unknown-unit")
        zone = self.value(at.zone, TEXT, "at", "zone")
        day = self.column(at.column, "at", "column")
        return When(self.fact.from_, day, lambda row: str(zone(row)), self.clock(at), tuple(plus))

    def clock(self, at: AtModel) -> time | Stretch:
        try:
            if at.between is not None:
                return stretch(at.between)
            return clock_time(at.time) if at.time is not None else _MIDNIGHT
        except ValueError as wrong:
            key = "time" if at.between is None else "between"
            fix = 'Write "08:00"' if at.between is None else 'Write "08:00–18:00"'  # noqa: RUF001 - as in the guide
            self.fault("at", key, message=f"'{wrong}' is not a time of day", fix=fix, code="not-a-time")
            return _MIDNIGHT

    def test(self, column: str, said: Any) -> Test:
        read = self.column(column, "only", column)
        match said:
            case str():
                return lambda row: read(row) == said
            case list() if all(isinstance(one, str) for one in said):
                return lambda row: read(row) in said
            case {"not": str(text), **rest} if not rest:
                return lambda row: read(row) != text
            case {"not_before": str(other), **rest} if not rest:
                limit = self.column(other, "only", column, "not_before")
                return lambda row: read(row) >= limit(row)
        fix = 'Write the text as it stands in the file ("True"), a list of texts, {not: …} or {not_before: column}'
        self.fault("only", column, message="this is not a condition on a column", fix=fix, code="not-a-condition")
        return lambda _: False


def _typed(column: Cell, type_: Type) -> Made:
    return lambda row: typed(text, type_) if (text := column(row)) else None


def _as_typed(value: Any, type_: Type) -> Made:
    return (lambda _: typed(value, type_)) if isinstance(value, str) else (lambda _: value)


def _always(text: str) -> Made:
    return lambda _: text


def _none(_: Row) -> JSON:
    return None


def _nothing(_: Row) -> str:
    return ""
