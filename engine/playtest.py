"""Tests beside the playbooks: stories with what must come of them, and what is said when it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.document import Document, Path
from engine.expectations import EFFECTS, KINDS_OF, Matcher, faults, said
from engine.model import StoryModel, TestFileModel
from engine.moments import VERBS
from engine.parameters import misfits, unpacked
from engine.plan import Plan, Step, template_of
from engine.problems import Problems, suggest_or_list
from engine.setting import Setting
from engine.simulate import Others, Told, played, simulate
from engine.standing import Clock, standing
from engine.steps.escalate import EscalateSpec
from engine.steps.task import TaskSpec
from engine.story import Story, read_story
from engine.tailoring import Unfit
from engine.trace import Entry
from engine.validation import validated

_ACKNOWLEDGED = frozenset({"escalate"})
_NOUNS = {"escalate": "escalation", "remind": "reminder"}
_OF_PEOPLE = frozenset({"task", "escalate", "email", "sequence", "meeting"})
_MEANT = {
    "acknowledge": ("escalation", _ACKNOWLEDGED),
    "snooze": ("task that can be put off", _OF_PEOPLE - _ACKNOWLEDGED),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One test. `missed` are the expectations that did not come true, in words; `told` is the story as it went."""

    test: str
    file: str
    line: int
    missed: tuple[str, ...]
    told: Told
    story: Story

    @property
    def passed(self) -> bool:
        return not self.missed


@dataclass(slots=True)
class Report:
    """A file of tests: its results, or what is wrong with the file itself."""

    file: str
    playbook: str
    results: list[Result] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)


def read_tests(document: Document, setting: Setting) -> tuple[str, list[Story], Problems]:
    """The playbook that the file is about, its stories, and all that is wrong with them."""
    problems = Problems()
    head = validated(document, TestFileModel, (), "")
    if isinstance(head, Problems):
        return "", [], head
    stories: list[Story] = []
    for index in range(len(head.tests)):
        found = read_story(document, setting, ("tests", index))
        if isinstance(found, Problems):
            problems.extend(found)
        else:
            stories.append(found)
            _check_expectations(found, document, problems)
    return head.playbook, stories, problems


def run_tests(
    document: Document, plan: Plan, stories: list[Story], setting: Setting, word: str = "", others: Others | None = None
) -> Report:
    """Each story on the virtual clock; `word` picks those whose name has it. `others`: the playbooks beside it."""
    report = Report(document.file, plan.playbook)
    for story in stories:
        if word in story.name:
            told = simulate(plan, story, setting, others=others)
            line = document.at(story.path).line
            report.results.append(
                Result(story.name, document.file, line, tuple(missed(story, told, plan, setting)), told, story)
            )
    return report


def check_stories(document: Document, plan: Plan, stories: Iterable[Story], setting: Setting) -> Problems:
    """What the stories of a file name that their playbook does not have."""
    problems = Problems()
    for story in stories:
        wrong = check_values(document, plan, story, setting)
        problems.extend(wrong)
        for path, message, fix in _unknown(plan if wrong else played(plan, story, setting), story):
            at = document.at((*story.path, *path))
            problems.add(document.file, at, f"test '{story.name}'", message, fix, code="not-in-playbook")
    return problems


def check_values(document: Document, plan: Plan, story: Story, setting: Setting) -> Problems:
    """What is wrong with the values that a story gives the playbook's parameters."""
    problems, where = Problems(), f"test '{story.name}' > with"
    wrong = list(misfits(unpacked(plan.parameters), story.model.with_))
    for one in wrong:
        at = document.at((*story.path, "with", one.name))
        problems.add(document.file, at, f"{where} > {one.name}", one.message, one.fix, code="parameters")
    try:
        if not wrong:
            played(plan, story, setting)
    except Unfit as unfit:
        for reason in unfit.reasons:
            message = f"with these values '{plan.playbook}' is wrong: {reason}"
            problems.add(document.file, document.at((*story.path, "with")), where, message, code="parameters")
    return problems


