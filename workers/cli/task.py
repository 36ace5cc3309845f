"""`playbook task`: one task, and what a person may do with it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from workers.cli.faults import CommandFault
from workers.cli.moments import ahead
from workers.cli.output import instant_column, own_zone, print_json, say
from workers.cli.program import with_example
from workers.cli.store import asked, by_option, json_option, opened, who
from workers.views import View, task_view

if TYPE_CHECKING:
    from activities.host import Host
    from activities.tasks import Answer
    from engine.run import Task

note_option = click.option("--note", "words", metavar="TEXT", help="A word about it, kept in the task's history.")


@click.group(
    "task",
    epilog=with_example(
        "playbook task show 3fa9",
        "playbook task complete 3fa9 --outcome saved --by noor",
        "playbook task snooze 3fa9 --until '2 days'",
    ),
)
def command() -> None:
    """Shows a task or acts on it. TASK is its id, or as much of the beginning as no other task has."""


@command.command("show", epilog=with_example("playbook task show 3fa9"))
@click.argument("task")
@json_option
def show(*, task: str, as_json: bool) -> None:
    """Shows TASK with its history."""
    from workers.looking import find_task, task_told

    told = asked(lambda connection: task_told(connection, find_task(connection, task)))
    if as_json:
        print_json(told)
    else:
        say(*_lines(told))


@command.command("complete", epilog=with_example("playbook task complete 3fa9 --outcome saved --by noor"))
@click.argument("task")
@click.option("--outcome", metavar="WORD", help="One of the task's outcomes. Default: done, where it has no others.")
@by_option
@note_option
@json_option
def complete(*, task: str, outcome: str | None, by: str | None, words: str | None, as_json: bool) -> None:
    """Closes TASK with an outcome. The first outcome wins: of one after `reopen` the run hears nothing."""
    from activities import tasks
    from workers.acting import outcome_of

    _act(
        "complete",
        task,
        lambda host, one: tasks.complete(host, one.id, outcome_of(one, outcome), who(by), words),
        as_json=as_json,
    )


@command.command("snooze", epilog=with_example("playbook task snooze 3fa9 --until '2 days'"))
@click.argument("task")
@click.option("--until", required=True, metavar="WHEN", help="A duration from now, a day, or an instant.")
@by_option
@note_option
@json_option
def snooze(*, task: str, until: str, by: str | None, words: str | None, as_json: bool) -> None:
    """Holds the reminders of TASK until then, a year after it is due at most; when it is due stays."""
    from activities import tasks

    _act(
        "snooze",
        task,
        lambda host, one: tasks.snooze(host, one.id, ahead(until, host), who(by), words),
        as_json=as_json,
    )


@command.command("reassign", epilog=with_example("playbook task reassign 3fa9 --to eli"))
@click.argument("task")
@click.option("--to", required=True, metavar="PERSON", help="The id of a colleague in people.yaml.")
@by_option
@note_option
@json_option
def reassign(*, task: str, to: str, by: str | None, words: str | None, as_json: bool) -> None:
    """Gives TASK to somebody else; when it is due stays."""
    from activities import tasks
    from workers.acting import known_person

    _act(
        "reassign",
        task,
        lambda host, one: tasks.reassign(host, one.id, known_person(host, to), who(by), words),
        as_json=as_json,
    )


@command.command("claim", epilog=with_example("playbook task claim 3fa9 --by eli"))
@click.argument("task")
@click.option("--by", required=True, metavar="PERSON", help="The id of the colleague who takes it.")
@json_option
def claim(*, task: str, by: str, as_json: bool) -> None:
    """Takes TASK on."""
    from activities import tasks
    from workers.acting import known_person

    _act("claim", task, lambda host, one: tasks.claim(host, one.id, known_person(host, by)), as_json=as_json)


@command.command("acknowledge", epilog=with_example("playbook task acknowledge 3fa9 --by eli"))
@click.argument("task")
@by_option
@json_option
def acknowledge(*, task: str, by: str | None, as_json: bool) -> None:
    """Takes an escalation on, which stops its ladder."""
    from activities import tasks

    _act("acknowledge", task, lambda host, one: tasks.acknowledge(host, one.id, who(by)), as_json=as_json)


@command.command("note", epilog=with_example('playbook task note 3fa9 "Spoke to Kim, she decides on Friday"'))
@click.argument("task")
@click.argument("text")
@by_option
@json_option
def note(*, task: str, text: str, by: str | None, as_json: bool) -> None:
    """Writes a word into the history of TASK."""
    from activities import tasks

    _act("note", task, lambda host, one: tasks.note(host, one.id, text, who(by)), as_json=as_json)


@command.command("reopen", epilog=with_example("playbook task reopen 3fa9"))
@click.argument("task")
@by_option
@note_option
@json_option
def reopen(*, task: str, by: str | None, words: str | None, as_json: bool) -> None:
    """Opens TASK again after it was closed, as work for people to remember.

    The run has gone on with the first outcome, and hears nothing of another one. What approved or declined a mail stays
    closed: the mail is on its way, or is not sent.
    """
    from activities import tasks

    _act("reopen", task, lambda host, one: tasks.reopen(host, one.id, who(by), words), as_json=as_json)


def _act(verb: str, name: str, work: "Callable[[Host, Task], Answer]", *, as_json: bool) -> None:
    from activities.tasks import Refused
    from workers.looking import find_task

    with opened() as host:
        task = host.database.read(lambda connection: find_task(connection, name))
        answer = work(host, task)
    if isinstance(answer, Refused):
        raise CommandFault(f"{task.title}: {answer.reason}")
    if as_json:
        print_json(task_view(answer.task))
        return
    say(f"{_did(verb, task, answer.task)}: {task.title}", *filter(None, [answer.aside]))


def _did(verb: str, before: "Task", after: "Task") -> str:
    """What was done; how the task stands where that does not say it."""
    stands = _state(task_view(after))
    has = after.person or "nobody"
    match verb:
        case "reassign" | "claim" if before.person == after.person:
            return f"{has} had it already, and keeps it{_still(after)}"
        case "reassign" | "claim":
            away = f", who covers for {after.taken}" if after.taken not in {None, after.person} else ""
            return f"{'given to' if verb == 'reassign' else 'taken by'} {has}{away}{_still(after)}"
        case "note":
            return f"noted{_still(after)}"
        case "reopen":
            return f"opened again, with {has}"
        case _:
            return stands


def _still(task: "Task") -> str:
    return f" (still put off until {instant_column(task_view(task)['snoozed'])})" if task.snoozed else ""


def _state(one: View) -> str:
    if one["outcome"]:
        return str(one["outcome"])
    if one["snoozed"]:
        return f"snoozed until {instant_column(one['snoozed'])}, with {one['person'] or 'nobody'}{_too_long(one)}"
    return f"{one['state']}, {one['person'] or 'nobody'}"


def _too_long(one: View) -> str:
    snoozed, due = (datetime.fromisoformat(str(one[name])) if one[name] else None for name in ("snoozed", "due"))
    if snoozed is None or due is None or snoozed <= due:
        return ""
    return f" (after it is due, {instant_column(one['due'])}, which stays)"


def _lines(told: dict[str, Any]) -> Iterator[str]:
    from activities.approvals import Draft

    yield f"{told['title']} ({told['id']})"
    yield f"{_state(told)}; {told['path']} of {told['playbook']} for {told['account']}, run {told['run']}"
    due, outcomes = instant_column(told["due"]) or "at no time", ", ".join(told["outcomes"])
    yield f"due {due}; outcomes: {outcomes} (times in {own_zone()})"
    for word in ("accountable", "consulted", "informed"):
        if names := told[word]:
            yield f"{word}: {names if isinstance(names, str) else ', '.join(names)}"
    mails = told.get("mails", ())
    for one in mails:
        yield f"\n{Draft(**one).head}\n\n{one['body']}\n"
    if told["instructions"] and not mails:
        yield f"  {told['instructions']}"
    for one in told["history"]:
        said = {key: value for key, value in one.items() if key not in {"at", "verb", "by"} and value}
        more = ", ".join(f"{key} {instant_column(value) if key == 'until' else value}" for key, value in said.items())
        yield f"  {instant_column(one['at'])}  {one['verb']}  {one['by'] or ''}  {more}".rstrip()
