"""One account's stretch of time, a line for each thing that happened to it, with the reason where one was recorded."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.store import accounts, traces
from activities.store.traces import Traced
from engine.account import Account
from engine.render import details, printable, saw
from engine.trace import Entry
from workers.demo.figures import BARRED, value_of

LONGEST = 200  # entries told of one account
EXITS = {"goal", "stop"}


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is on the clock of the account's policy."""

    at: datetime
    playbook: str
    what: str
    because: str


@dataclass(frozen=True, slots=True)
class Told:
    """`standing` is what the account is now: tier, stage and status."""

    account: str
    name: str
    standing: str
    lines: tuple[Line, ...]


def told(connection: Connection, account: str, zone: tzinfo) -> Told:
    state = accounts.state_of(connection, account)
    known = Account.from_json(json.loads(state)) if state else Account(account)
    entries = sorted(traces.of_account(connection, account, limit=LONGEST), key=lambda one: one.entry.at)
    standing = [value_of(known, field) for field in ("tier", "stage", "status")]
    lines = tuple(_line(one, zone) for one in entries if one.entry.event != "branched")
    return Told(account, value_of(known, "name"), ", ".join(one for one in standing if one), lines)


def _line(one: Traced, zone: tzinfo) -> Line:
    why = one.entry.fields.get("why")
    because = "; ".join(reasons(why)) if isinstance(why, dict) and one.entry.event != "waiting" else ""
    return Line(one.entry.at.astimezone(zone), one.playbook, _what(one.entry, zone), because)


def _what(entry: Entry, zone: tzinfo) -> str:
    outcome, by, reason = (printable(str(entry.fields.get(name) or "")) for name in ("outcome", "by", "reason"))
    if entry.event == "ended":
        return f"ended as {outcome}" + (f" by its {by}" if by in EXITS else "")
    if entry.event == "not_started":
        return f"did not start: {BARRED.get(reason, reason)}"
    said = details(entry, lambda at: f"{at.astimezone(zone):%d %b}")
    return f"{printable(entry.step or '')} {entry.event.replace('_', ' ')} {said}".strip()


def reasons(tree: Mapping[str, JsonValue]) -> list[str]:
    """What the conditions that decided saw: `metrics.usage.zone = "red"`, each once."""
    return list(dict.fromkeys(_reasons(tree)))


def _reasons(tree: Mapping[str, JsonValue]) -> Iterator[str]:
    parts = _parts(tree)
    judged = [part for part in parts if "truth" in part]
    deciding = [part for part in judged if part["truth"] == tree.get("truth")] or judged
    for part in deciding:
        yield from _reasons(part)
    if not judged:
        yield from (f"{printable(str(part['text']))} = {_short(part.get('value'))}" for part in parts)


def _parts(tree: Mapping[str, JsonValue]) -> list[Mapping[str, JsonValue]]:
    parts = tree.get("parts")
    return [one for one in parts if isinstance(one, dict)] if isinstance(parts, list) else []


def _short(value: JsonValue) -> str:
    """Numbers to two places: a reckoned share may have thirty."""
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else None
    except ArithmeticError:
        number = None
    if number is None or not number.is_finite() or number == number.to_integral_value():
        return saw(value)
    return f"{number:.2f}"
