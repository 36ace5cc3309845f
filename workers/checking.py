"""A checked workspace as commands want it: playbooks and tests by their ids, the same versions from anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.check import check as check_workspace
from engine.document import Document
from engine.plan import Plan
from engine.playtest import read_tests
from engine.problems import Problems
from engine.setting import Setting
from engine.story import Story
from engine.workspace import VOCABULARY, Workspace


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
    plans: Mapping[str, Plan]
    tests: tuple[TestFile, ...]
    problems: Problems


def check(folder: Path) -> Checked:
    found = check_workspace(folder)
    workspace = found.workspace
    tests = () if workspace.is_unsound(VOCABULARY) else workspace.tests
    return Checked(
        workspace=workspace,
        setting=found.setting,
        documents=_by_id(workspace),
        plans={name: _placed(plan, folder) for name, plan in found.plans.items()},
        tests=tuple(_tests(document, found.setting) for document in tests),
        problems=found.problems,
    )


def playbook_id(document: Document) -> str:
    """The id that a document gives itself, right or wrong; empty when it gives none."""
    name = document.data.get("playbook") if isinstance(document.data, dict) else None
    return name if isinstance(name, str) else ""


def _by_id(workspace: Workspace) -> dict[str, Document]:
    """Of each playbook the first file that has its id."""
    found: dict[str, Document] = {}
    for document in workspace.playbooks:
        if name := playbook_id(document):
            found.setdefault(name, document)
    return found


def _placed(plan: Plan, folder: Path) -> Plan:
    return plan.model_copy(update={"file": Path(plan.file).relative_to(folder).as_posix()})


def _tests(document: Document, setting: Setting) -> TestFile:
    name, stories, _ = read_tests(document, setting)
    return TestFile(document, name, tuple(stories))
