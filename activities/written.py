"""What a person wrote: the texts of events that are theirs, and how to know those texts where they were passed on.

The event stays, with its numbers and choices. Sentences are nobody else's and are taken out wherever they stand; a
plain word may be anybody's, and is taken out only where it stands as what an event said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from activities.person import ERASED, tells
from engine.facts import Fact
from engine.markdown import in_markdown
from engine.vocabulary import Vocabulary

# What stands in their place can be read as what it was.
_INSTEAD: Final = {"text": ERASED, "email": "erased@erased.invalid"}
_LONG: Final = 16  # letters that nobody else writes by chance
_SEEN: Final = "value"  # under which the reasons of a decision say what they saw


@dataclass(frozen=True, slots=True)
class Written:
    """`words` count only under `keys`."""

    sentences: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


def of_contact(told: Iterable[Fact], contact: str, vocabulary: Vocabulary) -> list[Fact]:
    """The events of theirs that say something in words."""
    mine = (fact for fact in told if fact.data and fact.data.get("contact") == contact)
    return [fact for fact in mine if _texts(fact, vocabulary)]


def emptied(fact: Fact, vocabulary: Vocabulary) -> Fact:
    nothing = {name: _INSTEAD[_kind(fact, name, vocabulary)] for name in _texts(fact, vocabulary)}
    return fact.model_copy(update={"data": {**(fact.data or {}), **nothing}})


def written(events: Iterable[Fact], vocabulary: Vocabulary) -> Written:
    said = [_texts(fact, vocabulary) for fact in events]
    lines = {line.strip() for one in said for text in one.values() for line in text.splitlines()} - _choices(vocabulary)
    sentences = {line for line in lines if len(line.split()) > 1 or len(line) >= _LONG or tells(line)}
    words = {text for one in said for text in one.values()}
    keys = {name for one in said for name in one}
    marked = {escape(line) for line in sentences} | {escape(line, quote=False) for line in sentences}
    marked |= {in_markdown(line) for line in sentences} | {in_markdown(f".{line}")[1:] for line in sentences}
    return Written(
        frozenset(sentences | marked), frozenset(words), frozenset({*keys, *(f"event.{name}" for name in keys), _SEEN})
    )


def _texts(fact: Fact, vocabulary: Vocabulary) -> dict[str, str]:
    """By field."""
    said = {name: value for name, value in (fact.data or {}).items() if isinstance(value, str) and value.strip()}
    free = {name for name in said if name != "contact" and _kind(fact, name, vocabulary) in _INSTEAD}
    return {name: said[name] for name in free if said[name] not in _INSTEAD.values()}


def _kind(fact: Fact, name: str, vocabulary: Vocabulary) -> str:
    """One that the vocabulary does not have any more is taken for a text."""
    field = vocabulary.events.get(fact.event or "", {}).get(name)
    return field.type.kind if field else "text"


def _choices(vocabulary: Vocabulary) -> set[str]:
    groups = [vocabulary.fields, vocabulary.contact_fields, *vocabulary.records.values(), *vocabulary.events.values()]
    return {one for fields in groups for field in fields.values() for one in field.type.choices}
