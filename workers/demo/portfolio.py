"""What the demo plays: `*.demo.yaml`, and all that happens to its accounts, in the order in which it happened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from pydantic import AwareDatetime

from engine.people import People
from engine.problems import InvalidWorkspace, PlaybookError, Problems
from engine.shapes import Shape
from engine.source import read, validated
from engine.values import JSON, read_instant
from engine.vocabulary import Vocabulary
from workers.demo.made_up import made_up
from workers.demo.portfolio_rows import RavenStack
from workers.importing import Import, facts_of, read_mapping
from workers.importing.tables import Table

FILE = Path("demo") / "ravenstack.demo.yaml"  # within the workspace
TEAM = ("csm", "ae")


class NoDemo(PlaybookError):
    """What the demo needs is not there, or is asked for in a way that cannot be played."""


class DemoModel(Shape):
    """`until` and `scale` may be overruled by the command line."""

    noun: ClassVar[str] = "a demo"

    mapping: str
    since: AwareDatetime
    until: AwareDatetime
    scale: int
    seed: str
    accounts: list[str]
    told: list[str]


@dataclass(frozen=True, slots=True)
class Happening:
    """One fact, as it would be posted at its instant."""

    at: datetime
    raw: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of the demo; None leaves what the file says."""

    days: int | None = None
    accounts: int | None = None
    seconds: int | None = None
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """`history` lies before `since`, `stretch` from there up to `until`; `told` are the accounts told in full."""

    since: datetime
    until: datetime
    scale: int
    seed: str
    accounts: tuple[str, ...]
    told: tuple[str, ...]
    history: tuple[Happening, ...]
    stretch: tuple[Happening, ...]

    @property
    def days(self) -> int:
        return (self.until - self.since).days


def read_portfolio(folder: Path, vocabulary: Vocabulary, people: People, asked: Asked) -> Portfolio:
    """Raises InvalidWorkspace for what is wrong in the files, NoDemo for what cannot be played."""
    path = folder / FILE
    if not path.is_file():
        raise NoDemo(f"There is no {path}: the demo is played from the workspace that this project ships.")
    model = _model(path)
    accounts = _chosen(model, asked.accounts)
    until = _until(model, asked.days)
    seed = asked.seed or model.seed
    files = read_mapping(path.parent / model.mapping, vocabulary)
    happened = [*_imported(files), *_made_up(files, people, seed, until)]
    ours = sorted((one for one in happened if one.raw["account"] in accounts), key=lambda one: one.at)
    return Portfolio(
        since=model.since,
        until=until,
        scale=_scale(model, until, asked.seconds),
        seed=seed,
        accounts=accounts,
        told=tuple(one for one in model.told if one in accounts),
        history=tuple(one for one in ours if one.at < model.since),
        stretch=tuple(one for one in ours if model.since <= one.at < until),
    )


def _model(path: Path) -> DemoModel:
    document = read(path)
    model = document if isinstance(document, Problems) else validated(document, DemoModel)
    if isinstance(model, Problems):
        raise InvalidWorkspace(model)
    return model


def _chosen(model: DemoModel, most: int | None) -> tuple[str, ...]:
    """Those that are told in full come first, so that they are in every choice."""
    if most is not None and most < 1:
        raise NoDemo("--accounts must be at least 1.")
    ordered = dict.fromkeys([*model.told, *model.accounts])
    return tuple(ordered)[:most]


def _until(model: DemoModel, days: int | None) -> datetime:
    if days is None:
        return model.until
    if not 1 <= days <= (model.until - model.since).days:
        raise NoDemo(f"--days must be from 1 to {(model.until - model.since).days}: the data ends there.")
    return model.since + timedelta(days=days)


def _scale(model: DemoModel, until: datetime, seconds: int | None) -> int:
    """Logical seconds in a real one."""
    return max(1, int((until - model.since).total_seconds()) // seconds) if seconds else model.scale


def _imported(files: Import) -> Iterable[Happening]:
    return (Happening(told.at, told.raw) for told in facts_of(files).facts)


def _made_up(files: Import, people: People, seed: str, until: datetime) -> Iterable[Happening]:
    team = {role: _with_role(people, role) for role in TEAM}
    if lacking := [role for role, ids in team.items() if not ids]:
        raise NoDemo(f"people.yaml has nobody with the role {lacking[0]}, whom the demo's accounts need.")
    for fact in made_up(_rows(files), team, seed, until.date()):
        raw: dict[str, JSON] = {name: _plain(value) for name, value in fact.items()}
        yield Happening(read_instant(fact["at"]), raw)


def _plain(value: object) -> JSON:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _with_role(people: People, role: str) -> Sequence[str]:
    return [one.id for one in people.everyone if role in one.roles]


def _rows(files: Import) -> RavenStack:
    def cells(source: str) -> tuple[Mapping[str, str], ...]:
        table: Table | None = files.tables.get(source)
        if table is None:
            raise NoDemo(f"The demo's mapping has no source '{source}'.")
        return tuple(row.cells for row in table.rows)

    return RavenStack(cells("accounts"), cells("subscriptions"), cells("usage"), cells("tickets"), cells("churn"))
