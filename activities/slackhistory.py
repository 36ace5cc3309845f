"""What people did with a task, as words for the thread of its message."""

from activities.slackcard import instant, shown
from activities.store.tasks import TaskEvent
from engine.people import People
from engine.values import read_instant

NOTE = 2_500


def told(event: TaskEvent, people: People) -> str:
    who = _name(event.by, people)
    said = str(event.fields.get("note") or "").strip()
    note = f"\n>{shown(said, NOTE, lines=True).replace(chr(10), chr(10) + '>')}" if said else ""
    return f"{_did(event, who, people)}{note}"


def _did(event: TaskEvent, who: str, people: People) -> str:
    match event.verb:
        case "note":
            return f"{who}:"
        case "snooze":
            return f"{who} put it off until {instant(read_instant(str(event.fields['until'])))}."
        case "reassign":
            return f"{who} gave it to {_name(str(event.fields['to']), people)}."
        case "claim":
            return f"{who} took it."
        case "acknowledge":
            return f"{who} acknowledged it."
        case "reopen":
            return f"{who} opened it again."
        case _:
            outcome = str(event.fields.get("outcome") or "done").replace("_", " ")
            return f"{who} closed it: {shown(outcome, 100)}."


def _name(person: str | None, people: People) -> str:
    known = people.get(person)
    return shown((known.name or known.id) if known else person or "Somebody", 100)
