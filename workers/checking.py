"""A workspace checked whole: every file read, every playbook and test understood, every problem told at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.compile import compile_with_notes
from engine.document import Document, Tree
from engine.plan import Plan
from engine.playtest import read_tests
from engine.problems import Problem, Problems, suggest_or_list
from engine.setting import Setting
from engine.story import Story
from engine.workspace import PEOPLE, POLICY, VOCABULARY, Workspace, load

_OF_ROLES: Final = frozenset({"unknown-role", "no-assignee"})


@dataclass(frozen=True, slots=True)
class TestFile:
    """A `*.test.yaml`; `playbook` is empty when the file does not say which it is about."""

    document: Document
    playbook: str
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """`documents` are the playbooks by id, `plans` those of them without errors. A plan's file is named below the
    folder, so that a version is the same from wherever it was read.
    """

    workspace: Workspace
    setting: Setting
    documents: Mapping[str, Document]
    plans: dict[str, Plan] = field(default_factory=dict)
    tests: list[TestFile] = field(default_factory=list)
    all_problems: Problems = field(default_factory=Problems)


def check(folder: Path) -> Checked:
    workspace = load(folder)
    documents = _documents(workspace)
    setting = Setting(
        workspace.vocabulary, workspace.policy, workspace.people, workspace.templates, tuple(sorted(documents))
    )
    checked = Checked(workspace, setting, documents, all_problems=Problems(workspace.problems))
    # Against no vocabulary every name would be unknown: what is wrong with the vocabulary comes first.
    if not workspace.is_unsound(VOCABULARY):
        for document in workspace.playbooks:
            _check_playbook(document, checked)
        for document in workspace.tests:
            _check_tests(document, checked)
        _check_unused_templates(checked)
    return checked


def playbook_id(document: Document) -> str:
    """The id that a document gives itself, right or wrong; empty when it gives none."""
    name = document.data.get("playbook") if isinstance(document.data, dict) else None
    return name if isinstance(name, str) else ""


def templates_of(document: Document) -> set[str]:
    """The names of the templates that a playbook names, right or wrong."""
    return set(_named(document.data))


def _documents(workspace: Workspace) -> dict[str, Document]:
    """Of each playbook the first file that has its id."""
    found: dict[str, Document] = {}
    for document in workspace.playbooks:
        if name := playbook_id(document):
            found.setdefault(name, document)
    return found


def _check_playbook(document: Document, checked: Checked) -> None:
    plan, problems = compile_with_notes(document, checked.setting)
    checked.all_problems.extend(_relevant(problems, checked.workspace))
    name = playbook_id(document)
    first = checked.documents.get(name, document)
    if first is not document:
        message, fix = f"the id '{name}' is taken by {first.file}", "Ids of playbooks are unique: choose another"
        at = document.at(("playbook",))
        checked.all_problems.add(document.file, at, "playbook", message, fix, code="same-id")
    elif plan is not None:
        below = Path(document.file).relative_to(checked.workspace.folder).as_posix()
        checked.plans[name] = plan.model_copy(update={"file": below})


def _relevant(found: Problems, workspace: Workspace) -> Iterator[Problem]:
    """Without people or policy nobody has any role; that is one fault of theirs and not one of each step."""
    roles_unknown = workspace.is_unsound(PEOPLE, POLICY)
    return (problem for problem in found if not (roles_unknown and problem.code in _OF_ROLES))


def _check_tests(document: Document, checked: Checked) -> None:
    name, stories, problems = read_tests(document, checked.setting)
    if name and name not in checked.documents:
        message, fix = f"there is no playbook '{name}'", suggest_or_list(name, checked.documents)
        problems.add(document.file, document.at(("playbook",)), "playbook", message, fix, code="unknown-playbook")
    checked.tests.append(TestFile(document, name, tuple(stories)))
    checked.all_problems.extend(problems)


def _check_unused_templates(checked: Checked) -> None:
    """A template that a playbook uses is checked there, where it is known what can be read."""
    setting = checked.setting
    names = setting.vocabulary.names(roles=(*setting.policy.roles, *setting.people.roles))
    used = {name for document in checked.workspace.playbooks for name in templates_of(document)}
    for name in setting.templates.names:
        if name not in used:
            checked.all_problems.extend(setting.templates.check(name, names, contact=True, anywhere=True))


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
