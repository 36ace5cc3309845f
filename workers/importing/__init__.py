"""CSV files to facts by a mapping file: such as `POST /facts` takes, in the order in which they happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.values import JSON, to_json
from workers.importing.forms import FactForm
from workers.importing.mapping import Import, faults_of, read_mapping
from workers.importing.tables import Fault, Row, RowFault, Table

__all__ = ["Fault", "Import", "Told", "Whole", "fact_of", "facts_of", "read_mapping"]


@dataclass(frozen=True, slots=True)
class Told:
    """One fact as it would be posted, with the row that it came from."""

    at: datetime
    raw: dict[str, JSON]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Whole:
    """All that the files tell, in the order in which it happened, and the rows that were left out with the reason."""

    facts: tuple[Told, ...]
    faults: tuple[Fault, ...]


def facts_of(files: Import) -> Whole:
    """At the same instant the order is that of the mapping's facts, then that of the rows."""
    facts: list[Told] = []
    faults = dict.fromkeys(faults_of(files))
    for form in files.forms:
        for one in _of_form(form, files.tables[form.source]):
            if isinstance(one, Fault):
                faults[one] = None
            else:
                facts.append(one)
    return Whole(
        tuple(sorted(facts, key=lambda one: one.at)), tuple(sorted(faults, key=lambda one: (one.file, one.line)))
    )


def _of_form(form: FactForm, table: Table) -> Iterator[Told | Fault]:
    for row in table.rows:
        try:
            if (told := fact_of(form, table, row)) is not None:
                yield told
        except RowFault as why:
            yield Fault(table.file, row.line, str(why))


def fact_of(form: FactForm, table: Table, row: Row) -> Told | None:
    """None for a row that the form does not speak of. Raises RowFault."""
    told = _told(form, table, row) if form.wants(row) else None
    return told if told is not None and _says_something(told) else None


def _says_something(told: Told) -> bool:
    """A row whose cells are all empty tells nothing of the account or of its team."""
    return {} not in (told.raw.get("fields"), told.raw.get("team"))


def _told(form: FactForm, table: Table, row: Row) -> Told:
    account = form.account(row)
    if not account:
        raise RowFault("there is no account in the row")
    at = form.at(row)
    raw: dict[str, JSON] = {"id": f"{form.name}/{row.key}", "account": account, "at": to_json(at)}
    return Told(at, raw | form.made(row), table.file, row.line)
