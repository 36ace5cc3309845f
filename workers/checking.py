"""A workspace compiled whole: every plan, every test, and all that is wrong with any of it, file by file."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.compile import compile_with_notes
from engine.document import Document
from engine.model import PlaybookModel
from engine.plan import Plan
from engine.playtest import read_tests
from engine.problems import START, Problem, Problems, suggest_or_list
from engine.setting import Setting
from engine.story import Story
from engine.workspace import PEOPLE, POLICY, VOCABULARY, Workspace, load

_HEAD = frozenset(PlaybookModel.model_fields)


@dataclass(frozen=True, slots=True)
class TestFile:
    """A `*.test.yaml`; `playbook` is empty when the file does not say which it is about."""

    document: Document
    playbook: str
    stories: tuple[Story, ...]


@dataclass(slots=True)
class Checked:
    """`problems` are those of each playbook and test file, with its templates; the workspace has its own beside them.

    `plans` are those without errors, by playbook; `aside` are YAML files that say nothing of a playbook.
    """

    workspace: Workspace
    setting: Setting
    documents: dict[str, Document] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    tests: list[TestFile] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    problems: dict[str, Problems] = field(default_factory=dict)

    @property
    def all_problems(self) -> Problems:
        return Problems([*self.workspace.problems, *(one for of_file in self.problems.values() for one in of_file)])

    def about(self, files: Iterable[str]) -> Problems:
        """What is wrong with these files and with what every file needs: vocabulary, policy and people."""
        wanted = set(files)
        shared = {str(self.workspace.folder / name) for name in (VOCABULARY, POLICY, PEOPLE)}
        own = [one for file in sorted(wanted & set(self.problems)) for one in self.problems[file]]
        return Problems([*own, *(one for one in self.all_problems if one.file in wanted | shared)])


def find_workspace(path: Path) -> Path | None:
    """The folder with the vocabulary that a path belongs to: itself or the nearest above, named as the caller would."""
    start = path.absolute()
    for folder in (start, *start.parents):
        if (folder / VOCABULARY).is_file():
            return folder if path.is_absolute() else Path(os.path.relpath(folder))
    return None


def setting_of(workspace: Workspace) -> Setting:
    ids = tuple(sorted({name for document in workspace.playbooks if (name := playbook_id(document))}))
    return Setting(workspace.vocabulary, workspace.policy, workspace.people, workspace.templates, ids)


def playbook_id(document: Document) -> str:
    """The id that a document gives itself, right or wrong; empty when it gives none."""
    name = document.data.get("playbook") if isinstance(document.data, dict) else None
    return name if isinstance(name, str) else ""


def is_playbook(document: Document) -> bool:
    """Data of other programs may lie in the folder; whatever has one key of a playbook is held to be one."""
    data = document.data
    return not isinstance(data, dict) or not data or not _HEAD.isdisjoint(data)


def check(folder: Path) -> Checked:
    workspace = load(folder)
    checked = Checked(workspace, setting_of(workspace))
    for document in workspace.playbooks:
        if is_playbook(document):
            _check_playbook(document, checked)
        else:
            checked.aside.append(document.file)
    for document in workspace.tests:
        _check_tests(document, checked)
    _check_unused(checked)
    return checked


def compiled(document: Document, setting: Setting, folder: Path) -> tuple[Plan | None, Problems]:
    """The plan bears its file's name within the workspace, so that it is the same from wherever it is compiled."""
    plan, problems = compile_with_notes(document, setting)
    if plan is not None:
        plan = plan.model_copy(update={"file": Path(document.file).relative_to(folder).as_posix()})
    return plan, problems


def _check_playbook(document: Document, checked: Checked) -> None:
    plan, problems = compiled(document, checked.setting, checked.workspace.folder)
    name = playbook_id(document)
    if name and (first := checked.documents.get(name)):
        message = f"there is a playbook '{name}' already, in {first.file}"
        fix = "Ids are unique in a workspace: choose another"
        problems.add(document.file, document.at(("playbook",)), "playbook", message, fix, code="same-id")
    elif name:
        checked.documents[name] = document
        if plan is not None:
            checked.plans[name] = plan
    checked.problems[document.file] = problems


def _check_tests(document: Document, checked: Checked) -> None:
    name, stories, problems = read_tests(document, checked.setting)
    if name and name not in checked.documents:
        at, fix = document.at(("playbook",)), suggest_or_list(name, checked.documents)
        problems.add(document.file, at, "playbook", f"there is no playbook '{name}'", fix, code="unknown-playbook")
    checked.tests.append(TestFile(document, name, tuple(stories)))
    checked.problems[document.file] = problems


def _check_unused(checked: Checked) -> None:
    """Templates that no playbook names are read too: somebody is about to use them."""
    setting = checked.setting
    names = setting.vocabulary.names(playbooks=setting.playbooks, roles=(*setting.policy.roles, *setting.people.roles))
    for name in sorted(set(setting.templates.names) - set(used_templates(checked.plans.values()))):
        for problem in setting.templates.check(name, names, contact=True):
            checked.problems.setdefault(problem.file, Problems()).extend([problem])


def used_templates(plans: Iterable[Plan]) -> Iterator[str]:
    for plan in plans:
        for step in plan.steps.values():
            template = getattr(step.spec, "template", None)
            if template is not None:
                yield template


def files_of(checked: Checked) -> Mapping[str, str]:
    """Every file that was read, with what it is."""
    kinds = {document.file: "playbook" for document in checked.workspace.playbooks}
    kinds |= dict.fromkeys(checked.aside, "aside")
    kinds |= {one.document.file: "tests" for one in checked.tests}
    return kinds | {one.file: "template" for one in checked.workspace.templates.files}


def as_opened(problem: Problem, *, absolute: bool) -> Problem:
    """The problem with its file named as the caller would open it."""
    return problem if absolute else replace(problem, file=os.path.relpath(problem.file))


def not_found(path: Path) -> Problem:
    message, fix = f"there is no file or folder {path}", "Name one that is there"
    return Problem(str(path), *START, "error", "", message, fix, "not-found")
