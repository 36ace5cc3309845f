"""A line of what `playbook doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the report; `fix` is empty where nothing needs mending. `reachability`: it is about a server."""

    name: str
    ok: bool
    message: str
    fix: str = ""
    reachability: bool = False
