"""Values that are one for each tier or stage: found in a step as it is written, and the step as it is for one of them.

A step is compiled once for each way that an account may be, so that every alternative is checked as if it stood alone;
which of them counts is found when the step is entered, by the account as it is then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, Literal

from engine.document import Path, Tree
from engine.head import words
from engine.place import Place, key_words
from engine.plan import way_of
from engine.problems import suggest, suggest_or_list

if TYPE_CHECKING:
    from engine.compile import Compiler

By = Literal["tier", "stage"]
KEYS: Final = frozenset({"due", "after", "within", "at_most", "schedule", "times", "assign", "template", "approval"})
_ROLES: Final = frozenset({"assign", "approval"})
_BLOCKS: Final = frozenset({"then", "otherwise", "do", "cases", "tracks", "set", "with"})


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What stands at one place: by tier or by stage, the value of each word."""

    path: Path
    by: By
    known: tuple[str, ...]

    def chosen(self, word: str) -> Path:
        """The place of the value for that word; of another one where that is missing, which has been told already."""
        return (*self.path, word if word in self.known else self.known[0])


@dataclass(frozen=True, slots=True)
class Ways:
    """A step's alternatives; `by` are the fields of the account that decide, and `words` what they may be."""

    by: tuple[By, ...]
    words: tuple[tuple[str, ...], ...]
    places: tuple[Alternatives, ...]

    def each(self) -> Iterator[tuple[str, Mapping[Path, Path]]]:
        """Every way, by name, with where in the file its values stand."""
        for combined in product(*self.words):
            word = dict(zip(self.by, combined, strict=True))
            yield way_of(combined), {one.path: one.chosen(word[one.by]) for one in self.places}


def ways_of(place: Place, raw: Tree) -> Ways | None:
    """None for a step that is the same for all. What is wrong with a map is told."""
    compiler = place.compiler
    read = [one for path, written in _maps(raw, place.at) if (one := _read(place, path, written))]
    if not read:
        return None
    by: tuple[By, ...] = tuple(sorted({one.by for one in read}))
    return Ways(by, tuple(_due(compiler, group, read) for group in by), tuple(read))


def _maps(data: Tree, at: Path) -> Iterator[tuple[Path, dict[str, Tree]]]:
    """The mappings that stand where a value may be one for each tier or stage; not those of steps inside."""
    match data:
        case dict():
            for key, value in data.items():
                if key in KEYS and isinstance(value, dict) and "rrule" not in value:
                    yield (*at, key), value
                elif key not in _BLOCKS:
                    yield from _maps(value, (*at, key))
        case list():
            for index, value in enumerate(data):
                yield from _maps(value, (*at, index))


def _groups(compiler: Compiler) -> dict[By, tuple[str, ...]]:
    vocabulary = compiler.setting.vocabulary
    return {"tier": vocabulary.tiers, "stage": vocabulary.stages}


def _entering(compiler: Compiler, by: By) -> tuple[str, ...]:
    """The words of the accounts that the playbook is for."""
    said = words(compiler.head.tiers if by == "tier" else compiler.head.stage)
    known = _groups(compiler)[by]
    return tuple(word for word in known if said is None or word in said)


def _due(compiler: Compiler, by: By, read: list[Alternatives]) -> tuple[str, ...]:
    """All words for which the step is compiled: those that must be there, and those that are there besides."""
    besides = {word for one in read if one.by == by for word in one.known}
    mine = _entering(compiler, by)
    return tuple(word for word in _groups(compiler)[by] if word in mine or word in besides)


def _read(place: Place, path: Path, written: Mapping[str, Tree]) -> Alternatives | None:
    compiler = place.compiler
    document, groups = compiler.document, _groups(compiler)
    by: By = max(groups, key=lambda group: len(set(written) & set(groups[group])))
    known = tuple(word for word in groups[by] if word in written)
    where = f"{place.where} > {key_words(path[len(place.at) :])}"
    for key in [key for key in written if key not in known]:
        message = f"'{key}' is not a {by}" if known else f"'{key}' is neither a tier nor a stage"
        every = groups[by] if known else (*groups["tier"], *groups["stage"])
        alone = f"Write `{path[-1]}: ROLE`, or a role for each tier or stage." if path[-1] in _ROLES else ""
        fix = suggest(str(key), every) or ("" if known else alone) or suggest_or_list(str(key), every)
        compiler.problems.add(document.file, document.key_at((*path, key)), where, message, fix, code="unknown-word")
    if not known:
        # What stands there is looked at all the same.
        return Alternatives(path, by, tuple(written)) if written else None
    if missing := [word for word in _entering(compiler, by) if word not in known]:
        message = f"'{path[-1]}' has nothing for {by} {' and '.join(missing)}"
        compiler.fault(path, message, f"Add '{missing[0]}: …'.", "missing-key", where)
    return Alternatives(path, by, known)
