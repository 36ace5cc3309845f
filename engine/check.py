"""A whole workspace checked: every file read, every playbook compiled, every problem told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.compile import compile_with_notes
from engine.document import Document, Tree
from engine.identities import unlike
from engine.lints import lints
from engine.outcomes import endings
from engine.parameters import declared_in
from engine.plan import Plan
from engine.plays import circles, plays_each, values_given
from engine.playtest import check_stories, read_tests
from engine.problems import Position, Problem, Problems, suggest_or_list
from engine.setting import Setting
from engine.tailoring import Unfit, tailored
from engine.vocabulary import Vocabulary
from engine.workspace import PEOPLE, POLICY, VOCABULARY, Workspace, load

_OF_ROLES: Final = frozenset({"unknown-role", "no-assignee", "no-unassigned"})


@dataclass(frozen=True, slots=True)
class Checked:
    """`plans` has every playbook without errors, by id; `problems` also has warnings and notes."""

    workspace: Workspace
    setting: Setting
    plans: Mapping[str, Plan]
    problems: Problems


def check(folder: Path) -> Checked:
    workspace = load(folder)
    ids = _ids(workspace)
    setting = Setting(workspace.vocabulary, workspace.policy, workspace.people, workspace.templates, tuple(ids))
    setting = replace(setting, parameters={name: declared_in(document) for name, document in ids.items()})
    said = {name: endings(document.data, setting.policy) for name, document in ids.items()}
    setting = replace(setting, endings=said)
    problems = Problems(workspace.problems)
    plans: dict[str, Plan] = {}
    # Against no vocabulary every name would be unknown: what is wrong with the vocabulary comes first.
    if not workspace.is_unsound(VOCABULARY):
        problems.extend(_same_ids(workspace))
        for document in workspace.playbooks:
            plan, found = compile_with_notes(document, setting)
            problems.extend(_relevant(found, workspace))
            odd = lints(plan, document, workspace.vocabulary) if plan else Problems()
            problems.extend(odd)
            if plan and not odd.errors:
                plans[plan.playbook] = plan
        problems.extend(_circles(ids, plans, workspace.vocabulary))
        problems.extend(_unlike(ids, plans))
        problems.extend(_given(ids, plans, setting))
        problems.extend(_subjects(ids, plans))
        problems.extend(_tests(workspace, setting, ids, plans))
        problems.extend(_unused_templates(workspace))
    problems.extend(workspace.templates.links())
    return Checked(workspace, setting, plans, problems)


def _ids(workspace: Workspace) -> dict[str, Document]:
    """Of each playbook the first file that has its id."""
    ids: dict[str, Document] = {}
    for document in workspace.playbooks:
        if (id_ := _id(document)) is not None:
            ids.setdefault(id_, document)
    return ids


def _id(document: Document) -> str | None:
    id_ = document.data.get("playbook") if isinstance(document.data, dict) else None
    return id_ if isinstance(id_, str) else None


def _same_ids(workspace: Workspace) -> Problems:
    problems, first = Problems(), _ids(workspace)
    for document in workspace.playbooks:
        id_ = _id(document)
        if id_ is not None and first[id_] is not document:
            message = f"the id '{id_}' is taken by {first[id_].file}"
            fix = "Ids of playbooks are unique: choose another"
            problems.add(document.file, document.at(("playbook",)), "playbook", message, fix, code="same-id")
    return problems


def _relevant(found: Problems, workspace: Workspace) -> Iterator[Problem]:
    """Without people or policy nobody has any role; that is one fault of theirs and not one of each step."""
    roles_unknown = workspace.is_unsound(PEOPLE, POLICY)
    return (problem for problem in found if not (roles_unknown and problem.code in _OF_ROLES))


def _circles(ids: Mapping[str, Document], plans: Mapping[str, Plan], vocabulary: Vocabulary) -> Problems:
    problems = Problems()
    for one in circles(plans, vocabulary):
        message = f"these playbooks {'play' if one.plays else 'start'} one another in a circle: {' -> '.join(one.way)}"
        if len(one.way) == 2:
            message = "each end of a run of this playbook may start the next"
        fix = "Break it, or let 'again' of one of them bar the way; beyond 10 starts in a row they are held."
        if one.waits:
            message = f"these playbooks wait for one another: {' -> '.join(one.way)}"
            fix = "Take 'wait: true' away from one: a step that would close the ring waits in attention to be skipped."
        code = "waits-in-a-circle" if one.waits else "plays-in-a-circle"
        document, step = ids[one.plan.playbook], one.step
        at = Position(step.line, 1) if step else document.at(("start", "when"))
        where = f"step '{step.id}' > {'playbook' if step.kind == 'play' else 'set'}" if step else "start > when"
        problems.add(document.file, at, where, message, fix, code=code, severity="warning")
    return problems


def _unlike(ids: Mapping[str, Document], plans: Mapping[str, Plan]) -> Problems:
    problems = Problems()
    for plan, step, other in unlike(plans):
        message = f"the task {other} has the same identity and other outcomes"
        fix = "Give both the same: whoever comes second hears the outcome of the first."
        where, at = f"step '{step.id}' > same_as", Position(step.line, 1)
        problems.add(ids[plan.playbook].file, at, where, message, fix, code="same-as-outcomes")
    return problems


def _given(ids: Mapping[str, Document], plans: Mapping[str, Plan], setting: Setting) -> Problems:
    """A playbook that another plays with values of its own is checked as it is with those."""
    problems = Problems()
    for plan, step, spec in values_given(plans):
        try:
            tailored(plans[spec.playbook], spec.parameters, setting)
        except Unfit as unfit:
            for reason in unfit.reasons:
                where, at = f"step '{step.id}' > with", Position(step.line, 1)
                message = f"with these values '{spec.playbook}' is wrong: {reason}"
                problems.add(ids[plan.playbook].file, at, where, message, code="parameters")
    return problems


def _subjects(ids: Mapping[str, Document], plans: Mapping[str, Plan]) -> Problems:
    """A playbook with a run for each item is played by one that has such an item at hand."""
    problems = Problems()
    for plan, step, other in plays_each(plans):
        of = (other.start.each or "").rpartition(".")[2]
        message = f"'{other.playbook}' has a run for each of the {of}, and none of them is at hand here"
        fix = f"Play it from a playbook with 'each: {of}', or let its own start find them."
        where, at = f"step '{step.id}' > playbook", Position(step.line, 1)
        problems.add(ids[plan.playbook].file, at, where, message, fix, code="plays-each")
    return problems


def _tests(workspace: Workspace, setting: Setting, ids: Mapping[str, Document], plans: Mapping[str, Plan]) -> Problems:
    problems = Problems()
    for document in workspace.tests:
        playbook, stories, found = read_tests(document, setting)
        problems.extend(found)
        if playbook in plans:
            problems.extend(check_stories(document, plans[playbook], stories, setting))
        if playbook and playbook not in ids and playbook not in workspace.unread.values():
            message, fix = f"there is no playbook '{playbook}'", suggest_or_list(playbook, ids)
            problems.add(document.file, document.at(("playbook",)), "playbook", message, fix, code="unknown-playbook")
    return problems


def _unused_templates(workspace: Workspace) -> Problems:
    """A template that a playbook uses is checked there, where it is known what can be read."""
    problems, names = Problems(), workspace.vocabulary.names(roles=_roles(workspace))
    used = {name for document in workspace.playbooks for name in templates_of(document)}
    for name in workspace.templates.names:
        if name not in used:
            problems.extend(workspace.templates.check(name, names, contact=True, anywhere=True))
    return problems


def _roles(workspace: Workspace) -> tuple[str, ...]:
    return (*workspace.policy.roles, *workspace.people.roles)


def templates_of(document: Document) -> tuple[str, ...]:
    """The templates that a playbook names, each once; whether they are there is another question."""
    return tuple(dict.fromkeys(_named(document.data)))


def _named(data: Tree) -> Iterator[str]:
    """Every text below a `template` key: one name, or one for each tier or stage."""
    match data:
        case dict():
            for key, value in data.items():
                yield from (_texts(value) if key == "template" else _named(value))
        case list():
            for value in data:
                yield from _named(value)


def _texts(data: Tree) -> Iterator[str]:
    match data:
        case str():
            yield data
        case dict():
            for value in data.values():
                yield from _texts(value)
