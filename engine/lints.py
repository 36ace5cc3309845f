"""What may be written and is probably not meant: warnings, and one start that never comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from engine.document import Document
from engine.forgotten import forgotten
from engine.logic import Condition
from engine.own_ends import ended_by_itself
from engine.plan import Plan, Step
from engine.problems import Position, Problems
from engine.steps.wait import WaitSpec
from engine.subjects import CONTACTS
from engine.undoing import rings
from engine.unsaid import unsaid
from engine.vocabulary import Vocabulary

# Steps that take no time of anybody's: between two mails they put no day.
_AT_ONCE: Final = frozenset({"slack", "update", "webhook", "branch", "play"})


def lints(plan: Plan, document: Document, vocabulary: Vocabulary) -> Problems:
    problems = Problems()
    _folder(plan, document, vocabulary, problems)
    _never_inactive(plan, document, problems)
    for step, message, fix in ended_by_itself(plan, vocabulary):
        at = Position(step.line, 1)
        problems.add(document.file, at, f"step '{step.id}'", message, fix, code="own-end", severity="warning")
    for step, key, name in unsaid(plan, vocabulary):
        where, message = (
            f"step '{step.id}' > {key}",
            f"an event may leave out its {name}, and this waits for a person then",
        )
        fix = f'Write {{{{ event.{name} | or("…") }}}}, or ask {{% if known(event.{name}) %}}.'
        problems.add(document.file, Position(step.line, 1), where, message, fix, code="unsaid", severity="warning")
    for step in _mails_in_a_minute(plan):
        where, message = f"step '{step.id}' > until", "a run that begins after this day sends both mails in one minute"
        fix = "Put the later mail into 'then' and add 'late: skip'."
        at = Position(step.line, 1)
        problems.add(document.file, at, where, message, fix, code="late-mails", severity="warning")
    for step, ring in rings(plan, vocabulary):
        where, message = f"step '{step.id}'", f"these watches make one another true in a circle: {' -> '.join(ring)}"
        fix = "Let one ask for something that the others do not undo, or give it 'for' or 'again: after 1 day'."
        at = Position(step.line, 1)
        problems.add(document.file, at, where, message, fix, code="watches-in-a-circle", severity="warning")
    for step in forgotten(plan):
        message = "nobody is reminded of this task, and what follows waits for its outcome for ever"
        fix = "Give it 'overdue', or 'at_most' with 'otherwise'; or give the playbook a goal or a stop."
        at, where = Position(step.line, 1), f"step '{step.id}'"
        problems.add(document.file, at, where, message, fix, code="waits-for-ever", severity="warning")
    return problems


def _folder(plan: Plan, document: Document, vocabulary: Vocabulary, problems: Problems) -> None:
    folder = Path(document.file).parent.name
    if folder in vocabulary.stages and plan.stages is not None and folder not in plan.stages:
        message = f"the file is in the folder '{folder}', and the playbook is for {' and '.join(plan.stages)}"
        fix = "Move it, so that whoever looks for it finds it."
        at = document.key_at(("stage",))
        problems.add(document.file, at, "stage", message, fix, code="other-folder", severity="warning")


def _never_inactive(plan: Plan, document: Document, problems: Problems) -> None:
    start = plan.start
    if start.each != CONTACTS:
        return
    asked: dict[tuple[str, ...], Condition | None] = {("start", "when"): start.when, ("only",): start.only}
    for path, condition in asked.items():
        if condition is not None and "item.active" in condition.reads:
            message = "item.active is always true where it is known: a contact who is not active is no item"
            fix = "Take it away; that somebody has left is asked without 'each', as any(… for c in contacts)."
            problems.add(document.file, document.at(path), " > ".join(path), message, fix, code="always-active")


def _mails_in_a_minute(plan: Plan) -> Iterator[Step]:
    """Each day between two mails that a late run goes past, with nothing else there that takes time."""
    for paths in plan.blocks.values():
        yield from _of_block([plan.steps[path] for path in paths], plan)


def _of_block(steps: Iterable[Step], plan: Plan) -> Iterator[Step]:
    mailed, day = False, None
    for step in steps:
        if step.kind == "email" or (_is_day(step) and _mails(plan, f"{step.path}/then")):
            if mailed and (passed := step if _is_day(step) else day):
                yield passed
            mailed, day = True, None
        elif _is_day(step):
            day = step
        elif step.kind not in _AT_ONCE:
            mailed, day = False, None


def _is_day(step: Step) -> bool:
    """Whether it waits for a day that may be past when the run begins, and what follows is done all the same."""
    spec = step.spec
    return isinstance(spec, WaitSpec) and spec.until is not None and spec.reads is not None and spec.late == "do"


def _mails(plan: Plan, block: str) -> bool:
    return any(plan.steps[path].kind == "email" for path in plan.blocks.get(block, ()))
