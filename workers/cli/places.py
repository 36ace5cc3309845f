"""Which workspace and which files a command is about: by paths, by a playbook's id or file, or by the setting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.document import Document
from engine.plan import Plan
from engine.problems import InvalidWorkspace, Problems, suggest_or_list
from engine.setting import Setting
from engine.workspace import TEST_ENDING, VOCABULARY, load
from workers.checking import Checked, check, playbook_id
from workers.cli.faults import CommandFault
from workers.cli.selection import about, find_workspace, shared_files
from workers.environment import environment

DEFAULT_WORKSPACE = "playbooks"


def workspace_folder() -> Path:
    """The setting alone is read: a command on files needs no other, and must not fail for another's fault."""
    return Path(environment().get("PLAYBOOK_WORKSPACE", DEFAULT_WORKSPACE))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One playbook that compiles, what it was compiled with, the file it stands in, and the others that compile."""

    plan: Plan
    setting: Setting
    file: Path
    others: Mapping[str, Plan]

    @property
    def tests(self) -> Path:
        """The file of tests beside it, which need not be there."""
        return self.file.with_name(self.file.stem + TEST_ENDING)


def choose(playbook: str) -> Chosen:
    """By id, or by file. Only errors in the files that it needs stand in the way. Raises InvalidWorkspace."""
    checked = check(_folder_of(playbook))
    workspace = checked.workspace
    _no_errors(Problems(one for one in checked.problems if one.file in shared_files(workspace)))
    document = _document(playbook, checked)
    _no_errors(about(checked, [document.file]))
    plans = dict(checked.plans)
    plan = plans.pop(playbook_id(document))
    return Chosen(plan, checked.setting, Path(document.file), plans)


def chosen_paths(named: Sequence[Path]) -> list[Path]:
    """The paths that a caller names, an id of a playbook standing for its file; without any, the whole workspace."""
    folder = workspace_folder()
    unknown = [one for one in named if not one.exists()]
    files = _files_by_id(folder) if unknown else {}
    return [files.get(str(one), one) if one in unknown else one for one in named] or [folder]


def _files_by_id(folder: Path) -> dict[str, Path]:
    """Also of what cannot be read, so that its own fault is told and not that it is not there."""
    workspace = load(folder)
    unread = {id_: Path(file) for file, id_ in workspace.unread.items() if not file.endswith(TEST_ENDING)}
    return unread | {playbook_id(one): Path(one.file) for one in workspace.playbooks}


def texts_and_playbooks() -> tuple[Setting, tuple[str, ...]]:
    """What all playbooks of the workspace share, and their ids. Raises InvalidWorkspace."""
    checked = check(workspace_folder())
    _no_errors(Problems(one for one in checked.problems if one.file in shared_files(checked.workspace)))
    return checked.setting, tuple(checked.documents)


def _folder_of(playbook: str) -> Path:
    path = Path(playbook)
    folder = find_workspace(path) if path.is_file() else workspace_folder()
    if folder is None:
        raise CommandFault(f"{path} belongs to no workspace: there is no {VOCABULARY} in its folder or above")
    if not folder.is_dir():
        raise CommandFault(f"there is no workspace {folder}. Set PLAYBOOK_WORKSPACE to the folder of yours")
    return folder


def _document(playbook: str, checked: Checked) -> Document:
    workspace = checked.workspace
    path = Path(playbook)
    if path.is_file():
        if path.name.endswith(TEST_ENDING):
            raise CommandFault(f"{path} is a file of tests; name the playbook that it is about")
        found = next((one for one in workspace.playbooks if Path(one.file).samefile(path)), None)
        if found is not None:
            return found
        _no_errors(Problems(one for one in workspace.problems if Path(one.file).exists() and path.samefile(one.file)))
        raise CommandFault(f"{path} is not a playbook")
    by_id = checked.documents
    if playbook not in by_id:
        if unread := checked.file_of(playbook):
            _no_errors(about(checked, [unread]))
        fix = suggest_or_list(playbook, by_id)
        raise CommandFault(f"there is no playbook '{playbook}' in {workspace.folder}, and no such file. {fix}".strip())
    return by_id[playbook]


def _no_errors(problems: Problems) -> None:
    if problems.errors:
        raise InvalidWorkspace(problems.errors)
