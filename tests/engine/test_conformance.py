"""The data files of conformance/ say what each operator means; this reads them to the engine."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from engine.calendar import Calendar
from engine.conditions.tree import REGISTRY
from engine.types import INSTANT, Type
from engine.values import UNKNOWN, Value, from_json, to_json
from tests.support.wording import CONTACT, NEW_YORK, NOW, PATHS, TEAM, expression, scope

FOLDER = Path(__file__).parent / "conformance"
FILES = sorted(FOLDER.glob("*.yaml"))


def cases() -> Iterator[object]:
    for file in FILES:
        for operator, told in yaml.safe_load(file.read_text()).items():
            for number, case in enumerate(told, 1):
                yield pytest.param(case, id=f"{file.stem}-{operator}-{number}")


def values(case: Mapping[str, object]) -> dict[str, Value]:
    given = {path: from_json(json, type_at(path)) for path, json in case.get("given", {}).items()}
    for name, path, fields in (("contacts", "contacts", CONTACT), ("teams", "records.teams", TEAM)):
        if name in case:
            given[path] = from_json(case[name], Type("list", of=Type("item", fields=tuple(fields.items()))))
    return given


def now(case: Mapping[str, object]) -> datetime:
    return datetime.fromisoformat(case["now"]) if "now" in case else NOW


def calendar(case: Mapping[str, object]) -> Calendar:
    return Calendar(zone=case["zone"]) if "zone" in case else NEW_YORK


def type_at(path: str) -> Type:
    if path.startswith("since."):
        return INSTANT
    return PATHS[path.removeprefix("at_start.")]


@pytest.mark.parametrize("case", list(cases()))
def test_an_operator_means_what_its_file_says(case):
    asked = expression(case["ask"])

    found = asked.value(scope(values(case), now=now(case), calendar=calendar(case)))

    if case["is"] == "unknown":
        assert found is UNKNOWN
    else:
        assert to_json(found) == case["is"]
        assert isinstance(found, bool) == isinstance(case["is"], bool)


def test_every_operator_has_cases():
    told = {operator for file in FILES for operator in yaml.safe_load(file.read_text())}

    assert told == set(REGISTRY._registry)
