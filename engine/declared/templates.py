"""templates/<path>.md, read: front matter and body, each with its place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path as FilePath
from typing import ClassVar, Final

from engine.applied import whole
from engine.document import Document
from engine.problems import Position, Problems
from engine.shapes import Shape
from engine.source import read
from engine.templates import Piece, Template

_FRONT: Final = re.compile(r"---[ \t]*\n(?P<front>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_NAME: Final = re.compile(r"(?P<name>.+?)(?:\.(?P<language>[a-z]{2,3}(?:-[a-z]{2})?))?\.md", re.IGNORECASE)


class FrontShape(Shape):
    noun: ClassVar[str] = "a template's front matter"
    subject: str | None = None
    preheader: str | None = None
    topic: str | None = None


def read_template(path: FilePath, folder: FilePath, file: str, *, applied: bool = False) -> Template | Problems:
    """`folder` is the templates' own; the name is the path below it without ending and language. `applied`: as of a
    document.
    """
    found = _NAME.fullmatch(path.relative_to(folder).as_posix())
    name, language = (found["name"], found["language"]) if found else (path.stem, None)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        problems = Problems()
        problems.add(file, Position(1, 1), f"template '{name}'", "cannot be read as UTF-8 text", code="not-readable")
        return problems
    return split(text, name, language.lower() if language else None, file, applied=applied)


def split(text: str, name: str, language: str | None, file: str, *, applied: bool = False) -> Template | Problems:
    text = text.replace("\r\n", "\n")
    front = _FRONT.match(text)
    if front is None:
        return Template(name, file, Piece(text, Position(1, 1)), language=language)
    # The line of dashes stays as a comment, so that the front matter's lines keep their numbers.
    document = read("#\n" + front["front"], file)
    if isinstance(document, Problems):
        return document
    shape = whole(replace(document, applied=applied), FrontShape, f"template '{name}'")
    if isinstance(shape, Problems):
        return shape
    body = text[front.end() :]
    return Template(
        name=name,
        file=file,
        body=Piece(body, Position(text[: front.end()].count("\n") + 1, 1)),
        subject=_piece(document, "subject", shape.subject),
        preheader=_piece(document, "preheader", shape.preheader),
        topic=shape.topic,
        language=language,
        topic_at=document.at(("topic",)),
    )


def _piece(document: Document, key: str, text: str | None) -> Piece | None:
    return Piece(text, document.text_offset((key,), 0)) if text is not None else None
