"""`playbook results`: what became of mails, and whether playbooks reached their goals."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from engine.problems import suggest_or_list
from engine.quantities import Duration, parse_duration
from workers.cli.faults import CommandFault
from workers.cli.moments import instant
from workers.cli.output import print_json, say, several, table
from workers.cli.program import with_example
from workers.cli.store import json_option, opened

if TYPE_CHECKING:
    from activities.host import Host
    from activities.mail.results import PlaybookResult, Share

COLUMNS = (
    "mail",
    "template",
    "sent",
    "delivered",
    "opened",
    "clicked",
    "replied",
    "unsubscribed",
    "bounced",
    "complained",
    "goal",
)
UNTOLD = "—"
LOOKS_BACK = timedelta(days=90)


@click.command(
    "results",
    epilog=with_example(
        "playbook results",
        "playbook results renewal-120 --since 2026-01-01 --within '60 days'",
        "playbook results renewal-120 --all --json",
    ),
)
@click.argument("playbook", required=False)
@click.option("--since", metavar="TIME", help="Mails sent and runs begun from then on. Default: the last 90 days.")
@click.option("--within", default="30 days", show_default=True, help="How long after it a goal counts.")
@click.option("--all", "look_at_all", is_flag=True, help="Looks at every account, however long that takes.")
@json_option
def command(*, playbook: str | None, since: str | None, within: str, look_at_all: bool, as_json: bool) -> None:
    """Tells by playbook, step and template how many mails were sent, and how many of them were opened, clicked or
    answered, or followed by the goal in time; and how many accounts reached the goal, with the playbook and held out.

    Whether a goal was reached after a run, or without one, is seen from the account's facts: those of the newest 1,000
    of each playbook, unless --all. How many are left is said.
    """
    from activities.mail.results import LOOKED_AT, results_of
    from workers.results import in_json

    span = days(within)
    with opened() as host:
        begin = instant(since) if since else host.clock.now() - LOOKS_BACK
        found = results_of(host, begin, span, playbook, most=None if look_at_all else LOOKED_AT)
        if playbook is not None and not found:
            _check(host, playbook)
    if as_json:
        print_json(in_json(found))
        return
    if not found:
        say("no run began and no mail went out in that time")
    for one in found:
        say(*_head(one, within))
        table(COLUMNS, [_row(one, number) for number in range(len(one.mails))], "no mails")
        say("")
    if any(None in mail.counts.values() for one in found for mail in one.mails):
        say(f"{UNTOLD}: not known; only SendGrid's events tell it, a mail server and the local outbox do not")
    if any(share.left for one in found for share in _shares(one)):
        say("left: older ones, whose facts were not looked at; --all looks at all of them")


def _shares(one: "PlaybookResult") -> Iterator["Share"]:
    yield from (share for share in (one.entered, one.held_out) if share is not None)
    yield from (mail.goal for mail in one.mails)


def _check(host: "Host", playbook: str) -> None:
    """Raises CommandFault for one that is not applied, and has left nothing."""
    known = host.database.read(lambda connection: host.applied.current(connection).rules.plans)
    if playbook not in known:
        fix = suggest_or_list(playbook, known) or "`playbook results` lists those that have"
        raise CommandFault(f"no playbook '{playbook}' is applied, and none has sent or begun anything. {fix}".strip())


def days(text: str) -> timedelta:
    """Whole days or weeks. Raises CommandFault."""
    found = parse_duration(text)
    factor = {"day": 1, "week": 7}.get(found.unit) if isinstance(found, Duration) else None
    if not isinstance(found, Duration) or factor is None or found.amount < 1:
        raise CommandFault(f"--within: '{text}' is no number of days or weeks. Write '30 days'")
    return timedelta(days=int(found.amount) * factor)


def _head(one: "PlaybookResult", within: str) -> Iterator[str]:
    yield f"{one.playbook}: {several(one.runs, 'run')}"
    if one.entered is not None and one.held_out is not None:
        yield f"  goal within {within}: {share_told(one.entered)} with it, {share_told(one.held_out)} of those held out"


def _row(one: "PlaybookResult", number: int) -> tuple[object, ...]:
    mail = one.mails[number]
    counts = mail.counts
    kinds = ("delivered", "opened", "clicked", "replied", "unsubscribed", "bounced", "complained")
    told = (UNTOLD if counts[kind] is None else counts[kind] for kind in kinds)
    return (mail.step, mail.template, counts["sent"], *told, share_told(mail.goal))


def share_told(share: "Share") -> str:
    """Nobody has had the time where there is none to count."""
    part = f" ({share.reached * 100 // share.of}%)" if share.of else ""
    return f"{share.reached} of {share.of}{part}" + (f", {share.left} left" if share.left else "")