def _unknown(plan: Plan, story: Story) -> Iterator[tuple[Path, str, str]]:
    model = story.model
    for key, items in (("expect", model.expect or []), ("expect_some", model.expect_some), ("never", model.never)):
        for index, item in enumerate(items):
            for effect in [name for name in item if name in KINDS_OF]:
                yield from _no_step(plan, effect, effect, KINDS_OF[effect], str(item[effect]), (key, index, effect))
    for index, told in enumerate(model.then):
        for verb in VERBS:
            if (step := getattr(told, verb)) is not None:
                word, kinds = _MEANT.get(verb, ("task", _OF_PEOPLE))
                yield from _no_step(plan, None, word, kinds, step, ("then", index, verb))
        if told.complete and told.outcome:
            yield from _no_outcome(plan, told.complete, told.outcome, ("then", index, "outcome"))
    yield from _no_ending(plan, model.outcome)


def _no_ending(plan: Plan, wanted: str | dict[str, str | None] | None) -> Iterator[tuple[Path, str, str]]:
    by_subject = isinstance(wanted, dict)
    if by_subject and plan.start.each is None:
        message = "this playbook has one run for the account, so its outcome is one word"
        yield ("outcome",), message, "Write 'outcome: completed'."
    possible = outcomes_of(plan)
    for subject, outcome in wanted.items() if isinstance(wanted, dict) else [("", wanted)]:
        if outcome is not None and outcome not in possible:
            path = ("outcome", subject) if by_subject else ("outcome",)
            yield path, f"no run ends as '{outcome}'", suggest_or_list(outcome, possible)


def _no_step(
    plan: Plan, effect: str | None, word: str, kinds: frozenset[str], named: str, path: Path
) -> Iterator[tuple[Path, str, str]]:
    """`effect` is what an expectation says of the step; None for what people do with it."""
    meant = [step for step in plan.steps.values() if _is_named(step, template_of(named))]
    if any(step.kind in kinds for step in meant):
        return
    of_kind = [step.id for step in plan.steps.values() if step.kind in kinds and (step.kind == effect or not effect)]
    fix = suggest_or_list(named, of_kind)
    if meant:
        kind = meant[0].kind
        own = [one for one, able in KINDS_OF.items() if kind in able and effect]
        is_, due = (_NOUNS.get(one, one) for one in (kind, word))
        message = f"'{named}' is {'an' if is_[0] in 'aeiou' else 'a'} {is_} and no {due}"
        yield path, message, f"Write `{kind if kind in own else own[0]}: {named}`." if own else fix
    else:
        yield path, f"the playbook has no {word} '{named}'", fix


def _is_named(step: Step, place: str) -> bool:
    return place in {step.id, step.path} or place.startswith((f"{step.path}/", f"{step.id}/"))


def _no_outcome(plan: Plan, named: str, outcome: str, path: Path) -> Iterator[tuple[Path, str, str]]:
    place = template_of(named)
    for step in plan.steps.values():
        if place in {step.id, step.path} and isinstance(step.spec, TaskSpec | EscalateSpec):
            possible = (*step.spec.outcomes, "skipped") if isinstance(step.spec, TaskSpec) else ("acknowledged",)
            if outcome not in possible:
                yield path, f"'{named}' has no outcome '{outcome}'", suggest_or_list(outcome, possible)


def outcomes_of(plan: Plan) -> tuple[str, ...]:
    """Every way in which a run can end by itself."""
    ends = [step.spec.outcome for step in plan.steps.values() if step.spec.kind == "end"]
    exits = [exit_.outcome for exit_ in (*plan.goals, *plan.stops)]
    return tuple(dict.fromkeys(("completed", *ends, *exits)))


# --- what a test may expect


def _check_expectations(story: Story, document: Document, problems: Problems) -> None:
    model = story.model
    for key, items in (("expect", model.expect or []), ("expect_some", model.expect_some), ("never", model.never)):
        for index, item in enumerate(items):
            for name, message, fix in faults(item):
                at = document.key_at((*story.path, key, index, *([name] if name else [])))
                problems.add(
                    document.file, at, f"test '{story.name}' > {key} {index + 1}", message, fix, code="expectation"
                )


# --- what came of it


