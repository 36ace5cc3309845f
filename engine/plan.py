"""What `advance` reads: a playbook with every name resolved, frozen, serialisable, and named by the hash of its
content.

A plan is stored once per version and stays readable for ever: `format` says which release wrote it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, Field, JsonValue

from engine.limits import Again, Limit
from engine.logic import Condition, Expression, reads_of
from engine.quantities import Duration
from engine.run import Lean, Open
from engine.steps.branch import BranchSpec
from engine.steps.email import EmailSpec
from engine.steps.end import EndSpec
from engine.steps.escalate import EscalateSpec
from engine.steps.every import EverySpec
from engine.steps.meeting import MeetingSpec
from engine.steps.parallel import ParallelSpec
from engine.steps.play import PlaySpec
from engine.steps.sequence import SequenceSpec
from engine.steps.slack import SlackSpec
from engine.steps.task import TaskSpec
from engine.steps.update import UpdateSpec
from engine.steps.wait import WaitSpec
from engine.steps.watch import WatchSpec
from engine.steps.webhook import WebhookSpec

PLAN_FORMAT = 1
MAIN = ""
MEANWHILE = "meanwhile"
OUT = "/"  # where the main strand comes to when its steps have run out
_OCCURRENCE = re.compile(r"#\d+")

AnySpec = Annotated[
    TaskSpec
    | EmailSpec
    | SequenceSpec
    | SlackSpec
    | WaitSpec
    | BranchSpec
    | EscalateSpec
    | UpdateSpec
    | PlaySpec
    | MeetingSpec
    | WebhookSpec
    | EndSpec
    | EverySpec
    | ParallelSpec
    | WatchSpec,
    Field(discriminator="kind"),
]


class Step(Lean):
    """A step in its place: `path` is the author's path without occurrences; `line` is where it stands in the file.

    One that has values by tier or stage says what it is for each of its `ways`; `by` are the fields of the account
    that decide. `spec` is then the first of them.
    """

    added: ClassVar = frozenset({"by", "ways"})

    path: str
    id: str
    line: int
    spec: AnySpec
    by: tuple[str, ...] | None = None
    ways: dict[str, AnySpec] | None = None

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def specs(self) -> tuple[AnySpec, ...]:
        """All that the step may be."""
        return tuple(self.ways.values()) if self.ways else (self.spec,)

    def like(self, way: str | None) -> Step:
        """The step as it is for one of its ways; for one that a newer version has no more, as it is for the first."""
        spec = self.ways.get(way) if way is not None and self.ways else None
        return self if spec is None else self.model_copy(update={"spec": spec})

    @property
    def block(self) -> str:
        """The block that the step stands in: `how_bad/case/2` for `how_bad/case/2/fire`, empty for the main steps."""
        return self.path.rpartition("/")[0]


class Start(Lean):
    """When an account enters. `when` is None where stage and tiers alone decide, for a playbook that is only started by
    hand, and where each event `on` that fits `where` is a rise. `lasting` is how long the condition must have been so.
    `each` is the path of the contacts or records of which each has a run of its own, if `only` lets it.
    """

    added: ClassVar = frozenset({"on", "where", "lasting", "each", "only"})

    by_rule: bool
    by_hand: bool
    mode: Literal["becomes", "is", "leaves"] = "becomes"
    when: Condition | None = None
    scope: Condition | None = None
    again: Again = Field(default_factory=Again)
    on: str | None = None
    where: Condition | None = None
    lasting: Duration | None = None
    each: str | None = None
    only: Condition | None = None

    @property
    def standing(self) -> bool:
        """Whether it is a condition that is watched, and not an event or a person's word."""
        return self.by_rule and self.on is None


class Exit(Lean):
    """A goal or a stop: the run ends at once when the condition becomes true, or has been so for `lasting`."""

    added: ClassVar = frozenset({"lasting"})

    when: Condition
    outcome: str
    lasting: Duration | None = None


