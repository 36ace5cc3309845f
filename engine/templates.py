"""Texts with names in them: mail and Slack templates from files, and the titles and reasons written in playbooks.

Strict: a name that nothing knows is an author's mistake, found by `check`; one that is merely unknown when the text is
made gives `Unfit`, so nothing half-written goes out. Jinja itself is imported when the first text is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from engine import links
from engine.languages import for_language
from engine.logic import Fault, Names, Scope
from engine.problems import START, Position, Problems
from engine.rendering import PERCENT, Into
from engine.types import Type

if TYPE_CHECKING:
    from engine.calculations import Calculations
    from engine.placeholders import Calculation

# Beside what the vocabulary knows: the run itself, the moment, and who signs.
RUN_NAMES: Final = ("run.id", "run.playbook", "run.title", "run.started")
SENDER_NAMES: Final = ("sender.id", "sender.name", "sender.email", "sender.slack")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template that is itself a text with names, and where it begins in the file."""

    text: str
    at: Position


@dataclass(frozen=True, slots=True)
class Template:
    """One file; `language` is None for the fallback. `topic` is not filled in."""

    name: str
    file: str
    body: Piece
    subject: Piece | None = None
    preheader: Piece | None = None
    topic: str | None = None
    language: str | None = None
    topic_at: Position = START

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in (self.subject, self.preheader, self.body) if piece)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template filled in; `body` is Markdown."""

    template: str
    language: str | None
    subject: str
    preheader: str
    body: str
    topic: str | None


@dataclass(frozen=True, slots=True)
class Unfit:
    """The text cannot be made: `missing` is the name that is not known ("account.arr"), or the calculation."""

    missing: str


@dataclass(frozen=True)
class Templates:
    """`units` tells for a path what its number counts ("account.arr" → "USD"), `types` what it is."""

    files: tuple[Template, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, Type] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({one.name for one in self.files}))

    def choose(self, name: str, language: str | None = None) -> Template:
        """The file for that language (`de-AT`, then `de`), else the fallback. Raises KeyError for an unknown name."""
        of_name = {one.language or "": one for one in self.files if one.name == name}
        return for_language(language, of_name) or of_name[""]

    def render(
        self,
        name: str,
        names: Mapping[str, object],
        language: str | None = None,
        *,
        into: Into = "plain",
        scope: Scope | None = None,
    ) -> Rendered | Unfit:
        """`into` is what the body is written in. `scope` is what a condition would read. Raises KeyError for an unknown
        template: `check` has seen to that.
        """
        template = self.choose(name, language)
        made: list[str] = []
        for piece in (template.subject, template.preheader, template.body):
            own: Into = into if piece is template.body else "plain"
            text = self._made(piece.text, names, template.language, own, scope) if piece else ""
            if isinstance(text, Unfit):
                return text
            made.append(text)
        subject, preheader, body = made
        return Rendered(name, template.language, " ".join(subject.split()), preheader.strip(), body, template.topic)

    def render_text(
        self, source: str, names: Mapping[str, object], *, into: Into = "plain", scope: Scope | None = None
    ) -> str | Unfit:
        """`names` is nested: {"account": {"name": "Acme"}, "now": …}; UNKNOWN and what is absent are not known.
        `scope`: what a condition would read, for what is calculated of contacts, records and runs.
        """
        return self._made(source, names, None, into, scope)

    def check(
        self, name: str, names: Names, used_by: str = "", *, contact: bool = False, anywhere: bool = False
    ) -> Problems:
        """Each language's file against what can be read where it is used; faults at the template's own lines.
        `anywhere`: nobody uses it yet, so outcomes, events and items may be of any name.
        """
        problems = Problems()
        for template in self.files:
            if template.name == name:
                where = f"template '{name}', used by {used_by}" if used_by else f"template '{name}'"
                _check(template, names, where, problems, contact=contact, anywhere=anywhere)
        return problems

    def links(self) -> Problems:
        """Of mails: links and pictures with which a mail cannot go as it is meant."""
        problems = Problems()
        for template in (one for one in self.files if one.subject):
            for fault in links.faults(template.body.text):
                at, where = _place(template.body, fault.offset), f"template '{template.name}'"
                problems.add(template.file, at, where, fault.message, fault.fix, code="mail-link", severity="warning")
        return problems

    def faults(self, source: str, names: Names, *, contact: bool = False) -> list[Fault]:
        if "{" not in source:
            return []
        from engine.template_faults import faults

        return faults(source, names, contact=contact)

    def _made(
        self,
        source: str,
        names: Mapping[str, object],
        language: str | None,
        into: Into,
        scope: Scope | None,
    ) -> str | Unfit:
        if "{" not in source:
            return source
        from engine.placeholders import cut_out
        from engine.rendering import NotKnown, made

        cut = cut_out(source)
        given = self._calculated(cut.calculations, names, scope) if cut.calculations else {}
        try:
            return made(cut.source, names, self.units, language, into=into, given=given)
        except NotKnown as unknown:
            return Unfit(unknown.path)

    def _calculated(
        self, calculations: Iterable[Calculation], names: Mapping[str, object], scope: Scope | None
    ) -> dict[str, object]:
        from engine.calculations import scope_of

        return self._calculations.values(calculations, scope_of(names, scope))

    @cached_property
    def _calculations(self) -> Calculations:
        from engine.calculations import Calculations

        return Calculations(self.types)


def _check(template: Template, names: Names, where: str, problems: Problems, *, contact: bool, anywhere: bool) -> None:
    from engine.template_faults import faults

    for piece in template.pieces:
        for fault in faults(piece.text, names, contact=contact, anywhere=anywhere, in_template=True):
            at = _place(piece, fault.offset)
            problems.add(template.file, at, where, fault.message, fault.fix, code="template")


def _place(piece: Piece, offset: int) -> Position:
    before = piece.text[:offset]
    if "\n" not in before:
        return Position(piece.at.line, piece.at.column + offset)
    return Position(piece.at.line + before.count("\n"), offset - before.rfind("\n"))


def counted(type_: Type) -> str | None:
    """What a number of that type counts: its unit, or hundredths."""
    return PERCENT if type_.kind == "percent" else type_.unit


def units(types: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {path: unit for path, unit in types if unit}
