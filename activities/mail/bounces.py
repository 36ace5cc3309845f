"""Mails that came back, as mail servers report them: taken in as what SendGrid tells of bounces.

Whose it is, is known by the address that it came back to or that stands in what came back, both signed; by the
Message-ID only where the report names the mail's own recipient. What is forged changes nothing.
"""

import logging
from typing import Final, Literal

from sqlalchemy import Connection

from activities import ledger
from activities.desks import Bench, bench
from activities.host import Host
from activities.mail import responses
from activities.mail.addresses import are_same
from activities.mail.dsn import Report, Reports
from activities.mail.responses import Response
from activities.mail.returned import meaning
from activities.store import accounts, effects, mail_events
from activities.store.effects import EffectRow
from activities.store.mail_events import Kind
from activities.transport import Refused
from activities.verdict import masked

BOUNCED: Final = "bounced"  # why a mail was not sent
LONGEST = 500  # characters of a reason

log = logging.getLogger(__name__)


def take_in(host: Host, to: tuple[str, ...], reports: Reports) -> Literal["returned", "known", "unknown"]:
    """`to`: the addresses that the report was delivered to."""
    if not reports.each:
        log.warning("a mail server's report has no part that says what became of a mail; it must come in raw")
        return "unknown"
    found = host.database.read(lambda connection: _whose(connection, host, to, reports))
    if found is None:
        return "unknown"
    what = host.database.write(lambda connection: _taken(bench(host, connection), *found, reports))
    host.stir()
    return what


def at_once(host: Host, effect: str, refused: Refused) -> None:
    """The server said it when it was to take the mail: for good where nobody is there, or said so too often. Before,
    and to a colleague, somebody must see to it.
    """
    host.database.write(lambda connection: _ended(bench(host, connection), effect, refused))
    host.stir()


def _ended(at: Bench, effect: str, refused: Refused) -> None:
    row = effects.find(at.connection, effect)
    followed = _followed(at, row, refused) if row is not None and row.channel == "email" else None
    if followed or (followed is not None and refused.gone):
        ledger.settling(effect, "skipped", BOUNCED)(at)
    else:
        ledger.settling(effect, "failed", refused.reason, refused.code)(at)
    for response in followed or ():
        responses.take_in(at.host.within(at.connection), response)


def _followed(at: Bench, row: EffectRow, refused: Refused) -> list[Response] | None:
    """None where it is nobody's any more."""
    account = accounts.lock(at.connection, [row.account]).get(row.account)
    if account is None or not row.recipient:
        return None
    kind: Kind = "bounced" if refused.gone else "blocked"
    now = at.now(account)
    if not mail_events.add(at.connection, row.account, row.recipient, row.id, kind, now):
        return []
    return meaning(at.connection, row, kind, now, refused.reason[:LONGEST])


def _whose(connection: Connection, host: Host, to: tuple[str, ...], reports: Reports) -> tuple[str, bool] | None:
    """The mail's id, and whether a signature says so."""
    for address in (*to, *reports.returned_to):
        name = host.links.returned(address)
        row = effects.find(connection, name) if name else None
        if row is not None and row.channel == "email":
            return row.id, True
    known = effects.states(connection, reports.named)
    row = next((one for one in known.values() if one.channel == "email"), None)
    return (row.id, False) if row else None


def _taken(
    at: Bench,
    name: str,
    sure: bool,  # noqa: FBT001 - as _whose gives it
    reports: Reports,
) -> Literal["returned", "known", "unknown"]:
    row = effects.find(at.connection, name)
    account = accounts.lock(at.connection, [row.account]).get(row.account) if row else None
    if row is None or account is None or not row.recipient:
        return "unknown"  # it was erased
    mine = [one for one in reports.each if _is_of(row, one, sure and len(reports.each) == 1)]
    if not mine:
        return "unknown"
    within, now = at.host.within(at.connection), at.now(account)
    if sure and row.state == "uncertain":  # what came back had gone
        ledger.settle_proven(within, row, f"returned:{row.id}")
    news = False
    for one in mine:
        kind = _kind(one)
        if kind and mail_events.add(at.connection, row.account, row.recipient, row.id, kind, now):
            news = True
            for response in meaning(at.connection, row, kind, now, _reason(one)):
                responses.take_in(within, response)
    return "returned" if news else "known"


def _is_of(row: EffectRow, report: Report, alone: bool) -> bool:  # noqa: FBT001
    """What became of a copy to a colleague says nothing of the customer; a server further on may name another address
    than the one that the mail went to."""
    named = any(are_same(one, row.effect.address) for one in report.recipients)
    return named or (alone and not row.effect.content.get("cc"))


def _kind(report: Report) -> Kind | None:
    """None: nothing is decided yet, the server goes on trying."""
    match report.fate:
        case "hard":
            return "bounced"
        case "soft":
            return "blocked"
        case "refused":
            return "dropped"
        case "delivered":
            return "delivered"
        case "delayed":
            return None


def _reason(report: Report) -> str:
    return masked(f"{report.status} {report.said}".strip())[:LONGEST]
