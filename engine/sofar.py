"""Since when a condition has been so, as far as what is known of the account goes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from engine.known import Account, Held
from engine.logic import Condition, Scope
from engine.quantities import Duration
from engine.subjects import CONTACTS, is_of_item
from engine.ticks import instant

if TYPE_CHECKING:
    from engine.trigger import Entries

Past = Callable[[datetime], Scope]
"""The account as it was then, by what is known now."""
_DAY: Final = timedelta(days=1)


def so_since(condition: Condition, lasting: Duration, past: Past, known: datetime, now: datetime) -> datetime | None:
    """None when it is not so, or nobody knows. A little more than `lasting` is looked back, and never beyond what is
    `known`. What is not known meanwhile breaks nothing.
    """
    # A day more: what is a month back from here is not always a month on from there.
    at: datetime | None = max(known, past(now).calendar.subtract(lasting, now) - _DAY)
    since = None
    while at is not None and at <= now:
        scope = past(at)
        truth = condition.truth(scope)
        since = None if truth is False else since or (at if truth else None)
        turns = condition.lasts_until(scope)
        at = turns if turns is not None and turns > at else None
    return since


def known_from(
    reads: Iterable[str], account: Account, entries: Mapping[str, Entries], each: str | None = None
) -> datetime | None:
    """From when on it is known how these paths read: fields and metrics have a history, and of contacts, records, the
    team and other runs it is known when they were last another. None before anything is.
    """
    rooms = {each if each and is_of_item(path) else path for path in reads}
    changes = [at for path in rooms for at in _changes(path, account, entries)]
    return max([*changes, account.first_data], default=None) if account.first_data else None


def _changes(path: str, account: Account, entries: Mapping[str, Entries]) -> Iterator[datetime]:
    room, _, rest = path.partition(".")
    match room:
        case "contacts" | "records":
            items = account.contacts if room == CONTACTS else account.records.get(rest, {})
            yield from (at for item in items.values() for at in _told(item.values()))
        case "team":
            yield from _told([account.holders[rest]] if rest in account.holders else [])
        case "runs":
            playbook = rest.rpartition(".")[0]
            mine = [one for key, one in entries.items() if key.partition("/")[0] == playbook]
            yield from (at for one in mine for at in (*one.recent[-1:], one.last_ended) if at)


def _told(values: Iterable[Held]) -> Iterator[datetime]:
    return (instant(at) for _, at in values)
