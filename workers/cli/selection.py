"""The files that a caller means by a path, and what of all that is wrong with their workspace concerns them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.check import templates_of
from engine.problems import START, Problem, Problems
from engine.workspace import PEOPLE, POLICY, TEMPLATES, VOCABULARY, Workspace
from workers.checking import Checked, check


@dataclass(frozen=True, slots=True)
class Selected:
    """A checked workspace, and those of its files that are meant, a playbook's tests with it; `absolute` when the
    caller names files so.
    """

    checked: Checked
    files: frozenset[str]
    absolute: bool

    def problems(self, files: Iterable[str]) -> list[Problem]:
        """What is wrong with these files and whatever they need, with files named as the caller would open them."""
        return [self.shown(problem) for problem in about(self.checked, files)]

    def shown(self, problem: Problem) -> Problem:
        return replace(problem, file=self.named(problem.file))

    def named(self, file: str) -> str:
        return file if self.absolute else os.path.relpath(file)


def select(paths: Sequence[Path]) -> tuple[list[Selected], list[Problem]]:
    """The workspaces that the paths belong to, each checked once; and what is wrong with the paths themselves."""
    wrong: list[Problem] = []
    of_folder: dict[Path, list[Path]] = {}
    for path in paths:
        folder = find_workspace(path)
        if not path.exists():
            wrong.append(_not_found(path))
        elif folder is None:
            wrong.append(_no_workspace(path))
        else:
            of_folder.setdefault(folder, []).append(path)
    return [_selected(check(folder), several) for folder, several in of_folder.items()], wrong


def find_workspace(path: Path) -> Path | None:
    """The folder with the vocabulary that a path belongs to: itself or the nearest above, named as the caller would."""
    start = path.absolute()
    for folder in (start, *start.parents):
        if (folder / VOCABULARY).is_file():
            return folder if path.is_absolute() else Path(os.path.relpath(folder))
    return None


def about(checked: Checked, files: Iterable[str]) -> Problems:
    """What is wrong with these files, the templates that they use, and what every file needs."""
    wanted = {*files, *shared_files(checked.workspace)}
    wanted |= set(_templates_used(checked.workspace, wanted))
    return Problems(problem for problem in checked.problems if problem.file in wanted)


def shared_files(workspace: Workspace) -> set[str]:
    return {str(workspace.folder / name) for name in (VOCABULARY, POLICY, PEOPLE)}


def _selected(checked: Checked, paths: Sequence[Path]) -> Selected:
    workspace = checked.workspace
    read = [*workspace.playbooks, *workspace.tests, *workspace.templates.files, *checked.problems]
    tops = [path.resolve() for path in paths]
    files = {one.file for one in read if any(Path(one.file).resolve().is_relative_to(top) for top in tops)}
    files |= {one.file for one in checked.tests if checked.file_of(one.playbook) in files}
    return Selected(checked, frozenset(files), any(path.is_absolute() for path in paths))


def _templates_used(workspace: Workspace, files: set[str]) -> Iterator[str]:
    used = {name for document in workspace.playbooks if document.file in files for name in templates_of(document)}
    yield from (one.file for one in workspace.templates.files if one.name in used)
    # One that could not be read is no template yet; its file is named as the template would be.
    yield from (str(workspace.folder / TEMPLATES / f"{name}.md") for name in used)


def _not_found(path: Path) -> Problem:
    message, fix = (
        f"there is no file, folder or playbook {path}",
        "Name one that is there. PLAYBOOK_WORKSPACE says which workspace is meant",
    )
    return Problem(str(path), *START, "error", "", message, fix, "not-found")


def _no_workspace(path: Path) -> Problem:
    message = f"there is no {VOCABULARY} here or in a folder above, so this is not a workspace"
    fix = f"Write {VOCABULARY}, or name the folder that has it"
    return Problem(str(path), *START, "error", "", message, fix, "no-vocabulary")
