"""What a stand-in can do wrong, once, on the next call whose path ends with `on`. `works`: it acts all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Answers:
    """An answer instead of doing the work: 429 with Retry-After, 5xx, or one of the provider's own refusals."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    on: str = ""

    @property
    def works(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Drops:
    """The connection breaks: before the work is done, in the middle of the answer, or after the work without one.
    `kept` is how many bytes of the answer get through in the middle; without it, half."""

    when: Literal["before", "middle", "after"]
    on: str = ""
    kept: int | None = None

    @property
    def works(self) -> bool:
        return self.when != "before"


@dataclass(frozen=True, slots=True)
class Hangs:
    """No answer until the stand-in closes; the work is done first if `works`."""

    works: bool = True
    on: str = ""


@dataclass(frozen=True, slots=True)
class Drips:
    """The answer comes a byte at a time, `pause` seconds apart; the work is done first."""

    pause: float = 0.05
    on: str = ""

    @property
    def works(self) -> bool:
        return True


Fault: TypeAlias = Answers | Drops | Hangs | Drips
