"""Who answers for a task beside the one who does it: exactly one accountable, others consulted and informed.

Colleagues are told in Slack. Contacts are written `contact.champion`; they are shown and never messaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from engine.people import Person
from engine.problems import suggest_or_list
from engine.run import Frozen, Task
from engine.shapes import Shape

if TYPE_CHECKING:
    from engine.context import Context
    from engine.place import Place

CONTACT: Final = "contact."


class RaciModel(Shape):
    noun: ClassVar[str] = "a raci"

    accountable: Any = None
    consulted: str | list[str] | None = None
    informed: str | list[str] | None = None


class Raci(Frozen):
    """Roles as they are written. `accountable` None: the manager of whoever has the task."""

    accountable: str | None = None
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()


def compiled(model: RaciModel, place: Place) -> Raci:
    accountable = model.accountable
    if accountable is not None and not isinstance(accountable, str):
        message, fix = "exactly one is accountable", "Name one role; the others are consulted or informed."
        place.fault("raci", "accountable", message=message, fix=fix, code="one-accountable")
        accountable = None
    if accountable is not None:
        _colleague(accountable, place)
    consulted, informed = (_listed(model, key, place) for key in ("consulted", "informed"))
    return Raci(accountable=accountable, consulted=consulted, informed=informed)


def _colleague(name: str, place: Place) -> None:
    if name.startswith(CONTACT):
        message, fix = "a contact cannot be accountable for our task", "Name one of our own roles."
        place.fault("raci", "accountable", message=message, fix=fix, code="one-accountable")
    else:
        place.role(name, "raci", "accountable")


def _listed(model: RaciModel, key: str, place: Place) -> tuple[str, ...]:
    said = getattr(model, key)
    names = [said] if isinstance(said, str) else said or []
    for index, name in enumerate(names):
        at = ("raci", key) if isinstance(said, str) else ("raci", key, index)
        if name.startswith(CONTACT):
            _contact(name.removeprefix(CONTACT), place, *at)
        else:
            place.role(name, *at)
    return tuple(dict.fromkeys(names))


def _contact(role: str, place: Place, *keys: str | int) -> None:
    field = place.vocabulary.contact_fields.get("role")
    roles = field.type.choices if field else ()
    if role not in roles:
        fix = suggest_or_list(role, roles)
        place.fault(*keys, message=f"'{role}' is not a role of contacts", fix=fix, code="unknown-role")


# --- in a run


def answerable(raci: Raci | None, person: Person | None, ctx: Context) -> str | None:
    """Who is accountable: who has the role, or the manager of whoever has the task; their cover when they are away."""
    if raci is not None and raci.accountable is not None:
        found = ctx.find(raci.accountable)
        return found.id if found else None
    above = next(ctx.world.directory.people.chain(person.id if person else None), None)
    covered = ctx.world.directory.cover(above, "accountable", ctx.now) if above else None
    return covered.person.id if covered else None


def consult(raci: Raci | None, task: Task, ctx: Context) -> None:
    """Those who are consulted are told as it opens."""
    for role, person in _colleagues(raci.consulted if raci else (), task, ctx):
        ctx.tell(person, "task", f"You are consulted: {task.title}", below=f"consulted/{role}")


def inform(raci: Raci | None, task: Task, outcome: str, ctx: Context) -> None:
    """Those who are informed are told as it closes."""
    for role, person in _colleagues(raci.informed if raci else (), task, ctx):
        ctx.tell(
            person, "task", f"For your information: {task.title}: {outcome.replace('_', ' ')}", below=f"informed/{role}"
        )


def _colleagues(roles: Sequence[str], task: Task, ctx: Context) -> Iterator[tuple[str, Person]]:
    """Each once, and not whoever has the task."""
    told = {task.person}
    for role in roles:
        person = None if role.startswith(CONTACT) else ctx.find(role)
        if person is not None and person.id not in told:
            told.add(person.id)
            yield role, person
