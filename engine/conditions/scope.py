"""What a condition sees when it is asked, and what its author may name where it stands."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from engine.types import Type
from engine.values import Value

if TYPE_CHECKING:
    from engine.calendar import Calendar


class Moving(Mapping[str, Value]):
    """Values that may move with time."""

    __slots__ = ()

    @abstractmethod
    def turns(self, paths: Iterable[str]) -> datetime | None:
        """The next instant at which one of them may read otherwise while no new fact comes; None for never."""

    def passes(self, path: str, marks: Sequence[Fraction], holds: Callable[[Value], object]) -> datetime | None:  # noqa: ARG002
        """As `turns`, for a reading of which only `holds` is asked, which it answers otherwise only where it reaches
        one of `marks` or goes beyond.
        """
        return self.turns((path,))


@dataclass(frozen=True, slots=True)
class Scope:
    """`values` is flat (account.arr, metrics.health.zone, contacts …); what is absent or UNKNOWN is unknown."""

    values: Mapping[str, Value]
    now: datetime
    calendar: "Calendar"


@dataclass(slots=True)
class Frame:
    """A Scope seen from one item of a collection; `outer` is what stood around it."""

    values: Mapping[str, Value]
    now: datetime
    calendar: "Calendar"
    item: object = None
    outer: "Scope | Frame | None" = None


class Names(Protocol):
    """What may be read where a condition stands."""

    def type_of(self, path: str) -> Type | None: ...

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        """The fields of one item of `contacts` or `records.<kind>`; None for anything else."""

    def paths(self) -> Iterable[str]:
        """All that can be read here, for "did you mean"."""

    def why_not(self, path: str) -> str | None:
        """The sentence to say about a path that exists but can never be known here."""
