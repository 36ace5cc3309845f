"""`playbook tasks`: what people have to do."""

import click

from workers.cli.output import instant_column, own_zone, print_json, say, several, table
from workers.cli.program import with_example
from workers.cli.store import account_option, json_option, limit_option, opened, playbook_option
from workers.views import View, task_view

COLUMNS = ("task", "due", "person", "account", "playbook", "title", "state")


@click.command("tasks", epilog=with_example("playbook tasks --person noor", "playbook tasks --overdue --json"))
@account_option
@playbook_option
@click.option("--person", metavar="ID", help="Only this person's.")
@click.option("--state", type=click.Choice(["open", "done", "withdrawn", "all"]), default="open", show_default=True)
@click.option("--overdue", is_flag=True, help="Only those whose time has passed.")
@limit_option
@json_option
def command(
    *,
    account: str | None,
    playbook: str | None,
    person: str | None,
    state: str,
    overdue: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Lists tasks and escalations, the one that is due first in front."""
    from activities.store import tasks
    from workers import filters
    from workers.looking import EVERY

    with opened() as host:
        now = host.clock.now()
        found = host.database.read(
            lambda connection: tasks.listed(
                connection,
                account=account,
                playbook=playbook,
                person=person,
                state=None if state == "all" else state,
                due_by=now if overdue else None,
                limit=EVERY,
            )
        )
        if not found:
            host.database.read(
                lambda connection: filters.check(connection, host, account=account, playbook=playbook, person=person)
            )
    found.sort(key=lambda task: (task.due is None, task.due or now, task.id))
    shown = [task_view(task) for task in found[:limit]]
    if as_json:
        print_json(shown)
        return
    late = sum(1 for task in found if task.state == "open" and task.due is not None and task.due < now)
    cells = [
        (one["id"], instant_column(one["due"]), *(one[key] for key in COLUMNS[2:-1]), _state(one)) for one in shown
    ]
    table(COLUMNS, cells, "no tasks")
    if found:
        say("", f"{several(len(found), 'task')}, {late} overdue{_more(len(found), limit)} (times in {own_zone()})")


def _state(one: View) -> str:
    if one["outcome"]:
        return str(one["outcome"])
    return f"snoozed until {instant_column(one['snoozed'])}" if one["snoozed"] else str(one["state"])


def _more(number: int, limit: int) -> str:
    return f"; the first {limit} are shown" if number > limit else ""