class Plan(Lean):
    """One version of one playbook. `blocks` maps a block's path to the paths of its steps; more starts than `limit`
    wait for a person.

    One with `parameters` keeps its `source`, so that a run with other values has a plan made for it, which names the
    one that it is made `of`; `own` are those that an account may have of its own, with the path of the field.
    """

    added: ClassVar = frozenset({"limit", "parameters", "source", "of", "own"})

    format: int = PLAN_FORMAT
    playbook: str
    title: str
    file: str
    stages: tuple[str, ...] | None
    tiers: tuple[str, ...] | None
    owner: str | None
    priority: int
    anchor: str | None
    start: Start
    goals: tuple[Exit, ...] = ()
    stops: tuple[Exit, ...] = ()
    limit: Limit | None = None
    parameters: dict[str, JsonValue] | None = None
    source: str | None = None
    of: str | None = None
    own: dict[str, str] | None = None
    steps: dict[str, Step]
    blocks: dict[str, tuple[str, ...]]

    @cached_property
    def hash(self) -> str:
        """The version's name: the same content has the same hash on every machine."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]

    @cached_property
    def start_hash(self) -> str:
        """Names the start condition alone: an edit of the steps keeps what is known of who fulfils it."""
        return hashlib.sha256(self.start.model_dump_json().encode()).hexdigest()[:32]

    @cached_property
    def at_start(self) -> frozenset[str]:
        """The paths whose value at the run's start some condition or text reads."""
        reads = self._reads | _read_by_texts(self._specs)
        return frozenset(path.removeprefix("at_start.") for path in reads if path.startswith("at_start."))

    @cached_property
    def heard(self) -> frozenset[str]:
        """The steps on whose outcome hangs what ends the run, or a step; not those that a branch alone asks for."""
        awaited = [one for spec in self._specs for one in spec.awaits()]
        reads = {path for one in (*self._exits, *awaited) for path in one.reads}
        return frozenset(path.removeprefix("outcome.") for path in reads if path.startswith("outcome."))

    @property
    def _specs(self) -> list[AnySpec]:
        return [spec for step in self.steps.values() for spec in step.specs]

    @property
    def _reads(self) -> set[str]:
        """The paths that exits and the steps' own conditions and expressions read."""
        inside = [one for spec in self._specs for one in spec.expressions()]
        return {path for one in (*self._exits, *inside) for path in one.reads}

    @property
    def _exits(self) -> list[Condition]:
        return [one.when for one in self.goals + self.stops]

    def step_at(self, path: str) -> Step:
        """The step of a path with occurrences (`rhythm#3/touch`)."""
        return self.steps[template_of(path)]

    def has_steps(self, block: str) -> bool:
        return bool(self.blocks.get(template_of(block)))

    def path_like(self, open_: Open) -> str:
        """The path that the step's own visit has; a record beside it (`mail/missing`) has a longer one."""
        return open_.path if template_of(open_.path) == open_.step else open_.path.rpartition("/")[0]

    def first(self, block: str) -> str | None:
        """The path of a block's first step; `block` may have occurrences, and then the answer has them."""
        return self._placed(block, 0)

    def next(self, path: str) -> str | None:
        """The path of the step that follows in the same block."""
        block = path.rpartition("/")[0]
        return self._placed(block, self.blocks[template_of(block)].index(template_of(path)) + 1)

    def owner_of(self, block: str) -> str:
        """The path of the step that owns a block; occurrences are kept, but the block's own."""
        around, _, last = block.rpartition("/")
        if "#" in last:
            step = last.partition("#")[0]
            return f"{around}/{step}" if around else step
        own = template_of(block)
        depth = max(len(path.split("/")) for path in self.steps if own.startswith(f"{path}/"))
        return "/".join(block.split("/")[:depth])

    def _placed(self, block: str, index: int) -> str | None:
        steps = self.blocks[template_of(block)]
        if index >= len(steps):
            return None
        name = steps[index].rpartition("/")[2]
        return f"{block}/{name}" if block else name


def template_of(path: str) -> str:
    """The author's path without occurrence numbers."""
    return _OCCURRENCE.sub("", path) if "#" in path else path


def way_of(words: Iterable[str]) -> str:
    """One of a step's ways, by what the fields that decide are."""
    return "·".join(words)


def words_of(way: str, count: int) -> list[str]:
    return way.split("·", count - 1)


def _read_by_texts(specs: Iterable[object]) -> set[str]:
    """What the texts of steps read, as far as they ask what was so at the run's start."""
    from engine.placeholders import cut_out

    texts = {text for spec in specs for text in _texts(spec) if "at_start(" in text}
    return {path for text in texts for one in cut_out(text).calculations for path in reads_of(one.text)}


def _texts(part: object) -> Iterator[str]:
    match part:
        case str():
            yield part
        case Expression():
            return
        case BaseModel():
            yield from (text for value in part.__dict__.values() for text in _texts(value))
        case Mapping():
            yield from (text for value in part.values() for text in _texts(value))
        case tuple() | list():
            yield from (text for value in part for text in _texts(value))
