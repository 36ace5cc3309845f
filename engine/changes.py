"""What a desk wants written: all that the work on one account changed."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.facts import Fact
from engine.held import Held
from engine.plan import Plan
from engine.run import Effect, Input, Run, Task, Watch
from engine.trace import Entry
from engine.trigger import Decision


@dataclass(slots=True)
class Changes:
    """What the host must write, all in the transaction that laid the desk out.

    `latched` are new inputs of runs, each of which needs a wake; `left` are inputs that the host handed in and that
    stay unfed, because the run is paused; every other one that it handed in is consumed. `watches` are a run's whole
    new set, `touched` single ones of others. `held` are starts that wait for a person. `plans` are those that were made
    for runs with values of their own, by hash.
    """

    account: bool = False
    decisions: dict[str, Decision] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    latched: dict[str, list[Input]] = field(default_factory=dict)
    left: dict[str, tuple[Input, ...]] = field(default_factory=dict)
    watches: dict[str, list[Watch]] = field(default_factory=dict)
    touched: dict[tuple[str, str, int, str], Watch] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    withdrawn: list[tuple[str, str, int, str]] = field(default_factory=list)
    spared: list[tuple[str, str, int, str, str]] = field(default_factory=list)
    trace: list[tuple[str, str, Entry]] = field(default_factory=list)
    ignored: list[tuple[str, Input]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    held: dict[str, Held] = field(default_factory=dict)

    def withdraw(self, run: str, path: str, visit: int, reason: str) -> None:
        """What was made before in this transaction is forgotten; what was made earlier is named by visit."""
        for name, effect in list(self.effects.items()):
            if (effect.run, effect.path, effect.visit) == (run, path, visit):
                del self.effects[name]
        self.withdrawn.append((run, path, visit, reason))

    def spare(self, run: str, path: str, visit: int, to: str, reason: str) -> None:
        """Likewise of what was to be sent to one."""
        for name, effect in list(self.effects.items()):
            if (effect.run, effect.path, effect.visit, effect.to) == (run, path, visit, to):
                del self.effects[name]
        self.spared.append((run, path, visit, to, reason))
