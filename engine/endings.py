"""Whether a run is over behind a step, whatever happens in it: what follows could never be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.plan import Step
from engine.steps.meeting import MeetingSpec
from engine.steps.parallel import ParallelSpec
from engine.steps.wait import WaitSpec


@dataclass(frozen=True, slots=True)
class Endings:
    """The steps and blocks of a playbook as far as they are compiled."""

    steps: Mapping[str, Step]
    blocks: Mapping[str, tuple[str, ...]]

    def block(self, name: str) -> bool:
        return self._any(self.blocks.get(name, ()))

    def step(self, path: str) -> bool:
        step = self.steps.get(path)
        match step.spec if step else None:
            case ParallelSpec() as parallel:
                return self._tracks_end(path, parallel)
            case MeetingSpec():
                return self.block(f"{path}/then") and self.block(f"{path}/otherwise")
            case WaitSpec() as wait:
                return self._wait_ends(path, wait)
            case spec if spec and spec.kind == "end":
                return True
            case spec if spec and spec.kind == "branch":
                # Without `otherwise` the cases cover every word.
                cases = [name for name in self.blocks if name.rpartition("/")[0] in {path, f"{path}/case"}]
                return all(self.block(name) for name in cases)
        return False

    def _any(self, steps: tuple[str, ...]) -> bool:
        return any(self.step(step) for step in steps)

    def _wait_ends(self, path: str, spec: WaitSpec) -> bool:
        if spec.late == "skip":
            return False
        always_comes = spec.at_most is None and spec.reads is None and not spec.conditions and spec.on is None
        return self.block(f"{path}/then") and (always_comes or self.block(f"{path}/otherwise"))

    def _tracks_end(self, path: str, spec: ParallelSpec) -> bool:
        """Of tracks that are all gone through one that ends is enough."""
        ends = [self.block(f"{path}/{track}") for track in spec.tracks]
        through = any(ends) if spec.until == "all" else all(ends)
        return through and (spec.at_most is None or self.block(f"{path}/otherwise"))
