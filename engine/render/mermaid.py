"""A plan as a Mermaid flowchart: every step a node, every way an arrow."""

from dataclasses import dataclass, field

from engine.plan import MEANWHILE, Plan, Step
from engine.render.plans import start_words, step_words, ways
from engine.steps.branch import BranchSpec
from engine.steps.end import EndSpec
from engine.steps.every import EverySpec
from engine.steps.meeting import MeetingSpec
from engine.steps.parallel import ParallelSpec
from engine.steps.watch import WatchSpec

LONGEST = 60  # characters of a label

_SHAPES = {"branch": ('{"', '"}'), "end": ('(["', '"])'), "wait": ('[/"', '"/]')}
_BOX = ('["', '"]')


@dataclass(frozen=True, slots=True)
class _Loose:
    """An arrow that has a beginning and no end yet."""

    node: str
    label: str = ""


@dataclass(slots=True)
class _Chart:
    plan: Plan
    lines: list[str] = field(default_factory=list)
    nodes: int = 0

    def node(self, text: str, kind: str) -> str:
        self.nodes += 1
        name = f"n{self.nodes}"
        opens, closes = _SHAPES.get(kind, _BOX)
        self.lines.append(f"  {name}{opens}{_label(text)}{closes}")
        return name

    def join(self, loose: list[_Loose], node: str) -> None:
        for one in loose:
            label = f'|"{_label(one.label)}"|' if one.label else ""
            self.lines.append(f"  {one.node} -->{label} {node}")

    def block(self, block: str, loose: list[_Loose]) -> list[_Loose]:
        """Draws the steps of a block behind `loose`; gives back what leads out of it."""
        for path in self.plan.blocks.get(block, ()):
            loose = self.step(self.plan.steps[path], loose)
        return loose

    def step(self, step: Step, loose: list[_Loose]) -> list[_Loose]:
        node = self.node(step_words(step), step.kind)
        self.join(loose, node)
        if isinstance(step.spec, EndSpec):
            return []
        inner = list(ways(self.plan, step))
        out = [
            one for way, words in inner for one in self.block(way, [_Loose(node, words.partition(", ")[2] or words)])
        ]
        if isinstance(step.spec, EverySpec | WatchSpec):
            return self.round(node, out, [words for _, words in inner])
        through = [] if _only_through(step, [words for _, words in inner]) else [_Loose(node)]
        return [*through, *out]

    def round(self, node: str, out: list[_Loose], words: list[str]) -> list[_Loose]:
        """What comes out of the rounds goes back to where they begin."""
        again = [one for one in out if one.label != "otherwise"] if "otherwise" in words else out
        self.join(again, node)
        return [_Loose(node), *(one for one in out if one not in again)]


def _only_through(step: Step, ways: list[str]) -> bool:
    """Whether whatever leads on from the step leads through one of its ways."""
    if isinstance(step.spec, BranchSpec):
        return "otherwise" in ways
    if isinstance(step.spec, MeetingSpec):
        return len(ways) == 2
    return isinstance(step.spec, ParallelSpec) or "then" in ways


def mermaid(plan: Plan) -> str:
    """Ready to paste: GitHub and GitLab draw it."""
    chart = _Chart(plan, ["flowchart TD"])
    start = chart.node(f"{plan.playbook}: {start_words(plan.start)}", "end")
    loose = chart.block("", [_Loose(start)])
    if loose:
        chart.join(loose, chart.node("end completed", "end"))
    for path in plan.blocks.get(MEANWHILE, ()):
        chart.step(plan.steps[path], [])
    for kind, exits in (("goal", plan.goals), ("stop", plan.stops)):
        for one in exits:
            chart.node(f"{kind}: {one.when.text} -> {one.outcome}", "end")
    return "\n".join(chart.lines) + "\n"


def _label(text: str) -> str:
    """Shortened, and without what Mermaid would read as its own signs."""
    short = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return short.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
