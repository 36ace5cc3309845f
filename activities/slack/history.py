"""What people and playbooks did with a task, as words for the thread of its message."""

from activities.slack.card_blocks import instant, shown
from activities.store.tasks import TaskEvent
from engine.people import People
from engine.values import read_instant

NOTE = 2_500
REASONS = {"goal": "its goal has been reached", "stop": "it does not concern the account any more"}
DECIDED = {"approved": "approved it", "refused": "declined it"}
BY_MESSAGE = frozenset({"reminded", "escalated"})


def told(event: TaskEvent, people: People, reader: str = "") -> str:
    """Empty where `reader` has had a message that says it."""
    if event.verb in BY_MESSAGE and event.fields.get("person") == reader:
        return ""
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
        case "reminded" | "escalated" | "cleared" | "withdrawn" | "reassigned" | "completed":
            return _by_itself(event, people)
        case "reopen":
            return f"{who} opened it again."
        case _:
            outcome = str(event.fields.get("outcome") or "done")
            did = DECIDED.get(outcome) or f"closed it: {shown(outcome.replace('_', ' '), 100)}"
            return f"{who} {did}{' with changes' if event.fields.get('edited') else ''}."


def _by_itself(event: TaskEvent, people: People) -> str:
    whom = _name(str(event.fields["person"]), people) if event.fields.get("person") else "nobody"
    match event.verb:
        case "reminded":
            return f"{whom[:1].upper()}{whom[1:]} was reminded."
        case "escalated":
            return f"It went up to {whom}."
        case "reassigned":
            cover = event.fields.get("covers")
            return f"It is with {whom} now{f', who covers for {_name(str(cover), people)}' if cover else ''}."
        case "withdrawn":
            said = str(event.fields.get("reason") or "")
            reason = REASONS.get(said, said.replace("_", " "))
            return f"The playbook took it back{f': {shown(reason, 100)}' if reason else ''}."
        case _:
            return "It closed by itself: what it was about has passed."


def _name(person: str | None, people: People) -> str:
    known = people.get(person)
    return shown((known.name or known.id) if known else person or "Somebody", 100)
