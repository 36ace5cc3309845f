"""A playbook's document → its Plan, or every problem in it.

Names are resolved, durations parsed, conditions typed, texts checked. What is read where is checked in the order of the
file, so that a condition may name the outcome of a step only where that step can have happened.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel

from engine import head as heads
from engine.document import Document, Path
from engine.endings import Endings
from engine.inside import rehearsed
from engine.logic import Condition, Names, compile_asking
from engine.model import PlaybookModel
from engine.names_here import Here, Wider, heard, steps_said
from engine.own import check_own
from engine.parameters import Values, as_text, filled_in, own_in, packed
from engine.partial import as_far_as_it_goes
from engine.place import Place, around
from engine.plan import MEANWHILE, AnySpec, Plan, Step
from engine.problems import Problems, Severity, nearest, suggest, suggest_or_list
from engine.setting import Setting
from engine.steps import KINDS, MEANT
from engine.subjects import ITEM
from engine.types import Type
from engine.validation import shown, validated
from engine.ways import Ways, ways_of

_STEP_ID: Final = re.compile(r"[a-z][a-z0-9_]*")
# What the trace calls that which is not a step.
_RESERVED: Final = frozenset({"start", "goal", "stop", "anchor", "end", "meanwhile"})


def compile_playbook(document: Document, setting: Setting) -> Plan | Problems:
    """The plan, or all that is wrong. Warnings alone do not keep a plan from being made; `compile_with_notes` gives
    them too.
    """
    plan, problems = compile_with_notes(document, setting)
    return problems if plan is None else plan


def compile_with_notes(
    document: Document, setting: Setting, values: Values | None = None, of: str | None = None
) -> tuple[Plan | None, Problems]:
    """`values` stand in place of the parameters' defaults; `of` is then the plan that has those."""
    filling = Problems()
    filled = filled_in(document, filling, values or {})
    written, document = document, filled.document
    if not isinstance(document.data, dict):
        found = validated(document, PlaybookModel)
        return None, found if isinstance(found, Problems) else Problems()
    head, problems, made_up = as_far_as_it_goes(document, PlaybookModel, (), "", document.data)
    problems.extend(filling)
    check_own(written, filled, setting.vocabulary, problems)
    if head is None:
        return None, problems
    compiler = Compiler(document, setting, head, problems, made_up | filled.unknown)
    compiler.without_empty(PlaybookModel, document.data, (), "")
    plan = compiler.plan()
    if plan is None or compiler.problems.errors:
        return None, compiler.problems
    if filled.values:
        source = as_text(written.data) if of is None else None
        more = {"parameters": packed(filled.values), "source": source, "of": of, "own": own_in(written) or None}
        plan = plan.model_copy(update=more)
    return plan, compiler.problems


