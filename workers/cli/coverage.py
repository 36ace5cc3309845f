"""Which steps of a playbook, and which ways through its branches and waits, its tests have gone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.plan import Plan, template_of
from engine.playtest import Result
from engine.render import step_words
from engine.trace import Entry


@dataclass(frozen=True, slots=True)
class Coverage:
    """`missed` are the parts that no test reached, each with the line of its step and words for a person."""

    playbook: str
    file: str
    reached: int
    missed: tuple[tuple[str, int, str], ...]

    @property
    def total(self) -> int:
        return self.reached + len(self.missed)

    def lines(self) -> Iterator[str]:
        share = 100 * self.reached // self.total if self.total else 100
        yield f"{self.playbook}: {self.reached} of {self.total} steps and ways covered ({share} %)"
        yield from (f"  {self.file}:{line}: never reached: {words}" for _, line, words in self.missed)

    def to_json(self) -> dict[str, object]:
        missed = [{"path": path, "line": line} for path, line, _ in self.missed]
        return {"playbook": self.playbook, "covered": self.reached, "of": self.total, "missed": missed}


def coverage_of(plan: Plan, file: str, results: Iterable[Result]) -> Coverage:
    seen = {path for result in results for entry in result.told.trace for path in _gone(entry)}
    parts = {path: (step.line, step_words(step)) for path, step in plan.steps.items()}
    for block in plan.blocks:
        if block and not plan.blocks[block]:
            owner = plan.steps[plan.owner_of(block)]
            parts[block] = (owner.line, f"{owner.kind} {owner.id}, {block.removeprefix(f'{owner.path}/')}")
    missed = [(path, line, words) for path, (line, words) in parts.items() if path not in seen]
    by_line = sorted(missed, key=lambda one: one[1])
    return Coverage(plan.playbook, file, len(parts) - len(missed), tuple(by_line))


def _gone(entry: Entry) -> Iterator[str]:
    """Every step on the entry's path, and the way that a branch or wait took behind it."""
    path = template_of(entry.path)
    parts = path.split("/")
    yield from ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    match entry.event:
        case "branched":
            case = entry.fields.get("case")
            yield f"{path}/otherwise" if case == "otherwise" else f"{path}/case/{case}"
        case "timed_out":
            yield f"{path}/otherwise"
        case "waited":
            yield f"{path}/then"
        case "skipped" if entry.kind == "wait":
            yield f"{path}/{'otherwise' if entry.fields.get('reason') == 'unknown' else 'then'}"
