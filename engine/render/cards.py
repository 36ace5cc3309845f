"""A task as a card: what whoever sees it must know, and what they may do, wherever it is shown.

Instants stay instants, so that each place shows them on its reader's own clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.filters import money
from engine.measures import Score
from engine.people import Directory, Person
from engine.render.reasons import day, reason, words
from engine.render.whys import printable
from engine.rights import Verb, verbs
from engine.run import Task
from engine.trace import Entry
from engine.types import NUMERIC
from engine.values import Value
from engine.vocabulary import Vocabulary

Line = tuple[str | dt.datetime, ...]
"""Words and instants, to be put one behind the other."""

WORTH: Final = ("arr", "acv", "mrr", "contract_value", "annual_value", "value")
RENEWAL: Final = ("renewal_date", "renews_on", "renews_at", "contract_end")
ACCOUNT: Final = "Account"  # the label of its name
LINES: Final = 2  # of why


@dataclass(frozen=True, slots=True)
class Card:
    """`standing` is who has it or what became of it; `figures` are labels with values; `why` has at most two lines;
    `link` leads to the account's record, and is empty where nobody said where that is.
    """

    task: str
    kind: str
    title: str
    standing: Line
    figures: tuple[tuple[str, str], ...]
    due: Line
    why: tuple[str, ...]
    instructions: str
    origin: str
    verbs: tuple[Verb, ...]
    is_open: bool
    link: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What a card shows beside the task: the account's values, the playbook's title, the run's decisions, and the
    outcome of one that is over.
    """

    values: Mapping[str, Value]
    vocabulary: Vocabulary
    directory: Directory
    playbook: str
    decisions: Sequence[Entry]
    now: dt.datetime
    ended: str | None = None


def card(task: Task, viewer: Person | None, around: Around) -> Card:
    """As it is for that colleague; for a channel, where `viewer` is None."""
    return Card(
        task=task.id,
        kind=task.kind,
        title=task.title,
        standing=(*standing(task, around.directory, around.now, around.ended), *_covering(task, around)),
        figures=tuple(figures(around.values, around.vocabulary)),
        due=_due(task),
        why=tuple(_why(task, around))[:LINES],
        instructions=task.instructions,
        origin=f"{around.playbook} · {words(task.step).lower()}",
        verbs=verbs(task, viewer, around.directory, around.now),
        is_open=task.state == "open",
        link=around.directory.policy.link_to(task.account),
    )


def standing(task: Task, directory: Directory, now: dt.datetime, ended: str | None = None) -> Line:
    """`ended` is how its run came to its end, if it has."""
    if task.state == "withdrawn":
        why = words(ended).lower() if ended else "the playbook has taken it back"
        return (f"Not needed any more: {why}",)
    if task.state == "done":
        return (_closed(task, directory),)
    holder = f"With {_name(task.person, directory)}" if task.person else "With nobody yet"
    if task.snoozed is not None:
        too_long = (", which is after it is due",) if task.sleeps_too_long else ()
        return (f"{holder}, put off until ", task.snoozed, *too_long)
    late = task.due is not None and task.due <= now and task.kind != "escalation"
    return (f"Overdue. {holder}" if late else holder,)


def figures(values: Mapping[str, Value], vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Name, tier, stage, health, worth and renewal, as far as the vocabulary has them and they are known."""
    yield ACCOUNT, _text(values.get("account.name") or values.get("account.id"))
    for name in ("tier", "stage"):
        if value := values.get(f"account.{name}"):
            yield name.capitalize(), words(_text(value))
    yield from _health(values, vocabulary)
    if (worth := _first(WORTH, values)) is not None:
        name, value = worth
        field = vocabulary.fields.get(name)
        if field and field.type.kind in NUMERIC and isinstance(value, int | Decimal):
            yield name.upper() if len(name) == 3 else words(name), money(value, field.type.unit or "")
    if (renewal := _first(RENEWAL, values)) is not None and isinstance(renewal[1], dt.date):
        yield "Renewal", day(renewal[1])


def _health(values: Mapping[str, Value], vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    scores = [name for name, one in vocabulary.metrics.items() if isinstance(one.measure, Score)]
    for name in ("health", *scores)[: 1 if "health" in vocabulary.metrics else 2]:
        zone, value = values.get(f"metrics.{name}.zone"), values.get(f"metrics.{name}.value")
        if isinstance(zone, str):
            shown = f" ({_rounded(value)})" if isinstance(value, int | Decimal) else ""
            yield words(name), f"{zone}{shown}"
            return


def _rounded(value: int | Decimal) -> str:
    return f"{Decimal(value):.1f}".removesuffix(".0")


def _first(names: Sequence[str], values: Mapping[str, Value]) -> tuple[str, Value] | None:
    known = ((name, values.get(f"account.{name}")) for name in names)
    return next(((name, value) for name, value in known if value is not None), None)


def _closed(task: Task, directory: Directory) -> str:
    by = f" by {_name(task.by, directory)}" if task.by else ""
    match task.outcome:
        case "cleared":
            return "Cleared: what it was about has passed"
        case "auto_closed":
            return "Closed by itself: what it was about has passed"
        case "approved" | "refused" if task.kind == "approval":
            return f"{'Approved' if task.outcome == 'approved' else 'Declined'}{by}"
        case "acknowledged":
            return f"Acknowledged{by}"
        case None | "done":
            return f"Done{by}"
        case outcome:
            return f"Done{by}: {words(outcome).lower()}"


def _due(task: Task) -> Line:
    if task.due is None or task.state != "open":
        return ()
    return ("Goes up ", task.due) if task.kind == "escalation" else ("Due ", task.due)


def _covering(task: Task, around: Around) -> Line:
    """Whose it would be, were they there."""
    own = around.directory.people.get(str(around.values.get(f"team.{task.role}") or ""))
    if task.state != "open" or task.person is None or own is None or own.id == task.person:
        return ()
    return () if around.directory.is_there(own, around.now) else (f", for {own.name or own.id}, who is away",)


def why_begun(decisions: Sequence[Entry], vocabulary: Vocabulary, directory: Directory) -> str | None:
    """What started the run, as far as it is known."""
    begun = next((one for one in decisions if one.event == "started"), None)
    tree = begun.fields.get("why") if begun else None
    if isinstance(tree, dict) and tree:
        return f"Started because {reason(tree, vocabulary)}"
    by = begun.fields.get("by") if begun else None
    return f"Started by {_name(str(by), directory)}" if by else None


def _why(task: Task, around: Around) -> Iterator[str]:
    """What started the playbook, and the last branch on the way to the task."""
    if begun := why_begun(around.decisions, around.vocabulary, around.directory):
        yield begun
    ways = [one for one in around.decisions if one.event == "branched" and task.path.startswith(f"{one.path}/")]
    tree = ways[-1].fields.get("why") if ways else None
    if isinstance(tree, dict) and tree:
        yield f"Here because {reason(tree, around.vocabulary)}"


def _name(person: str | None, directory: Directory) -> str:
    known = directory.people.get(person)
    return known.name or known.id if known else str(person)


def _text(value: object) -> str:
    return printable(str(value)) if value is not None else "unknown"
