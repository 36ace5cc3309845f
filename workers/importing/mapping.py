"""A mapping file, read and checked against the files it speaks of and against the vocabulary: all problems at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.document import Document
from engine.document import Path as Where
from engine.problems import InvalidWorkspace, Problems, suggest_or_list
from engine.source import read, validated
from engine.vocabulary import Vocabulary
from workers.importing.forms import FactForm, FormReader
from workers.importing.model import MappingModel, SourceModel
from workers.importing.tables import Fault, Opened, Table, Unreadable, header, read_table


@dataclass(frozen=True, slots=True)
class Import:
    """What a mapping makes of its files. `forms` are its facts, in the order of the file."""

    tables: Mapping[str, Table]
    forms: tuple[FactForm, ...]


@dataclass(slots=True)
class _Reading:
    document: Document
    folder: Path
    model: MappingModel
    opened: Opened
    tables: dict[str, Table] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)

    def fault(self, path: Where, message: str, fix: str, code: str) -> None:
        place = f"source '{path[1]}'"
        self.problems.add(self.document.file, self.document.at(path), place, message, fix, code=code)

    def sources(self) -> None:
        for name, source in self.model.sources.items():
            self.links(name, source)
            if (table := self.table(name, source)) is not None:
                self.tables[name] = table

    def links(self, name: str, source: SourceModel) -> None:
        for other in source.links:
            path: Where = ("sources", name, "links", other)
            known = self.model.sources.get(other)
            if known is None:
                self.fault(
                    path, f"'{other}' is not a source", suggest_or_list(other, self.model.sources), "unknown-source"
                )
            elif len(known.keys) != 1:
                self.fault(
                    path,
                    f"'{other}' has a key of several columns",
                    "Link to a source whose key is one column",
                    "long-key",
                )

    def table(self, name: str, source: SourceModel) -> Table | None:
        path = self.folder / source.file
        try:
            columns = header(path)
            return None if self.lacks(name, source, columns) else self.opened(name, path, source.keys, source.links)
        except Unreadable as why:
            self.fault(("sources", name, "file"), str(why), "", "not-readable")
            return None

    def lacks(self, name: str, source: SourceModel, columns: tuple[str, ...]) -> bool:
        """Whether the file has not every column that its key and links name; each is told."""
        named: list[tuple[Where, str]] = [(("sources", name, "key"), column) for column in source.keys]
        named += [(("sources", name, "links", other), column) for other, column in source.links.items()]
        wrong = [(path, column) for path, column in named if column not in columns]
        for path, column in wrong:
            message = f"{source.file} has no column '{column}'"
            self.fault(path, message, suggest_or_list(column, columns), "unknown-column")
        return bool(wrong)


def read_mapping(path: Path, vocabulary: Vocabulary, opened: Opened = read_table) -> Import:
    """Raises InvalidWorkspace with every problem of the mapping file. Rows are looked at by `facts_of`.

    `opened` says how the files are read: without it they are held in memory.
    """
    document = read(path)
    if isinstance(document, Problems):
        raise InvalidWorkspace(document)
    model = validated(document, MappingModel)
    if isinstance(model, Problems):
        raise InvalidWorkspace(model)
    reading = _Reading(document, path.parent, model, opened)
    reading.sources()
    if reading.problems.errors:
        raise InvalidWorkspace(reading.problems)
    forms = FormReader(document, model, reading.tables, vocabulary).forms()
    return Import(reading.tables, forms)


def files_of(path: Path) -> list[Path]:
    """The mapping and the files that it names. Raises InvalidWorkspace."""
    document = read(path)
    model = document if isinstance(document, Problems) else validated(document, MappingModel)
    if isinstance(model, Problems):
        raise InvalidWorkspace(model)
    return [path, *(path.parent / source.file for source in model.sources.values())]


def faults_of(files: Import) -> list[Fault]:
    """What was left out while the files were read."""
    return [fault for table in files.tables.values() for fault in table.faults]
