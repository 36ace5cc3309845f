"""`/playbook`: what a colleague asks for by words. Only who asks sees the answer."""

from collections.abc import Callable, Mapping
from datetime import datetime

from activities.slack.card_blocks import Block, instant, shown
from activities.slack.text import fallback, sections
from activities.store import tasks
from engine.people import Person
from engine.problems import suggest
from engine.run import Task
from workers.slack import starting, telling
from workers.slack.office import Body, Kindly, Office, Reply
from workers.slack.payloads import Command

MOST = 20  # tasks in one answer
QUICK = frozenset({"help", "tasks"})

Asked = Callable[[Office, Person, str], Reply]


def commanded(office: Office, said: Command) -> Reply:
    """What may take longer than Slack waits comes by the address that it gave for that."""
    name, _, rest = said.text.strip().partition(" ")
    name = name.lower() or "help"
    reply = _asked(office, said.user_id, name, rest.strip())
    text, blocks = fallback(reply.whisper), reply.blocks or tuple(_section(one) for one in sections(reply.whisper))
    whispered = Reply(whisper=text, blocks=blocks, url=said.response_url)
    return whispered if said.response_url and name not in QUICK else Reply(_whispered(text, blocks), late=whispered)


def _asked(office: Office, user: str, name: str, words: str) -> Reply:
    ask = COMMANDS.get(name)
    try:
        person = office.colleague(user)
        if not person.active:
            return Reply(whisper="As people.yaml has it you have left, so nothing is told to you here.")
        return ask(office, person, words) if ask else Reply(whisper=_unknown(name))
    except Kindly as why:
        return Reply(whisper=str(why))


def _whispered(text: str, blocks: tuple[Block, ...]) -> Body:
    return {"response_type": "ephemeral", "text": text, "blocks": list(blocks)}


def _section(part: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": part}}


def _unknown(name: str) -> str:
    return f"There is no `{shown(name, 40)}`. {suggest(name, COMMANDS)}\n{_HELP}"


def _help(_office: Office, _person: Person, _rest: str) -> Reply:
    return Reply(whisper=_HELP)


def _tasks(office: Office, person: Person, _rest: str) -> Reply:
    found = office.host.database.read(lambda connection: tasks.of_person(connection, person.id, MOST + 1))
    if not found:
        return Reply(whisper="You have no open tasks.")
    found.sort(key=lambda one: (one.snoozed is not None, one.due or datetime.max.replace(tzinfo=one.opened.tzinfo)))
    more = "\n… and more: the Home of this app has them all." if len(found) > MOST else ""
    return Reply(whisper="Your open tasks:\n" + "\n".join(_line(one) for one in found[:MOST]) + more)


def _line(task: Task) -> str:
    if task.snoozed is not None:
        late = ", after it is due" if task.sleeps_too_long else ""
        when = f"put off until {instant(task.snoozed)}{late}"
    else:
        when = f"due {instant(task.due)}" if task.due else "not due at any time"
    return f"• {shown(task.title, 200)}: {when}"


_HELP = """\
`/playbook tasks`: what you have to do
`/playbook account ACCOUNT`: how an account stands, with its runs and why they began
`/playbook runs ACCOUNT`: all its runs
`/playbook why ACCOUNT PLAYBOOK`: why it is in a playbook, or is not
`/playbook start PLAYBOOK ACCOUNT`: starts a playbook; first it shows what would happen
`/playbook help`: this
An account is said by its name, a part of it, or its id; a playbook by its id."""
COMMANDS: Mapping[str, Asked] = {
    "tasks": _tasks,
    "account": telling.account,
    "runs": telling.all_runs,
    "why": telling.why,
    "start": starting.asked,
    "help": _help,
}
