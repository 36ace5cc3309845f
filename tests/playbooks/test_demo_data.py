"""The demo's mapping and choice speak only of what the data and the vocabulary have."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

WORKSPACE = Path(__file__).parents[2] / "playbooks"
DEMO = WORKSPACE / "demo"
MAPPING = yaml.load((DEMO / "ravenstack.mapping.yaml").read_text(), Loader=yaml.BaseLoader)
VOCABULARY = yaml.safe_load((WORKSPACE / "vocabulary.yaml").read_text())
CHOICE = yaml.safe_load((DEMO / "ravenstack.demo.yaml").read_text())


def rows(source: str) -> list[dict[str, str]]:
    with (DEMO / MAPPING["sources"][source]["file"]).open(newline="") as file:
        return list(csv.DictReader(file))


ROWS = {source: rows(source) for source in MAPPING["sources"]}
NAMES = [fact["fact"] for fact in MAPPING["facts"]]


def columns(fact: dict) -> Iterator[str]:
    """Every column that the fact reads."""
    at = fact["at"]
    yield fact["account"]
    yield at["column"]
    yield from (at.get("plus") or {}).values()
    for column, condition in (fact.get("only") or {}).items():
        yield column
        if isinstance(condition, dict) and "not_before" in condition:
            yield condition["not_before"]
    values = [*(fact.get("fields") or {}).values(), *(fact.get("data") or {}).values(), fact.get("value"), at["zone"]]
    for value in values:
        if isinstance(value, str):
            yield value
        elif value and "column" in value:
            yield value["column"]


def source_of(column: str, source: str) -> tuple[str, str]:
    """The source that a column stands in, and its own name, links followed."""
    *links, name = column.split(".")
    for link in links:
        assert link in MAPPING["sources"][source]["links"], f"{source} has no link {link}"
        source = link
    return source, name


@pytest.mark.parametrize("fact", MAPPING["facts"], ids=NAMES)
def test_a_fact_reads_columns_that_the_files_have(fact: dict):
    for column in columns(fact):
        source, name = source_of(column, fact["from"])
        assert name in ROWS[source][0], f"{column}: {source} has no column {name}"


@pytest.mark.parametrize("fact", MAPPING["facts"], ids=NAMES)
def test_a_fact_names_what_the_vocabulary_knows(fact: dict):
    assert set(fact.get("fields", {})) <= {"name", *VOCABULARY["fields"]}
    if "event" in fact:
        assert set(fact["data"]) <= set(VOCABULARY["events"][fact["event"]])
    if "metric" in fact:
        assert VOCABULARY["metrics"][fact["metric"]]["reported"] is True


@pytest.mark.parametrize("source", MAPPING["sources"])
def test_a_key_tells_the_rows_of_its_file_apart(source: str):
    key = MAPPING["sources"][source]["key"]
    parts = key if isinstance(key, list) else [key]

    keys = [tuple(row[part] for part in parts) for row in ROWS[source]]

    assert len(set(keys)) == len(keys)


def test_every_link_leads_to_a_row():
    for source, spoken in MAPPING["sources"].items():
        for other, column in (spoken.get("links") or {}).items():
            there = {row[MAPPING["sources"][other]["key"]] for row in ROWS[other]}
            assert {row[column] for row in ROWS[source]} <= there


def test_every_text_of_a_mapped_column_has_a_value():
    for fact in MAPPING["facts"]:
        values = [*(fact.get("fields") or {}).values(), *(fact.get("data") or {}).values(), fact["at"]["zone"]]
        for value in values:
            if isinstance(value, dict) and "map" in value:
                source, name = source_of(value["column"], fact["from"])
                assert {row[name] for row in ROWS[source]} <= set(MAPPING["maps"][value["map"]])


def test_every_file_of_the_data_set_becomes_facts():
    assert {fact["from"] for fact in MAPPING["facts"]} == set(MAPPING["sources"])
    assert {source["file"] for source in MAPPING["sources"].values()} == {
        f"data/{path.name}" for path in (DEMO / "data").glob("*.csv")
    }


def test_the_demo_plays_ninety_days_of_at_least_a_hundred_accounts_of_every_tier():
    tiers = {row["account_id"]: row["plan_tier"] for row in ROWS["accounts"]}
    chosen = CHOICE["accounts"]

    assert (CHOICE["until"] - CHOICE["since"]).days == 90
    assert CHOICE["since"] == datetime(2024, 9, 16, tzinfo=UTC)
    assert len(chosen) == len(set(chosen)) >= 100
    assert {tiers[account] for account in chosen} == {"Basic", "Pro", "Enterprise"}
    assert set(CHOICE["told"]) <= set(chosen)
