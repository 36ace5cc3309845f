"""The forms (modals) in which somebody says how, until when, to whom or what; as plain values."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from activities.slack.card_blocks import ACTION
from engine.calendar import Calendar
from engine.quantities import Duration
from engine.run import Task
from workers.slack.payloads import Carried

TITLE = 24  # characters at the head of a form
LABEL = 75
NOTE = 2_800
SUBJECT = 250
BODY = 3_000  # as much as a field of a form takes

Form = dict[str, Any]


def done(task: Task, carried: Carried) -> Form:
    chosen = [_option(one.replace("_", " ").capitalize(), one) for one in task.outcomes[:100]]
    outcome = {"type": "static_select", "action_id": "outcome", "options": chosen}
    return _form("done", "Done", "Close it", carried, task, _input("outcome", "What came of it?", outcome), _note())


def snooze(task: Task, carried: Carried, calendar: Calendar, now: datetime) -> Form:
    """Presets on the clock of who asks; an instant of one's own counts before them."""
    presets = [_option(label, at.isoformat()) for label, at in _presets(calendar, now)]
    preset = {"type": "static_select", "action_id": "preset", "options": presets, "initial_option": presets[0]}
    own = {"type": "datetimepicker", "action_id": "own"}
    return _form(
        "snooze",
        "Snooze",
        "Put it off",
        carried,
        task,
        _input("preset", "Until when?", preset),
        _input("own", "Or at another time", own, optional=True),
        _note("Why?", optional=False),
    )


def reassign(task: Task, carried: Carried) -> Form:
    chosen = {"type": "users_select", "action_id": "to"}
    return _form("reassign", "Reassign", "Hand it over", carried, task, _input("to", "To whom?", chosen), _note())


def refuse(task: Task, carried: Carried) -> Form:
    return _form("refuse", "Decline", "Decline it", carried, task, _note("Why?", optional=False))


def edit(task: Task, carried: Carried, subject: str, preheader: str, parts: Sequence[str]) -> Form:
    """The mail as it would go, to be sent otherwise; a long text is in several fields."""
    line = {"type": "plain_text_input", "action_id": "said", "max_length": SUBJECT}
    blocks = [_input("subject", "Subject", line | {"initial_value": subject})]
    if preheader:
        shown = line | {"initial_value": preheader}
        blocks.append(_input("preheader", "Preview (what an inbox shows behind the subject)", shown, optional=True))
    for number, part in enumerate(parts, 1):
        field = {"type": "plain_text_input", "action_id": "said", "multiline": True, "max_length": BODY}
        label = "Text (Markdown)" if len(parts) == 1 else f"Text (Markdown), part {number} of {len(parts)}"
        blocks.append(_input(body_field(number), label, field | {"initial_value": part}, optional=number > 1))
    return _form("edit", "Edit the mail", "Approve with changes", carried, task, *blocks)


def body_field(number: int) -> str:
    return "body" if number == 1 else f"body_{number}"


def note(task: Task, carried: Carried) -> Form:
    return _form("note", "Note", "Write it down", carried, task, _note("Your note", optional=False))


def errors(**said: str) -> Form:
    """The form stays open, with a sentence at each field that is wrong."""
    return {"response_action": "errors", "errors": said}


def told_late(errors_: Mapping[str, Any]) -> str:
    """What stands at the fields, for who does not see the form any more."""
    return f"Nothing was done. {' '.join(map(str, errors_['errors'].values()))} Please press the button again."


def _presets(calendar: Calendar, now: datetime) -> Sequence[tuple[str, datetime]]:
    days = (("Tomorrow, as work begins", 1), ("In two working days", 2), ("In a working week", 5))
    return [
        ("In three hours", now + timedelta(hours=3)),
        *((label, calendar.add(Duration(amount=count, unit="business day"), now, "opens")) for label, count in days),
    ]


def bare(verb: str, title: str, carried: Carried, task: Task) -> Form:
    """Nothing is sent by it."""
    head = " ".join(task.title.split())
    return {
        "type": "modal",
        "callback_id": f"{ACTION}{verb}",
        "private_metadata": carried.model_dump_json(),
        "title": _plain(title, TITLE),
        "close": _plain("Close", TITLE),
        "blocks": [{"type": "section", "text": {"type": "plain_text", "text": head[:2_900] or task.id}}],
    }


def _form(verb: str, title: str, submit: str, carried: Carried, task: Task, *blocks: Form) -> Form:
    form = bare(verb, title, carried, task)
    sent = {"submit": _plain(submit, TITLE), "close": _plain("Cancel", TITLE)}
    return form | sent | {"blocks": [*form["blocks"], *blocks]}


def _note(label: str = "A word about it", *, optional: bool = True) -> Form:
    element = {"type": "plain_text_input", "action_id": "note", "multiline": True, "max_length": NOTE}
    return _input("note", label, element, optional=optional)


def _input(name: str, label: str, element: Form, *, optional: bool = False) -> Form:
    return {"type": "input", "block_id": name, "label": _plain(label, 2_000), "element": element, "optional": optional}


def _option(label: str, value: str) -> Form:
    return {"text": _plain(label, LABEL), "value": value}


def _plain(text: str, limit: int) -> Form:
    return {"type": "plain_text", "text": text if len(text) <= limit else f"{text[: limit - 1]}…"}
