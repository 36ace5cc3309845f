"""A checked workspace as commands want it: playbooks and tests by their ids, the same versions from anywhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.check import check as check_workspace
from engine.document import Document
from engine.plan import Plan
from engine.playtest import read_tests
from engine.problems import Problems
from engine.setting import Setting
from engine.story import Story
from engine.workspace import TEST_ENDING, VOCABULARY, Workspace


@dataclass(frozen=True, slots=True)
class TestFile:
    """A `*.test.yaml`; `playbook` is what it says it is about, else what it stands beside, else empty. One that cannot
    be read has no document.
    """

    file: str
    playbook: str
    document: Document | None = None
    stories: tuple[Story, ...] = ()


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

    def file_of(self, playbook: str) -> str | None:
        """Of the playbook with this id, also where the file cannot be read."""
        if document := self.documents.get(playbook):
            return document.file
        return next(
            (file for file, id_ in self.workspace.unread.items() if id_ == playbook and not _is_test(file)), None
        )


def check(folder: Path) -> Checked:
    found = check_workspace(folder)
    workspace = found.workspace
    return Checked(
        workspace=workspace,
        setting=found.setting,
        documents=_by_id(workspace),
        plans={name: _placed(plan, folder) for name, plan in found.plans.items()},
        tests=tuple(_tests(workspace, found.setting)),
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


def _tests(workspace: Workspace, setting: Setting) -> Iterator[TestFile]:
    beside = {Path(one.file).with_suffix(TEST_ENDING): playbook_id(one) for one in workspace.playbooks}
    for document in workspace.tests:
        # Against no vocabulary every story would be wrong.
        stories = [] if workspace.is_unsound(VOCABULARY) else read_tests(document, setting)[1]
        about = playbook_id(document) or beside.get(Path(document.file), "")
        yield TestFile(document.file, about, document, tuple(stories))
    for file, said in workspace.unread.items():
        if _is_test(file):
            yield TestFile(file, said or beside.get(Path(file), ""))


def _is_test(file: str) -> bool:
    return file.endswith(TEST_ENDING)
