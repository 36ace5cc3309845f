"""vocabulary.yaml, read: every name, type and metric held against the others, all problems at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from itertools import pairwise
from typing import Any, ClassVar, Final

from engine.declared.fields import check_name, read_fields
from engine.declared.metrics import read_metrics
from engine.document import Document, Path
from engine.measures import Metric, Reported, Zones
from engine.problems import Problems
from engine.shapes import Shape
from engine.validation import validated
from engine.vocabulary import (
    BUILT_IN_CONTACT_FIELDS,
    BUILT_IN_EVENT_FIELDS,
    BUILT_IN_EVENTS,
    BUILT_IN_FIELDS,
    BUILT_IN_RECORD_FIELDS,
    Field,
    Vocabulary,
)

# Counted up when the same words come to mean something else, so that accounts are folded anew from their facts.
# 2: days and longer are calendar time of the account's zone.
_MEANING: Final = 2


class VocabularyShape(Shape):
    noun: ClassVar[str] = "a vocabulary"
    fields: dict[str, Any] | None = None
    contact_fields: dict[str, Any] | None = None
    records: dict[str, dict[str, Any]] | None = None
    events: dict[str, dict[str, Any] | None] | None = None
    metrics: dict[str, Any] | None = None


def read_vocabulary(document: Document) -> Vocabulary | Problems:
    problems = Problems()
    shape = validated(document, VocabularyShape, data=document.data if document.data is not None else {})
    if isinstance(shape, Problems):
        # A wrong key at the top is no reason to be silent about all the rest.
        problems.extend(shape)
    bare = Vocabulary(
        fields=_section(document, "fields", BUILT_IN_FIELDS, problems),
        contact_fields=_section(document, "contact_fields", BUILT_IN_CONTACT_FIELDS, problems),
        records=_sections(document, "records", BUILT_IN_RECORD_FIELDS, problems),
        events={**BUILT_IN_EVENTS, **_sections(document, "events", BUILT_IN_EVENT_FIELDS, problems)},
        digest=digest(document),
    )
    metrics = read_metrics(document, bare, problems)
    _check_circles(document, metrics, problems)
    if problems.errors and not document.applied:
        return problems
    understood = _understood(metrics, problems)
    graph = _made_of(understood)
    return replace(bare, metrics=understood, order=tuple(TopologicalSorter(graph).static_order()))


def _understood(metrics: Mapping[str, Metric], problems: Problems) -> dict[str, Metric]:
    """Of what was applied: what something is wrong with has no value, rather than another than it had."""
    wrong = {one.where.split(" > ")[1] for one in problems.errors if one.where.startswith("metrics > ")}
    mute = {
        name: replace(one, measure=Reported(), target=None, zones=Zones())
        for name, one in metrics.items()
        if name in wrong
    }
    return {**metrics, **mute}


def digest(document: Document) -> str:
    """Of what is said and how it is understood, whatever the comments, quotes and spaces."""
    said = json.dumps([_MEANING, document.data], sort_keys=True, default=lambda number: format(number, "f"))
    return sha256(said.encode()).hexdigest()


def _section(document: Document, key: str, built_in: Mapping[str, Field], problems: Problems) -> dict[str, Field]:
    return read_fields(document, (key,), built_in, problems) if _has(document, (key,)) else dict(built_in)


def _sections(
    document: Document, key: str, built_in: Mapping[str, Field], problems: Problems
) -> dict[str, dict[str, Field]]:
    data = document.value((key,)) if _has(document, (key,)) else {}
    taken = {"contacts": None} if key == "records" else {}
    return {
        name: read_fields(document, (key, name), _built_in_of(key, name, built_in), problems, whole=key != "events")
        for name in (data if isinstance(data, dict) else ())
        if check_name(document, (key, name), taken, problems)
    }


def _built_in_of(key: str, name: str, otherwise: Mapping[str, Field]) -> Mapping[str, Field]:
    return BUILT_IN_EVENTS.get(name, otherwise) if key == "events" else otherwise


def _has(document: Document, path: Path) -> bool:
    try:
        return document.value(path) is not None
    except KeyError:
        return False


def _made_of(metrics: Mapping[str, Metric]) -> dict[str, list[str]]:
    return {name: sorted(metric.parts & set(metrics)) for name, metric in sorted(metrics.items())}


def _check_circles(document: Document, metrics: Mapping[str, Metric], problems: Problems) -> None:
    for circle in _circles(_made_of(metrics)):
        at = document.key_at(("metrics", circle[0]))
        message = f"these metrics are made of each other: {' → '.join(circle)}"
        problems.add(
            document.file, at, f"metrics > {circle[0]}", message, "Take one out of the circle", code="metric-cycle"
        )


def _circles(graph: dict[str, list[str]]) -> Iterator[list[str]]:
    """Until none is left: each is told, and then taken apart."""
    parts = {name: set(made_of) for name, made_of in graph.items()}
    while True:
        try:
            TopologicalSorter({name: sorted(made_of) for name, made_of in parts.items()}).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            yield circle
            for whole, part in pairwise(circle):
                parts[whole].discard(part)
        else:
            return
