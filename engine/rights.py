"""Who may act on a task: whoever has it or covers for them, who answers for it, and the managers above.

An escalation may be taken on by any colleague, and so may a task that is shown in a channel: taking on is no harm. What
a customer is to get is approved by those alone who may.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.people import Directory, Person
    from engine.run import Task

Verb = Literal["done", "approve", "edit", "refuse", "read", "snooze", "reassign", "claim", "acknowledge", "note"]


def may_act(task: Task, person: Person, directory: Directory, now: datetime) -> bool:
    """Whether the task is this colleague's to close, put off or give away."""
    if not person.active:
        return False
    if task.person is None or person.id in {task.person, task.taken, task.accountable}:
        return True
    holder = directory.people.get(task.person)
    if holder is None or any(above.id == person.id for above in directory.people.chain(holder.id)):
        return True
    cover = directory.cover(holder, task.role or "", now)
    return cover is not None and cover.person.id == person.id


def verbs(task: Task, viewer: Person | None, directory: Directory, now: datetime) -> tuple[Verb, ...]:
    """What is offered to whoever sees the task; None stands for all who read a channel."""
    if task.state != "open":
        return ()
    if viewer is None:
        return _in_channel(task)
    if viewer.id == task.person:
        return (*_closing(task), *_putting_off(task), "reassign", "note")
    if task.kind == "escalation" or may_act(task, viewer, directory, now):
        return (*_closing(task), "claim", "note")
    return ()


def is_allowed(
    verb: Verb, task: Task, person: Person, directory: Directory, now: datetime, *, in_channel: bool = False
) -> bool:
    """`in_channel`: the task is shown in one."""
    match verb:
        case "acknowledge" | "note":
            return person.active
        case "claim" if task.kind == "escalation" or (in_channel and verb in _in_channel(task)):
            return person.active
        case _:
            return may_act(task, person, directory, now)


def may_start(person: Person, team: Mapping[str, str], directory: Directory, now: datetime) -> bool:
    """Whether a colleague may start playbooks for an account: who is on its team, covers for one of them, or is a
    manager above one. An account that has no team is anybody's.
    """
    if not person.active:
        return False
    there = [one for id_ in team.values() if (one := directory.people.get(id_))]
    return not there or any(_stands_for(person, one, directory, now) for one in there)


def _stands_for(person: Person, other: Person, directory: Directory, now: datetime) -> bool:
    above = {one.id for one in directory.people.chain(other.id)}
    cover = directory.cover(other, "", now)
    return person.id in {other.id, *above} or (cover is not None and cover.person.id == person.id)


def _in_channel(task: Task) -> tuple[Verb, ...]:
    """What all who read it are offered."""
    match task.kind:
        case "escalation":
            return ("acknowledge", "claim", "note")
        case "approval":
            return ("note",)
        case _:
            return ("claim", "note")


def _closing(task: Task) -> tuple[Verb, ...]:
    match task.kind:
        case "escalation":
            return ("acknowledge",)
        case "approval":
            return ("approve", "edit", "refuse", "read")
        case _:
            return ("done",)


def _putting_off(task: Task) -> tuple[Verb, ...]:
    return () if task.kind == "escalation" else ("snooze",)
