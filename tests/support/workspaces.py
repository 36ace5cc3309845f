"""The workspace of the language page, for everybody's tests; and small ones made of a few files."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from engine.workspace import Workspace, load

FOLDER = Path(__file__).parent / "workspace"


@cache
def workspace() -> Workspace:
    """vocabulary.yaml, policy.yaml, people.yaml and templates of tests/support/workspace, without problems."""
    return load(FOLDER).sound()


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with these files, by their paths in it; needs a vocabulary.yaml to be a workspace."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def good_but(folder: Path, files: Mapping[str, str]) -> Path:
    """A copy of the standard workspace in `folder` with these files added or put in place of its own."""
    standard = (path for path in FOLDER.rglob("*") if path.is_file())
    own = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in standard}
    return written(folder, own | dict(files))
