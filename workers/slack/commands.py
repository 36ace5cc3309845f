"""`/playbook`: what a colleague asks for by words."""

from collections.abc import Callable, Mapping
from datetime import datetime

from activities.slackcard import instant, shown
from activities.store import tasks
from engine.people import Person
from engine.problems import suggest
from engine.run import Task
from workers.slack.office import Body, Kindly, Office, Reply
from workers.slack.payloads import Command

MOST = 20  # tasks in one answer

Asked = Callable[[Office, Person, str], str]


def commanded(office: Office, said: Command) -> Reply:
    name, _, rest = said.text.strip().partition(" ")
    try:
        person = office.colleague(said.user_id)
        ask = COMMANDS.get(name.lower() or "help")
        return Reply(_whispered(ask(office, person, rest.strip()) if ask else _unknown(name)))
    except Kindly as why:
        return Reply(_whispered(str(why)))


def _whispered(text: str) -> Body:
    return {"response_type": "ephemeral", "text": text}


def _unknown(name: str) -> str:
    return f"There is no `{shown(name, 40)}`. {suggest(name, COMMANDS)}\n{_HELP}"


def _help(_office: Office, _person: Person, _rest: str) -> str:
    return _HELP


def _tasks(office: Office, person: Person, _rest: str) -> str:
    found = office.host.database.read(lambda c: tasks.listed(c, person=person.id, state="open", limit=MOST + 1))
    if not found:
        return "You have no open tasks."
    found.sort(key=lambda one: (one.snoozed is not None, one.due or datetime.max.replace(tzinfo=one.opened.tzinfo)))
    more = "\n… and more: `playbook tasks` lists them all." if len(found) > MOST else ""
    return "Your open tasks:\n" + "\n".join(_line(one) for one in found[:MOST]) + more


def _line(task: Task) -> str:
    if task.snoozed is not None:
        when = f"put off until {instant(task.snoozed)}"
    else:
        when = f"due {instant(task.due)}" if task.due else "not due at any time"
    return f"• {shown(task.title, 200)}: {when}"


_HELP = "`/playbook tasks` lists what you have to do; `/playbook help` shows this."
COMMANDS: Mapping[str, Asked] = {"tasks": _tasks, "help": _help}
