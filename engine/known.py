"""What is known of one account: compact enough to be one column of one row, rewritten with each fact.

Everything is shared between an account and the next: a fact copies only what it changes. Values carry their own
instant, so that a late fact takes its place among the others and never undoes a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, cast

from engine.series import Series
from engine.ticks import Ticks, instant
from engine.values import JSON, Value, pack, unpack
from engine.zones import ZONES, Standing

FORMAT: Final = 1

Held = tuple[Value, Ticks]
Item = Mapping[str, Held]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a metric stood once everything up to and with `at` had been taken in."""

    at: Ticks
    standing: Standing


@dataclass(frozen=True, slots=True)
class Account:
    """`series` hold what events gave a metric, `readings` what was posted as measured, both as far back as windows and
    late facts need; `carried` is (count, sum) of what has left the series of an `over: ever`. `bases` are the standings
    from which zones are reckoned anew after a late fact, `marks` those from which they go on.
    `vocabulary` is the digest under which the series were folded: under another one, fold the stored facts again.
    """

    id: str
    vocabulary: str = ""
    first: Ticks | None = None
    last: Ticks | None = None
    fields: Mapping[str, Series] = field(default_factory=dict)
    contacts: Mapping[str, Item] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, Item]] = field(default_factory=dict)
    holders: Mapping[str, Held] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    readings: Mapping[str, Series] = field(default_factory=dict)
    carried: Mapping[str, tuple[int, Decimal]] = field(default_factory=dict)
    bases: Mapping[str, Mark] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)

    @property
    def first_data(self) -> datetime | None:
        return None if self.first is None else instant(self.first)

    @property
    def last_instant(self) -> datetime | None:
        return None if self.last is None else instant(self.last)

    @property
    def name(self) -> str:
        """As was last said; empty where nobody has."""
        said = self.fields.get("name", Series()).values[-1:]
        return str(said[0]) if said and isinstance(said[0], str) else ""

    @property
    def team(self) -> dict[str, str]:
        """The id of the person who has each role on this account's team."""
        return {role: person for role, (person, _) in self.holders.items() if isinstance(person, str)}

    def to_json(self) -> JSON:
        """Parts that are empty are left out."""
        parts: dict[str, JSON] = {
            "first": self.first,
            "last": self.last,
            "fields": _each(self.fields),
            "contacts": {key: _item_to_json(item) for key, item in self.contacts.items()},
            "records": {
                kind: {key: _item_to_json(item) for key, item in items.items()} for kind, items in self.records.items()
            },
            "team": {role: [pack(person), at] for role, (person, at) in self.holders.items()},
            "series": _each(self.series),
            "readings": _each(self.readings),
            "carried": {name: [count, format(total, "f")] for name, (count, total) in self.carried.items()},
            "bases": {name: _mark_to_json(mark) for name, mark in self.bases.items()},
            "marks": {name: _mark_to_json(mark) for name, mark in self.marks.items()},
        }
        head: dict[str, JSON] = {"format": FORMAT, "id": self.id, "vocabulary": self.vocabulary}
        return head | {name: part for name, part in parts.items() if part not in ({}, None)}

    @classmethod
    def from_json(cls, json: JSON) -> Account:
        """Raises ValueError for a format that this release does not read."""
        if not isinstance(json, dict) or json.get("format") != FORMAT:
            raise ValueError(f"an account of format {FORMAT} is due here")
        return cls(
            id=cast("str", json["id"]),
            vocabulary=cast("str", json["vocabulary"]),
            first=cast("Ticks | None", json.get("first")),
            last=cast("Ticks | None", json.get("last")),
            fields=_all_series(json, "fields"),
            contacts={key: _item(item) for key, item in _part(json, "contacts")},
            records={
                kind: {key: _item(item) for key, item in cast("dict[str, JSON]", items).items()}
                for kind, items in _part(json, "records")
            },
            holders={role: _held(held) for role, held in _part(json, "team")},
            series=_all_series(json, "series"),
            readings=_all_series(json, "readings"),
            carried={name: _carried(pair) for name, pair in _part(json, "carried")},
            bases={name: _mark(mark) for name, mark in _part(json, "bases")},
            marks={name: _mark(mark) for name, mark in _part(json, "marks")},
        )


def _part(json: Mapping[str, JSON], name: str) -> Iterable[tuple[str, JSON]]:
    return cast("dict[str, JSON]", json.get(name, {})).items()


def _each(series: Mapping[str, Series]) -> JSON:
    return {name: one.to_json() for name, one in series.items()}


def _all_series(json: Mapping[str, JSON], part: str) -> dict[str, Series]:
    return {name: Series.from_json(one) for name, one in _part(json, part)}


def _item_to_json(item: Item) -> JSON:
    """The instant of most fields once, the others' beside them: a contact is mostly said in one fact."""
    instants = [at for _, at in item.values()]
    mostly = max(set(instants), key=instants.count, default=0)
    values: JSON = {name: pack(value) for name, (value, _) in item.items()}
    others: dict[str, JSON] = {name: at for name, (_, at) in item.items() if at != mostly}
    return [mostly, values, others] if others else [mostly, values]


def _item(json: JSON) -> Item:
    mostly, values, *rest = cast("list[JSON]", json)
    others = cast("dict[str, Ticks]", rest[0]) if rest else {}
    at = cast("Ticks", mostly)
    return {name: (unpack(value), others.get(name, at)) for name, value in cast("dict[str, JSON]", values).items()}


def _held(json: JSON) -> Held:
    value, at = cast("list[JSON]", json)
    return unpack(value), cast("Ticks", at)


def _carried(json: JSON) -> tuple[int, Decimal]:
    count, total = cast("tuple[int, str]", json)
    return count, Decimal(total)


def _mark_to_json(mark: Mark) -> JSON:
    """Ages instead of instants: a dozen digits less each."""
    standing = mark.standing
    ages = [None if at is None else mark.at - at for at in (standing.since, standing.red, standing.low)]
    return [mark.at, standing.zone and standing.zone[0], *ages]


def _mark(json: JSON) -> Mark:
    at, letter, *ages = cast("tuple[Ticks, str | None, Ticks | None]", json)
    since, red, low = (None if age is None else at - age for age in ages)
    return Mark(at, Standing(next((zone for zone in ZONES if zone[0] == letter), None), since, red, low))
