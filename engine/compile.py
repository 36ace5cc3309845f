"""A playbook's document → its Plan, or every problem in it.

Names are resolved, durations parsed, conditions typed, texts checked. What is read where is checked in the order of the
file, so that a condition may name the outcome of a step only where that step can have happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from engine.document import Document, Path
from engine.logic import Condition, Fault, Names, compile_condition
from engine.model import ExitModel, PlaybookModel, StartModel
from engine.place import Place
from engine.plan import Again, Exit, Plan, Start, Step
from engine.problems import Problems, suggest_or_list
from engine.quantities import Duration, parse_duration
from engine.setting import Setting
from engine.steps import KINDS
from engine.types import Type
from engine.validation import validated

_PLAYBOOK_ID = re.compile(r"[a-z][a-z0-9-]*")
_STEP_ID = re.compile(r"[a-z][a-z0-9_]*")
_AGAIN = re.compile(r"after (?P<after>.+?)(?:\s*,\s*at most (?P<times>\d+) times?)?")


def compile_playbook(document: Document, setting: Setting) -> Plan | Problems:
    """The plan, or all that is wrong. Warnings alone do not keep a plan from being made; `compile_with_notes` gives
    them too.
    """
    plan, problems = compile_with_notes(document, setting)
    return problems if plan is None else plan


def compile_with_notes(document: Document, setting: Setting) -> tuple[Plan | None, Problems]:
    head = validated(document, PlaybookModel, (), "")
    if isinstance(head, Problems):
        return None, head
    compiler = Compiler(document, setting, head)
    plan = compiler.plan()
    return (None if compiler.problems.errors else plan), compiler.problems


class Compiler:
    """One playbook on its way to a plan. `seen` are the outcomes of the steps that may have happened where the compiler
    now is.
    """

    def __init__(self, document: Document, setting: Setting, head: PlaybookModel) -> None:
        self.document = document
        self.setting = setting
        self.head = head
        self.problems = Problems()
        self.seen: dict[str, Type] = {}
        self.ids: dict[str, Path] = {}
        self.taken: dict[str, int] = {}
        self.steps: dict[str, Step] = {}
        self.blocks: dict[str, tuple[str, ...]] = {}
        self.owner = head.owner
        self.anchor = head.anchor
        self.roles = tuple(dict.fromkeys((*setting.policy.roles, *setting.people.roles)))
        self.people = tuple(setting.people.ids)

    # --- the head

    def plan(self) -> Plan | None:
        self._identity()
        start = self._start()
        self.block("", ("steps",), self.head.steps)
        goals, stops = self._exits("goal", self.head.goal), self._exits("stop", self.head.stop)
        if self.head.policy_stop:
            stops = (*stops, *self._policy_stops())
        if start is None or self.problems.errors:
            return None
        return Plan(
            playbook=self.head.playbook,
            title=self.head.title or self.head.playbook,
            file=self.document.file,
            stages=self._words(self.head.stage),
            tiers=self._words(self.head.tiers),
            owner=self.owner,
            priority=self.head.priority,
            anchor=self.anchor,
            start=start,
            goals=goals,
            stops=stops,
            steps=self.steps,
            blocks=self.blocks,
        )

    def _identity(self) -> None:
        name = self.head.playbook
        if not _PLAYBOOK_ID.fullmatch(name):
            self.fault(
                ("playbook",),
                f"'{name}' is not an id for a playbook",
                "Use small letters, digits and hyphens, a letter first.",
                "invalid-id",
            )
        vocabulary = self.setting.vocabulary
        self._known_words("stage", self.head.stage, vocabulary.stages)
        self._known_words("tiers", self.head.tiers, vocabulary.tiers)
        if self.owner is not None and self.owner not in self.roles:
            self.fault(
                ("owner",),
                f"nobody has the role '{self.owner}'",
                suggest_or_list(self.owner, self.roles),
                "unknown-role",
            )
            self.owner = self.roles[0] if self.roles else None
        if self.anchor is not None:
            self._anchor(self.anchor)

    def _anchor(self, anchor: str) -> None:
        type_ = self.names().type_of(anchor)
        if type_ is None or type_.kind not in {"date", "instant"}:
            dates = [
                path
                for path in self.names().paths()
                if (one := self.names().type_of(path)) and one.kind in {"date", "instant"}
            ]
            self.fault(
                ("anchor",), f"{anchor} is not a date of the vocabulary", suggest_or_list(anchor, dates), "not-a-date"
            )
            self.anchor = None

    def _known_words(self, key: str, said: str | list[str], known: tuple[str, ...]) -> None:
        for index, word in enumerate([said] if isinstance(said, str) else said):
            if word not in known and word != "any":
                path = (key,) if isinstance(said, str) else (key, index)
                self.fault(
                    path,
                    f"'{word}' is not a {key.rstrip('s')} of the vocabulary",
                    suggest_or_list(word, (*known, "any")),
                    f"unknown-{key}",
                )

    @staticmethod
    def _words(said: str | list[str]) -> tuple[str, ...] | None:
        words = (said,) if isinstance(said, str) else tuple(said)
        return None if "any" in words else words

    def _start(self) -> Start | None:
        said = self.head.start
        if said == "by hand":
            return Start(by_rule=False, by_hand=True, scope=self._scope())
        if not isinstance(said, StartModel):
            raise TypeError(said)
        when = self._condition(said.when, ("start", "when"), "start > when") if said.when is not None else None
        again = self._again(said.again)
        if said.mode == "leaves" and said.when is None:
            self.fault(
                ("start", "mode"), "'leaves' needs a 'when' that can be left", "Write 'when: CONDITION'.", "leaves-what"
            )
        if said.mode == "is" and again is not None and again.mode == "always":
            self.fault(
                ("start", "again"),
                "'is' with 'again: always' would start for ever while it is true",
                "Write 'again: after 30 days', or 'mode: becomes'.",
                "is-always",
            )
        if again is None or (said.when is not None and when is None):
            return None
        return Start(by_rule=True, by_hand=said.by_hand, mode=said.mode, when=when, scope=self._scope(), again=again)

    def _scope(self) -> Condition | None:
        """Stage and tiers as a condition; they hold for the start alone."""
        parts: list[object] = []
        for field, said in (("stage", self.head.stage), ("tier", self.head.tiers)):
            words = self._words(said)
            if words is not None:
                parts.append({"in": [{"var": f"account.{field}"}, list(words)]})
        if not parts:
            return None
        found = compile_condition(parts[0] if len(parts) == 1 else {"and": parts}, self.names())
        return found if isinstance(found, Condition) else None

    def _again(self, said: str) -> Again | None:
        if said == "never":
            return Again(mode="never")
        if said == "always":
            return Again(mode="always")
        match = _AGAIN.fullmatch(said)
        after = parse_duration(match["after"]) if match else None
        if isinstance(after, Duration) and match:
            return Again(mode="after", after=after, at_most=int(match["times"]) if match["times"] else None)
        self.fault(
            ("start", "again"),
            f"'{said}' does not say how often an account may enter",
            "Write 'never', 'always', or 'after 30 days' (', at most 3 times').",
            "again",
        )
        return None

    def _exits(self, name: str, said: ExitModel | list[ExitModel]) -> tuple[Exit, ...]:
        several = isinstance(said, list)
        found = []
        for index, one in enumerate(said if isinstance(said, list) else [said]):
            path: Path = (name, index) if several else (name,)
            self._outcome(one.outcome, (*path, "outcome"))
            when = self._condition(one.when, (*path, "when"), f"{name} > when")
            if when is not None:
                found.append(Exit(when=when, outcome=one.outcome))
        return tuple(found)

    def _policy_stops(self) -> tuple[Exit, ...]:
        """The policy's own stops hold for every playbook: mail to a churned customer must not hang on one forgotten
        line.
        """
        return tuple(Exit(when=one.when, outcome=one.outcome) for one in self.setting.policy.stop)

    def _outcome(self, name: str, path: Path) -> None:
        if not _STEP_ID.fullmatch(name):
            self.fault(
                path,
                f"'{name}' is not a name for an outcome",
                "Use small letters, digits and _, a letter first.",
                "invalid-name",
            )

    def _condition(self, source: Any, path: Path, where: str) -> Condition | None:
        found = compile_condition(source, self.names())
        if isinstance(found, Condition):
            return found
        for one in found:
            at = self.document.text_offset((*path, *one.pointer), one.offset)
            self.problems.add(self.document.file, at, where, one.message, one.fix, code="condition")
        return None

    # --- steps

    def block(self, name: str, at: Path, said: list[Any]) -> None:
        """The steps of one block, in order. A step behind one that always ends the run can never be reached."""
        paths: list[str] = []
        ended = False
        for index, raw in enumerate(said):
            place = self._place(raw, name, (*at, index))
            if place is None:
                continue
            if ended:
                place.fault(
                    message="this step can never be reached: the one before it always ends the run",
                    fix="Take it away, or move it up.",
                    code="unreachable",
                )
            self._step(place, raw)
            paths.append(place.path)
            ended = ended or self._always_ends(place.path)
        self.blocks[name] = tuple(paths)
        if not name and not said:
            self.fault(("steps",), "a playbook needs at least one step", "Write '- task: ID'.", "no-steps")

    def _place(self, raw: Any, block: str, at: Path) -> Place | None:
        """Where the step stands, if it says what it is: one mapping whose first key is its kind and whose value is its
        id.
        """
        if not isinstance(raw, dict) or not raw:
            self.fault(
                at,
                "a step is a mapping whose first key is its kind",
                "Write '- task: ID' with its keys below.",
                "not-a-step",
            )
            return None
        kind, name = next(iter(raw.items()))
        if kind not in KINDS:
            self._unknown_kind(raw, kind, at)
            return None
        if not isinstance(name, str) or not _STEP_ID.fullmatch(name):
            self.fault(
                (*at, kind),
                f"{name!r} is not an id for a step",
                "Use small letters, digits and _, a letter first.",
                "invalid-id",
            )
            return None
        if kind != "end" and name in self.ids:
            line = self.document.at(self.ids[name]).line
            self.fault(
                (*at, kind),
                f"the id '{name}' is taken by the step on line {line}",
                "Ids are unique in the file: choose another.",
                "same-id",
            )
            return None
        path = f"{block}/{name}" if block else name
        if path in self.taken:
            self.fault(
                (*at, kind),
                f"'{name}' would have the same path as the step on line {self.taken[path]}",
                "An end's outcome and a step's id must differ within one list of steps.",
                "same-path",
            )
            return None
        self.taken[path] = self.document.at(at).line
        if kind != "end":
            self.ids[name] = at
        return Place(self, name, path, at)

    def _unknown_kind(self, raw: dict[str, Any], kind: str, at: Path) -> None:
        later = next((key for key in raw if key in KINDS), None)
        fix = f"Write '{later}: ID' as its first key." if later else suggest_or_list(kind, KINDS)
        position = self.document.key_at((*at, kind))
        self.problems.add(self.document.file, position, "", f"'{kind}' is not a step kind", fix, code="unknown-kind")

    def _step(self, place: Place, raw: dict[str, Any]) -> None:
        kind = KINDS[next(iter(raw))]
        model = validated(self.document, kind.Model, place.at, place.where)
        if isinstance(model, Problems):
            self.problems.extend(model)
            self.seen[place.id] = Type("text")
            return
        own = kind.outcomes(model)
        spec = kind.compile_step(model, place)
        if own:
            self.seen = self.seen | {place.id: Type("choice", own)}
        if spec is not None:
            self.steps[place.path] = Step(path=place.path, id=place.id, line=self.document.at(place.at).line, spec=spec)

    def _always_ends(self, path: str) -> bool:
        """Whether the run is over behind this step, whatever happens in it."""
        step = self.steps.get(path)
        if step is None:
            return False
        if step.kind == "end":
            return True
        blocks = [
            steps
            for block, steps in self.blocks.items()
            if block.startswith(f"{path}/") and block.rpartition("/")[0] in {path, f"{path}/case"}
        ]
        closed = step.kind == "branch" and f"{path}/otherwise" in self.blocks
        return closed and all(steps and self._always_ends(steps[-1]) for steps in blocks)

    # --- what places ask

    def names(self) -> Names:
        """What may be read where the compiler now is."""
        return self.setting.vocabulary.names(
            outcomes=self.seen or None, playbooks=self.setting.playbooks, roles=self.roles
        )

    def text_faults(self, source: str, *, contact: bool) -> Iterable[Fault]:
        return self.setting.templates.faults(source, self.names(), contact=contact)

    def use_template(self, name: str, place: Place, *keys: str | int, contact: bool) -> None:
        """A template that is named must be there, and fit what is known where it is used."""
        known = self.setting.templates.names
        if name not in known:
            place.fault(
                *keys,
                message=f"there is no template '{name}'",
                fix=suggest_or_list(name, known),
                code="unknown-template",
            )
            return
        self.problems.extend(
            self.setting.templates.check(
                name, self.names(), used_by=f"{self.document.file} {place.where}", contact=contact
            )
        )

    def fault(self, path: Path, message: str, fix: str, code: str) -> None:
        self.problems.add(
            self.document.file, self.document.at(path), ".".join(map(str, path[:1])), message, fix, code=code
        )
