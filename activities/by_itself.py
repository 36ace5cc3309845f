"""What the engine itself did with tasks, as lines of their history: rungs that came due, cleared, taken back, given to
somebody else. What people did is there already.
"""

from collections.abc import Collection, Iterator
from typing import Final

from pydantic import JsonValue

from activities.store.tasks import TaskEvent
from engine.changes import Changes
from engine.run import Input, TaskActed
from engine.trace import Entry

TOLD: Final = frozenset({"reminded", "escalated", "cleared", "withdrawn", "reassigned", "completed"})
FIELDS: Final = ("person", "to", "covers", "reason")
AUTO_CLOSED: Final = "auto_closed"


def happened(changes: Changes, fed: Collection[Input]) -> Iterator[TaskEvent]:
    """`fed` is what the runs were told, acts of people among it."""
    acted = {(one.at, one.path) for one in fed if isinstance(one, TaskActed)}
    for task in changes.tasks.values():
        for run, _, entry in changes.trace:
            mine = run == task.run and f"{entry.path}/".startswith(f"{task.path}/")
            if mine and _is_told(entry) and (entry.at, task.rests_at) not in acted:
                yield TaskEvent(task.id, entry.at, entry.event, None, _fields(entry))


def _is_told(entry: Entry) -> bool:
    if entry.event == "completed":
        return entry.fields.get("outcome") == AUTO_CLOSED
    return entry.event in TOLD and not entry.fields.get("by")


def _fields(entry: Entry) -> dict[str, JsonValue]:
    return {name: value for name in FIELDS if (value := entry.fields.get(name)) is not None}
