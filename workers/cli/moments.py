"""Instants that a person names on the command line: a duration from now, a day, or an instant."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from engine.quantities import Duration, parse_duration
from engine.values import read_date, read_instant
from workers.cli.faults import CommandFault

if TYPE_CHECKING:
    from activities.host import Host


def ahead(text: str, host: "Host") -> datetime:
    """On the policy's calendar; a duration begins now, a day at the opening of its working hours."""
    now = host.clock.now()
    calendar = host.database.read(lambda connection: host.applied.current(connection).setting.policy.calendar())
    found = parse_duration(text)
    if isinstance(found, Duration):
        return calendar.add(found, now, "opens")
    try:
        return calendar.opens(read_date(text))
    except ValueError:
        return instant(text, "duration, day or instant", "'2 days', ")


def instant(text: str, kinds: str = "day or instant", like: str = "") -> datetime:
    """An instant, or a day's first moment in UTC. Raises CommandFault."""
    try:
        return read_instant(text)
    except ValueError:
        pass
    try:
        return datetime.combine(read_date(text), time(), UTC)
    except ValueError:
        raise CommandFault(
            f"'{text}' is no {kinds}. Write {like}2026-06-01, or 2026-06-01T09:00:00Z: an instant needs its zone"
        ) from None
