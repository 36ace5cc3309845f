"""What a playbook with `each` has a run of: one contact or record of the account, which is read as `item.*`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from engine.calendar import WHEREABOUTS
from engine.conditions.scope import Moving
from engine.facts import Fact
from engine.logic import Condition, Scope
from engine.overlay import Overlay
from engine.values import Value

if TYPE_CHECKING:
    from engine.trigger import Entries

ITEM: Final = "item"
CONTACTS: Final = "contacts"
Items = Mapping[str, Mapping[str, Value]]
_NOBODY: Mapping[str, Value] = {}


def slot(playbook: str, subject: str = "") -> str:
    """Names a playbook's decisions, entries and held starts of an account, or of one subject of it."""
    return f"{playbook}/{subject}" if subject else playbook


def is_of_item(path: str) -> bool:
    return path.startswith((f"{ITEM}.", f"at_start.{ITEM}."))


def items_of(scope: Scope, each: str) -> Items:
    """All that there are, by id; none before the first is known."""
    known = scope.values.get(each)
    items = known if isinstance(known, tuple) else ()
    return {str(one["id"]): one for one in items if isinstance(one, Mapping)}


def with_item(scope: Scope, item: Mapping[str, Value] | None, own: Mapping[str, Value] = _NOBODY) -> Scope:
    """The scope with an item that can be read; of one that is not there any more nothing is known."""
    values = {f"{ITEM}.{name}": value for name, value in (item or {}).items()}
    return Scope(values=Overlay(values, Overlay(own, scope.values)), now=scope.now, calendar=scope.calendar)


def touched(facts: Iterable[Fact]) -> frozenset[str]:
    """The items that the facts tell of, as `mark` names them."""
    found = [mark(CONTACTS, str(one.contact["id"])) for one in facts if one.contact and "id" in one.contact]
    found += [mark(f"records.{one.record}", str(one.fields["id"])) for one in facts if one.record and one.fields]
    return frozenset(found)


def mark(each: str, subject: str) -> str:
    """Stands among the paths that a change touched for one item."""
    return f"{each}#{subject}"


def marked(changed: Iterable[str], each: str) -> set[str]:
    """The subjects that are named in a change."""
    return {path.removeprefix(f"{each}#") for path in changed if path.startswith(f"{each}#")}


def hangs_on(condition: Condition, each: str | None, subject: str) -> frozenset[str]:
    """The paths that a change must touch to matter to it: `since(x)` changes with x, and whatever time alone can change
    with the account's calendar.
    """
    reads = (path.removeprefix("since.") for path in condition.reads)
    found = frozenset(mark(each, subject) if each and is_of_item(path) else path for path in reads)
    return found | WHEREABOUTS if condition.timely else found


class RunFacts(Moving):
    """What conditions may ask of an account's runs of a playbook, all subjects taken together. A subject's own come
    first where `subject` is given.
    """

    __slots__ = ("_entries", "_subject")

    def __init__(self, entries: Mapping[str, Entries], subject: str = "") -> None:
        self._entries = entries
        self._subject = subject

    def __getitem__(self, path: str) -> Value:
        room, _, rest = path.partition(".")
        playbook, _, name = rest.rpartition(".")
        mine = self._of(playbook) if room == "runs" else []
        if not mine:
            raise KeyError(path)
        if name == "running":
            return any(one.live is not None for one in mine)
        ended = [(one.last_ended, one.last_outcome) for one in mine if one.last_ended and one.last_outcome is not None]
        if not ended or name not in {"last_outcome", "last_ended"}:
            raise KeyError(path)
        at, outcome = max(ended)
        return outcome if name == "last_outcome" else at

    def __iter__(self) -> Iterator[str]:
        names = dict.fromkeys(key.partition("/")[0] for key in self._entries)
        for name in names:
            for part in ("running", "last_outcome", "last_ended"):
                if (path := f"runs.{name}.{part}") in self:
                    yield path

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str) or not path.startswith("runs."):
            return False
        try:
            self[path]
        except KeyError:
            return False
        return True

    def turns(self, paths: Iterable[str]) -> None:
        """They stand still."""

    def _of(self, playbook: str) -> list[Entries]:
        own = self._entries.get(slot(playbook, self._subject)) if self._subject else None
        if own is not None:
            return [own]
        whole = self._entries.get(playbook)
        others = [one for key, one in self._entries.items() if key.startswith(f"{playbook}/")]
        return [*([whole] if whole else []), *others]