class Compiler:
    """One playbook on its way to a plan. `seen` are the outcomes of the steps that may have happened where the compiler
    now is, and `events` those of which one is at hand there; of places that are `made_up` nothing is said, since what
    is wrong there was said already; `again`: the steps inside the one that is looked at have been compiled, with these
    outcomes behind them; `rehearsing`: they are compiled for their outcomes alone.
    """

    def __init__(
        self, document: Document, setting: Setting, head: PlaybookModel, problems: Problems, made_up: set[Path]
    ) -> None:
        self.document = document
        self.setting = setting
        self.head = head
        self.problems = problems
        self.made_up = made_up
        self.seen: dict[str, Type] = {}
        self.events: tuple[str, ...] = ()
        self.again = self.rehearsing = False
        self.inside: dict[str, dict[str, Type]] = {}
        self.said = dict(steps_said(document, document.data, KINDS))
        self.ids: dict[str, Path] = {}
        self.taken: dict[str, int] = {}
        self.steps: dict[str, Step] = {}
        self.blocks: dict[str, tuple[str, ...]] = {}
        self.roles = tuple(dict.fromkeys((*setting.policy.roles, *setting.people.roles)))
        self.people = tuple(setting.people.ids)
        self.each = heads.each(self)
        self.owner = heads.owner(self)
        self.anchor = heads.anchor(self)
        self._asked_for_unassigned: set[Severity] = set()
        self._named: tuple[dict[str, Type], tuple[str, ...], Names] | None = None

    def plan(self) -> Plan | None:
        head = self.head
        heads.check_identity(self)
        start, only = heads.start(self), heads.only(self)
        self._strands(head)
        goals, stops = heads.exits(self, "goal", head.goal), heads.exits(self, "stop", head.stop)
        limit = heads.limit(self)
        if head.policy_stop:
            stops = (*stops, *heads.policy_stops(self))
        if start is None or self.problems.errors:
            return None
        if self.each is not None:
            start = start.model_copy(update={"each": self.each, "only": only})
        return Plan(
            playbook=head.playbook,
            title=head.title or head.playbook,
            file=self.document.file,
            stages=heads.words(head.stage),
            tiers=heads.words(head.tiers),
            owner=self.owner,
            priority=head.priority,
            anchor=self.anchor,
            start=start,
            goals=goals,
            stops=stops,
            limit=limit,
            steps=self.steps,
            blocks=self.blocks,
        )

    # --- steps

    def _strands(self, head: PlaybookModel) -> None:
        """The steps, and what stands beside them, which may read one another's outcomes."""
        beside, before = (MEANWHILE, (MEANWHILE,), head.meanwhile), self.events
        if head.meanwhile:
            self.seen = {**self.seen, **rehearsed(self, *beside)}
        self.block("", ("steps",), head.steps)
        after, self.events = self.events, before
        if head.meanwhile:
            self.block(*beside)
        self.events = after

    def block(self, name: str, at: Path, said: list[Any]) -> None:
        """The steps of one block, in order. A step behind one that always ends the run can never be reached."""
        if self.again:
            self.seen = {**self.seen, **self.inside.get(name, {})}
            return
        paths: list[str] = []
        ended = False
        for index, raw in enumerate(said):
            place = self._place(raw, name, (*at, index))
            if place is None:
                continue
            if ended:
                message = "this step can never be reached: the one before it always ends the run"
                place.fault(message=message, fix="Take it away, or move it up.", code="unreachable")
            self._step(place, raw)
            paths.append(place.path)
            ended = ended or Endings(self.steps, self.blocks).step(place.path)
        self.blocks[name] = tuple(paths)
        self.inside[name] = self.seen
        if not name and not said:
            self.fault(("steps",), "a playbook needs at least one step", "Write '- task: ID'.", "no-steps")

    def _place(self, raw: Any, block: str, at: Path) -> Place | None:
        """Where the step stands: one mapping whose first key is its kind and whose value is its id. A step without a
        proper id is still looked into.
        """
        if not isinstance(raw, dict) or not raw:
            message = "a step is a mapping whose first key is its kind"
            self.fault(at, message, "Write '- task: ID' with its keys below.", "not-a-step")
            return None
        written, name = next(iter(raw.items()))
        kind = self._kind(raw, written, at)
        if kind is None:
            return None
        self._check_place(kind, block, (*at, written))
        path = f"{block}/{name}" if block else str(name)
        if self._is_id(name, kind, (*at, written)) and self._is_free(name, path, kind, (*at, written)):
            self.taken[path] = self.document.at(at).line
            if kind != "end":
                self.ids[name] = at
        return Place(self, str(name), path, at, kind, written)

    def _check_place(self, kind: str, block: str, at: Path) -> None:
        if kind == "watch" and block != MEANWHILE:
            message = "a watch stands under 'meanwhile' at the top of the playbook, not among steps"
            self.fault(at, message, "Move it there, or write a wait.", "out-of-place")
        if block == MEANWHILE and kind not in {"watch", "every"}:
            message = f"'{kind}' does not stand under 'meanwhile': only 'watch' and 'every' do"
            self.fault(at, message, "Write '- watch: ID' with its condition, and this below its 'do'.", "out-of-place")

    def _kind(self, raw: dict[str, Any], written: str, at: Path) -> str | None:
        """The step's kind, or the one that was probably meant, so that what stands in it is looked at."""
        if written in KINDS:
            return written
        later = next((key for key in raw if key in KINDS), None)
        meant = nearest(written, KINDS)
        fix = (
            f"Write '{later}: ID' as its first key." if later else MEANT.get(written) or suggest_or_list(written, KINDS)
        )
        position = self.document.key_at((*at, written))
        self.problems.add(self.document.file, position, "", f"'{written}' is not a step kind", fix, code="unknown-kind")
        return None if later else meant

    def _is_id(self, name: Any, kind: str, at: Path) -> bool:
        if not isinstance(name, str) or not _STEP_ID.fullmatch(name):
            what = "a name for an outcome" if kind == "end" else "an id for a step"
            fix = "Use small letters, digits and _, a letter first."
            self.fault(at, f"{shown(name)} is not {what}", fix, "invalid-id")
            return False
        if kind != "end" and name in _RESERVED:
            fix = "Choose another id."
            self.fault(at, f"'{name}' is what the trace calls the {name} of a run or of its steps", fix, "reserved-id")
            return False
        return True

    def _is_free(self, name: str, path: str, kind: str, at: Path) -> bool:
        if kind != "end" and name in self.ids:
            line = self.document.at(self.ids[name]).line
            fix = "Ids are unique in the file: choose another."
            self.fault(at, f"the id '{name}' is taken by the step on line {line}", fix, "same-id")
            return False
        if path in self.taken:
            message = f"'{name}' is already what the step on line {self.taken[path]}, beside this end, is called"
            self.fault(at, message, "Call one of them otherwise: the trace names both by this word.", "same-path")
            return False
        return True

    def _step(self, place: Place, raw: dict[str, Any]) -> None:
        ways = None if self.is_made_up(place.at) else ways_of(place, raw)
        made = self._in_ways(place, ways) if ways else {"": self._spec(place, raw)}
        specs = {name: spec for name, spec in made.items() if spec is not None}
        if specs:
            line, spec = self.document.at(place.at).line, next(iter(specs.values()))
            step = Step(path=place.path, id=place.id, line=line, spec=spec)
            self.steps[place.path] = step.model_copy(update={"by": ways.by, "ways": specs}) if ways else step

    def _in_ways(self, place: Place, ways: Ways) -> dict[str, AnySpec | None]:
        """The step for each of the ways that an account may be, as if that alone were written there. Its steps inside
        are the same for all and are compiled once.
        """
        document, again = self.document, self.again
        seen, events, made_up = self.seen, self.events, self.made_up
        specs: dict[str, AnySpec | None] = {}
        after = seen, events, made_up
        for name, choices in ways.each():
            self.document, self.seen, self.events = document.putting(choices), seen, events
            self.made_up = set(made_up)
            specs[name] = self._spec(place, self.document.value(place.at))
            if len(specs) == 1:
                after = self.seen, self.events, self.made_up - set(choices)
            self.again = True
        self.document, self.again = document, again
        self.seen, self.events, self.made_up = after
        return specs

    def _spec(self, place: Place, raw: Any) -> AnySpec | None:
        kind = KINDS[place.kind]
        written = self.without_empty(kind.Model, raw, place.at, place.where)
        data = {place.kind: place.id} | {key: value for key, value in written.items() if key != place.written}
        model, problems, made_up = as_far_as_it_goes(self.document, kind.Model, place.at, place.where, data)
        self.problems.extend(problems)
        self.made_up |= made_up
        if model is None:
            self.seen = self.seen | {place.id: Type("text")}
            return None
        own = _own_outcome(place.id, kind.outcomes(model))
        spec: AnySpec | None = kind.compile_step(model, replace(place, own=own))
        # Of a step that is wrong any outcome may be spoken of.
        self.seen = self.seen | ({place.id: Type("text")} if problems and own else own)
        return spec

    def block_ends(self, block: str) -> bool:
        """Whether the run is over behind this block, whatever happens in it."""
        return Endings(self.steps, self.blocks).block(block)

    def without_empty(self, model: type[BaseModel], data: dict[str, Any], at: Path, where: str) -> dict[str, Any]:
        """A key that may be left away and has nothing behind it says nothing."""
        optional = {field.alias or name for name, field in model.model_fields.items() if not field.is_required()}
        for key in [key for key, value in data.items() if value is None and key in optional]:
            words = f"{where} > {key}" if where else key
            self.fault(
                (*at, key), "there is nothing here", "Write something, or take the key away.", "empty-key", words
            )
            self.made_up.add((*at, key))
        return {key: value for key, value in data.items() if value is not None or key not in optional}

    # --- what places ask

    def names(self, *, in_run: bool = True) -> Names:
        """What may be read where the compiler now is."""
        if not in_run:
            return Here(self._of_vocabulary({}), self.said, in_run=False)
        if self._named is None or self._named[0] is not self.seen or self._named[1] != self.events:
            names = self.with_events(self._of_vocabulary(self.seen), self.events)
            self._named = (self.seen, self.events, Here(names, self.said, in_run=True))
        return self._named[2]

    def with_events(self, names: Names, events: tuple[str, ...]) -> Names:
        """And what can be read of an event that is one of these: what they all have."""
        return heard(names, events, self.setting.vocabulary.events) if events else names

    def _of_vocabulary(self, outcomes: dict[str, Type]) -> Names:
        setting = self.setting
        names = setting.vocabulary.names(
            outcomes=outcomes or None, playbooks=setting.playbooks, endings=setting.endings, roles=self.roles
        )
        items = names.item_types(self.each) if self.each is not None else None
        return Wider(names, {f"{ITEM}.{name}": type_ for name, type_ in items.items()}) if items else names

    def event(self, name: str, path: Path, where: str) -> str | None:
        known = self.setting.vocabulary.events
        if name in known:
            return name
        message = f"'{name}' is not an event of the vocabulary"
        self.fault(path, message, suggest_or_list(name, known), "unknown-event", where)
        return None

    def condition(self, source: Any, path: Path, where: str, names: Names) -> Condition | None:
        if source is None:
            self.fault(
                path, "a condition is due here", "Write one, for example account.arr >= 10000.", "condition", where
            )
            return None
        found = compile_asking(source, names)
        if isinstance(found, Condition):
            return found
        for one in found:
            if not self.is_made_up(path):
                at = self.document.fault_at(path, one.offset, one.pointer)
                self.problems.add(self.document.file, at, where, one.message, one.fix, code="condition")
        return None

    def use_template(self, name: str, place: Place, *keys: str | int, contact: bool) -> None:
        """A template that is named must be there, and fit what is known where it is used."""
        if self.rehearsing:
            return
        templates = self.setting.templates
        if name not in templates.names:
            near = suggest(name, templates.names)
            fix = f"{near} If not, write templates/{name}.md." if near else f"Write it: templates/{name}.md."
            place.fault(*keys, message=f"there is no template '{name}'", fix=fix, code="unknown-template")
            return
        used_by = f"{self.document.file} {place.where}"
        self.problems.extend(templates.check(name, self.names(), used_by=used_by, contact=contact))

    def check_holder(self, role: str, path: Path, where: str) -> None:
        """A role that accounts' teams fill may be nobody's for one of them: policy should say who is asked then. Said
        once; an error where nobody else could have the role either.
        """
        policy, somebody = self.setting.policy, role in self.setting.people.roles
        severity: Severity = "warning" if somebody else "error"
        if role not in policy.roles or policy.unassigned is not None or severity in self._asked_for_unassigned:
            return
        self._asked_for_unassigned.add(severity)
        message = f"an account may have nobody for the role '{role}'"
        if not somebody:
            message = f"nobody in people.yaml has the role '{role}', and an account may have nobody for it either"
        fix = "Write 'unassigned: ROLE' in policy.yaml: who is asked then."
        self.fault(path, message, fix, "no-unassigned", where, severity)

    def is_made_up(self, path: Path) -> bool:
        return any(path[:length] in self.made_up for length in range(len(path) + 1))

    def fault(
        self, path: Path, message: str, fix: str, code: str, where: str | None = None, severity: Severity = "error"
    ) -> None:
        if not self.is_made_up(path):
            words = where if where is not None else around(self.document, path, KINDS)
            at = self.document.at(path)
            self.problems.add(self.document.file, at, words, message, fix, code=code, severity=severity)


def _own_outcome(step: str, outcomes: tuple[str, ...] | None) -> dict[str, Type]:
    """None: it may be any word."""
    if outcomes is None:
        return {step: Type("text")}
    return {step: Type("choice", outcomes)} if outcomes else {}
