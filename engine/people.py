"""Colleagues: who has which role, who is away, who covers, and so who is asked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from engine.policy import Pings, Policy

_SLACK_ID = re.compile(r"[UWCGD][A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Away:
    """Both days in, in the person's own zone."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Person:
    """`pings`: where it is otherwise than policy says."""

    id: str
    name: str = ""
    email: str | None = None
    slack: str | None = None
    roles: tuple[str, ...] = ()
    manager: str | None = None
    time_zone: str | None = None
    country: str | None = None
    away: tuple[Away, ...] = ()
    backup: str | None = None
    active: bool = True
    pings: Pings | None = None

    def away_on(self, date: dt.date) -> Away | None:
        return next((one for one in self.away if one.first <= date <= one.last), None)


@dataclass(frozen=True)
class People:
    """In the order of the file."""

    everyone: tuple[Person, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Person]:
        return {person.id: person for person in self.everyone}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.by_id)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Every role that somebody has, each once."""
        return tuple(dict.fromkeys(role for person in self.everyone for role in person.roles))

    def get(self, id_: str | None) -> Person | None:
        return self.by_id.get(id_ or "")

    def chain(self, id_: str | None) -> Iterator[Person]:
        """The managers above a person, nearest first; a loop ends where it closes."""
        seen = {id_}
        person = self.get(id_)
        while person and person.manager not in seen:
            seen.add(person.manager)
            person = self.get(person.manager)
            if person:
                yield person


@dataclass(frozen=True, slots=True)
class Found:
    """Who is asked; `covers` is the id of the person they stand in for, `note` says in words how they were found."""

    person: Person
    role: str
    covers: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """Finds people at an instant; whoever is away or has left is covered by their backup, else by their manager."""

    people: People
    policy: Policy

    def find(self, role: str, team: Mapping[str, str], owner: str | None, now: dt.datetime) -> Found | None:
        """Who has `role` for the account with that team (role → person's id) and owner (a person's id): its team, else
        the owner's managers, else the first who has it; else policy's `unassigned`, else the owner's manager.
        """
        if found := self._with_role(role, team, owner, now):
            return found
        nobody = f"nobody has the role {role}"
        instead = self.policy.unassigned
        if instead and (found := self._with_role(instead, team, owner, now)):
            return replace(found, role=role, note=_notes(f"{nobody}, so {instead} is asked", found.note))
        above = next(self.people.chain(owner), None)
        return self.cover(above, role, now, f"{nobody}, so the owner's manager is asked") if above else None

    def cover(self, person: Person, role: str, now: dt.datetime, note: str = "") -> Found | None:
        """The person, or who covers for them at `now`; None when everybody who could is away too."""
        there = self._first_there(person, now, set())
        if there is None or there is person:
            return Found(person, role, None, note) if there else None
        said = f"{there.id} covers for {person.id}, who {self._why_not(person, now)}"
        return Found(there, role, person.id, _notes(note, said))

    def is_there(self, person: Person, now: dt.datetime) -> bool:
        return person.active and person.away_on(self._date_of(person, now)) is None

    def _with_role(self, role: str, team: Mapping[str, str], owner: str | None, now: dt.datetime) -> Found | None:
        own = team.get(role)
        note = f"{own}, the account's {role}, is not in people.yaml" if own and not self.people.get(own) else ""
        asked = self._holders(role, team, owner)
        return next((found for one in asked if (found := self.cover(one, role, now, note))), None)

    def _holders(self, role: str, team: Mapping[str, str], owner: str | None) -> Iterator[Person]:
        """At most three: the account's own, the one above its owner, the first of all."""
        if own := self.people.get(team.get(role)):
            yield own
        yield from [above for above in self.people.chain(owner) if role in above.roles][:1]
        yield from [one for one in self.people.everyone if one.active and role in one.roles][:1]

    def _first_there(self, person: Person | None, now: dt.datetime, asked: set[str]) -> Person | None:
        if person is None or person.id in asked:
            return None
        asked.add(person.id)
        if self.is_there(person, now):
            return person
        backup = self._first_there(self.people.get(person.backup), now, asked)
        return backup or self._first_there(self.people.get(person.manager), now, asked)

    def _why_not(self, person: Person, now: dt.datetime) -> str:
        away = person.away_on(self._date_of(person, now))
        return f"is away until {away.last.isoformat()}" if person.active and away else "has left"

    def _date_of(self, person: Person, now: dt.datetime) -> dt.date:
        return self.policy.calendar(person.country, person.time_zone).date_of(now)


def _notes(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def channel_address(written: str) -> str:
    """Where a channel is reached that a field of the account names, with `#` or without; ids and addresses stay."""
    return written if _SLACK_ID.fullmatch(written) or written.startswith("#") or "@" in written else f"#{written}"


def reach(person: Person) -> str:
    """Where a colleague is written to in Slack: their Slack id, else their address (looked up there), else their id."""
    return person.slack or person.email or person.id
