"""people.yaml, read: every id, Slack id and mail address one person's, every manager and backup somebody, no one their
own manager's manager.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from engine.applied import whole
from engine.declared.words import Country, Date, Email, Name, Zone
from engine.document import Document, Path
from engine.people import Away, People, Person
from engine.policy import Pings
from engine.problems import Problems, suggest_or_list
from engine.shapes import Shape

_MEMBER = re.compile(r"[UW][A-Z0-9]+")


def _several(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


class AwayShape(Shape):
    noun: ClassVar[str] = "a time away"
    example: ClassVar[str] = "[{from: 2026-08-01, to: 2026-08-14}]"
    first: Date = Field(alias="from")
    last: Date = Field(alias="to")


class PersonShape(Shape):
    noun: ClassVar[str] = "a person"
    id: str = Field(min_length=1)
    name: str = ""
    email: Email | None = None
    slack: str | None = None
    role: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    manager: str | None = None
    time_zone: Zone | None = None
    country: Country | None = None
    away: tuple[AwayShape, ...] = ()
    backup: str | None = None
    active: bool = True
    pings: Pings | None = None


class PeopleShape(Shape):
    noun: ClassVar[str] = "a list of people"
    people: tuple[PersonShape, ...] = ()


def read_people(document: Document) -> People | Problems:
    shape = whole(document, PeopleShape)
    if isinstance(shape, Problems):
        return shape
    people = People(tuple(map(_person, shape.people)))
    problems = Problems() if document.applied else _Check(document, people).problems()
    return problems or people


def _person(shape: PersonShape) -> Person:
    return Person(
        id=shape.id,
        name=shape.name or shape.id,
        email=shape.email,
        slack=shape.slack,
        roles=shape.role,
        manager=shape.manager,
        time_zone=shape.time_zone,
        country=shape.country,
        away=tuple(Away(one.first, one.last) for one in shape.away),
        backup=shape.backup,
        active=shape.active,
        pings=shape.pings,
    )


class _Check:
    def __init__(self, document: Document, people: People) -> None:
        self._document, self._people = document, people
        self._problems = Problems()
        self._reached: dict[str, str] = {}  # where somebody is reached → who

    def problems(self) -> Problems:
        seen: set[str] = set()
        for index, person in enumerate(self._people.everyone):
            if person.id in seen:
                self._add(("people", index, "id"), person, "stands here a second time", "Keep one of them", "same-id")
            seen.add(person.id)
            self._names(index, person)
            self._slack(index, person)
            self._is_reached_alone(index, person)
            self._circle(index, person)
            self._away(index, person)
        return self._problems

    def _names(self, index: int, person: Person) -> None:
        for key, id_ in (("manager", person.manager), ("backup", person.backup)):
            if id_ is not None and self._people.get(id_) is None:
                fix = suggest_or_list(id_, self._people.ids)
                self._add(("people", index, key), person, f"'{id_}' is nobody in this file", fix, "unknown-person")
            elif id_ == person.id:
                self._add(("people", index, key), person, f"is their own {key}", "Name somebody else", "own-cover")

    def _slack(self, index: int, person: Person) -> None:
        if person.slack is not None and not _MEMBER.fullmatch(person.slack):
            message = f"'{person.slack}' is not a Slack member id"
            fix = "Copy it from the person's profile in Slack (U…), or take `slack` away: `email` finds them too"
            self._add(("people", index, "slack"), person, message, fix, "slack-id")

    def _is_reached_alone(self, index: int, person: Person) -> None:
        """Cards and approvals of one would go to the other, and the clicks of both would be those of the first. Who is
        not active any more gets none, and may have left their mailbox to another.
        """
        if not person.active:
            return
        for key, written in (("email", person.email), ("slack", person.slack)):
            first = self._reached.setdefault(written.lower(), person.id) if written else person.id
            if first != person.id:
                message = f"'{written}' is {first}'s too"
                fix = f"Give each their own: what is for {person.id} would reach {first}"
                self._add(("people", index, key), person, message, fix, f"same-{key}")

    def _circle(self, index: int, person: Person) -> None:
        above = [one.id for one in self._people.chain(person.id)]
        top = self._people.get(above[-1]) if above else None
        if top and top.manager == person.id and person.id == min([person.id, *above]):
            message = f"the managers go round in a circle: {' → '.join([person.id, *above, person.id])}"
            self._add(("people", index, "manager"), person, message, "Take one out of the circle", "manager-circle")

    def _away(self, index: int, person: Person) -> None:
        for n, away in enumerate(person.away):
            if away.last < away.first:
                path: Path = ("people", index, "away", n, "to")
                message = f"they are back on {away.last}, before they leave on {away.first}"
                self._add(path, person, message, "Write the earlier day as `from`", "away")

    def _add(self, path: Path, person: Person, message: str, fix: str, code: str) -> None:
        self._problems.add(
            self._document.file, self._document.at(path), f"person '{person.id}'", message, fix, code=code
        )
