"""A line of what `playbook doctor` finds."""

from dataclasses import dataclass
from typing import Self

from activities.transport import Finding


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the report; `fix` is empty where nothing needs mending, and of what is `ok` says what may be better.
    `reachability`: it is about a server.
    """

    name: str
    ok: bool
    message: str
    fix: str = ""
    reachability: bool = False

    @classmethod
    def of(cls, one: Finding) -> Self:
        return cls(one.name, one.ok, one.message, one.fix, reachability=one.away)

    @property
    def verdict(self) -> str:
        return "FAIL" if not self.ok else "note" if self.fix else "ok"