def missed(story: Story, told: Told, plan: Plan, setting: Setting) -> list[str]:
    """Every expectation that did not come true."""
    model = story.model
    match = Matcher(story, story.calendar(setting), {id(told.trace[place]): said for place, said in told.words.items()})
    effects = [entry for entry in told.trace if (entry.event, entry.kind) in EFFECTS and not _is_over(entry)]
    found = list(told.faults)
    if model.expect is not None:
        found += _in_order(_unrolled(model.expect), effects, match)
    found += _some(_unrolled(model.expect_some), effects, match)
    found += [
        f"must never happen, but did: {said(item)}" for item in model.never if any(match(item, one) for one in effects)
    ]
    return found + _other_ending(model, told, plan, story.clock(setting))


def must_not_start(model: StoryModel) -> bool:
    """One that is told no further than a day may say that nothing had happened and ended by then."""
    return model.until is None and model.expect == [] and "outcome" in model.model_fields_set and model.outcome is None


def _other_ending(model: StoryModel, told: Told, plan: Plan, clock: Clock) -> list[str]:
    """What is wrong with how the runs ended."""
    if isinstance(model.outcome, dict):
        wanted = model.outcome.items()
        return [one for subject, outcome in wanted for one in _other_outcome_of(subject, outcome, told, plan, clock)]
    if "outcome" in model.model_fields_set and model.outcome != told.outcome:
        return [_other_outcome(model.outcome, told, plan, clock)]
    if must_not_start(model) and told.runs:
        stands = standing(told.runs.values(), plan, clock)
        return [f"must not start (`expect: []` with `outcome: null`), but it did: {stands}"]
    return []


def _other_outcome_of(subject: str, wanted: str | None, told: Told, plan: Plan, clock: Clock) -> list[str]:
    """Of the last run of one subject."""
    runs = {run.id: run for run in told.runs.values() if run.subject == subject}
    last = max(runs.values(), key=lambda run: run.started, default=None)
    outcome = last.outcome if last else None
    if wanted == outcome:
        return []
    told_of = Told(outcome=outcome, runs=runs)
    return [_other_outcome(wanted, told_of, plan, clock).replace("outcome:", f"outcome of {subject}:", 1)]


def _other_outcome(wanted: str | None, told: Told, plan: Plan, clock: Clock) -> str:
    """With where the run stands that did not end; an earlier one may be the one that was meant."""
    stands = "" if told.outcome else f": {standing(told.runs.values(), plan, clock)}"
    said = f"outcome: expected {wanted or 'none'}, but it was {told.outcome or 'none'}{stands}"
    runs = sorted(told.runs.values(), key=lambda run: run.started)
    if wanted is not None and any(run.outcome == wanted for run in runs[:-1]):
        said += (
            f". An earlier run ended as {wanted}, and at {clock(runs[-1].started)} another began: "
            "an outcome is the last run's. Say with 'until' where the story ends"
        )
    return said


def _is_over(entry: Entry) -> bool:
    """Whether it tells of the end of what was expected when it began: a play that was waited for."""
    return entry.kind == "play" and entry.event == "completed" and "outcome" in entry.fields


def _unrolled(items: list[dict[str, object]]) -> list[dict[str, object]]:
    """`times: 12` says the same twelve times."""
    return [
        {key: value for key, value in item.items() if key != "times"} for item in items for _ in range(_times(item))
    ]


def _times(item: Mapping[str, object]) -> int:
    times = item.get("times", 1)
    return times if isinstance(times, int) else 1


def _in_order(expected: list[dict[str, object]], effects: list[Entry], match: Matcher) -> list[str]:
    """The whole list, in order; the first difference says enough, the rest would follow from it."""
    for index, item in enumerate(expected):
        if index >= len(effects):
            return [f"expected as number {index + 1}, but nothing more happened: {said(item)}"]
        if not match(item, effects[index]):
            return [f"expected as number {index + 1}: {said(item)}; but it was: {match.said(effects[index], item)}"]
    return [f"not expected: {match.said(one)}" for one in effects[len(expected) :]]


def _some(expected: list[dict[str, object]], effects: list[Entry], match: Matcher) -> list[str]:
    left = list(effects)
    lacking: list[str] = []
    for item in expected:
        found = next((one for one in left if match(item, one)), None)
        if found is None:
            lacking.append(f"did not happen: {said(item)}")
        else:
            left.remove(found)
    return lacking
