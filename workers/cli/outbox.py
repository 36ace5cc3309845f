"""`playbook outbox`: mail and messages, what became of each, and the text of any."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from workers.cli.faults import CommandFault
from workers.cli.messages import CHANNELS, events, keep_page, standing
from workers.cli.output import instant_column, own_zone, print_json, say, several, table
from workers.cli.program import with_example
from workers.cli.store import account_option, json_option, limit_option, opened
from workers.views import View

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from activities.store.effects import EffectRow
    from activities.transport import Message

STATES = ("wanted", "claimed", "sent", "failed", "skipped", "deferred", "uncertain")
COLUMNS = ("message", "at", "channel", "for", "to", "account", "playbook", "state", "subject or text")
LONGEST = 60  # characters of a text in the table


@click.command(
    "outbox",
    epilog=with_example(
        "playbook outbox --account acme",
        "playbook outbox --state uncertain",
        "playbook outbox --show 3fa9c1d2 --html mail.html",
    ),
)
@account_option
@click.option("--run", metavar="ID", help="Only of this run, by its id or the beginning of it.")
@click.option("--channel", type=click.Choice(CHANNELS), help="Only mail, Slack, webhooks, or mail instead of Slack.")
@click.option(
    "--state", "states", type=click.Choice(STATES), multiple=True, help="Only in this state (may be repeated)."
)
@click.option("--show", "shown", metavar="ID", help="One message, whole.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write the page of a shown mail to this file.")
@click.option(
    "--send-again", "again", metavar="ID", help="Send again an uncertain mail (may arrive twice) or a refused notice."
)
@limit_option
@json_option
def command(
    *,
    account: str | None,
    run: str | None,
    channel: str | None,
    states: tuple[str, ...],
    shown: str | None,
    page: Path | None,
    again: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Lists the mails and messages that playbooks wanted, the newest first: sent, waiting, refused, put off."""
    if again is not None:
        _send_again(again)
        return
    if page is not None and shown is None:
        raise CommandFault("--html is the page of one mail: name it with --show ID")
    from activities.store import effects
    from workers import filters
    from workers.looking import EVERY, find_effect, find_run, mail_shown
    from workers.providers import message_views

    wanted: tuple[effects.State, ...] = tuple(one for one in get_args(effects.State) if one in states)

    def found(connection: "Connection") -> "list[EffectRow]":
        if shown:
            return [find_effect(connection, shown)]
        of_run = find_run(connection, run).id if run else None
        rows = effects.listed(connection, account=account, run=of_run, channel=channel, states_in=wanted, limit=EVERY)
        if not rows:
            filters.check(connection, host, account=account)
        return rows

    with opened() as host:
        rows = host.database.read(found)
        letter = host.database.read(lambda connection: mail_shown(connection, host, rows[0])) if shown else None
        rows.sort(key=lambda row: (row.at, row.id), reverse=True)
        views = host.database.read(lambda connection: message_views(connection, host, rows[:limit]))
    kept = _kept(page, letter, rows[0].id) if page else None
    if as_json:
        print_json(views[0] if shown else views)
    elif shown:
        say(*_whole(views[0], letter))
        say("", f"{kept}: open it in a browser") if kept else None
    else:
        table(COLUMNS, [_cells(one) for one in views], "no messages")
        if rows:
            more = f"; the newest {limit} are shown" if len(rows) > limit else ""
            say("", f"{several(len(rows), 'message')}{more} (times in {own_zone()})")


def _cells(one: View) -> tuple[object, ...]:
    text = " ".join(str(one["subject"] or one["body"] or "").split())
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    at, state = instant_column(one["at"]), standing(one)
    return (one["id"], at, one["channel"], one["purpose"], one["to"], one["account"], one["playbook"], state, short)


def _whole(one: View, letter: "Message | None") -> Iterator[str]:
    yield f"{one['channel']} {one['id']}: {standing(one)}"
    yield f"to {one['to']} ({one['address']}), wanted {instant_column(one['at'])} by {one['path']} of run {one['run']}"
    if told := ", ".join(f"{what} {at}" for what, at in events(one)):
        yield f"what became of it: {told} (times in {own_zone()})"
    if letter is None:
        yield from ("", str(one["body"] or ""))
        return
    from activities.mail.page import page_of

    if letter.sender:
        yield f"from: {letter.sender.name} <{letter.sender.address}>"
    heads = {"reply-to": letter.reply_to, "copy to": ", ".join(letter.cc), "subject": letter.subject}
    yield from (f"{name}: {said}" for name, said in (heads | {"preheader": letter.preheader}).items() if said)
    yield from ("", page_of(letter).text.rstrip())


def _kept(page: Path, letter: "Message | None", name: str) -> str:
    if letter is None:
        raise CommandFault(f"{name} is no mail, so it has no page")
    from activities.mail.page import page_of

    return keep_page(page, page_of(letter).html)


def _send_again(name: str) -> None:
    from activities import ledger
    from workers.looking import find_effect

    with opened() as host:
        row = host.database.read(lambda connection: find_effect(connection, name))
        if row.state == "failed" and not row.is_resendable:
            raise CommandFault(f"{row.id} is failed, and its run waits for it: playbook resume {row.run}")
        if not row.is_resendable:
            why = "only an uncertain message or a refused notice is sent again by a person's word"
            raise CommandFault(f"{row.id} is {row.state}: {why}")
        ledger.send_again(host, row.id)
    say(f"{row.id} is wanted again")
