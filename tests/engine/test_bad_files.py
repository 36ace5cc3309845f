"""Every file in tests/bad/ is wrong, and says so in exactly the words that stand beside it in `<name>.expected`.

`<name>.yaml` is put into a copy of the standard workspace (tests/support/workspace), as itself or, when its first line
is `# as policy.yaml`, in place of that file. `<name>/` is a workspace of its own. The expected text is what `check`
tells, one problem a line, with paths below the workspace. To write it anew after a change: `BAD=write pytest …`.
"""

import os
from pathlib import Path
from shutil import copytree

import pytest

from engine.check import check
from tests.support.workspaces import good_but

BAD = Path(__file__).parents[1] / "bad"
CASES = sorted(path for path in BAD.iterdir() if path.is_dir() or path.suffix == ".yaml")


def workspace_with(case: Path, folder: Path) -> Path:
    if case.is_dir():
        return copytree(case, folder / "workspace")
    text = case.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    name = first.removeprefix("# as ").strip() if first.startswith("# as ") else case.name
    return good_but(folder / "workspace", {name: text})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_wrong_file_says_what_is_wrong_and_what_to_do(case, tmp_path):
    folder = workspace_with(case, tmp_path)
    expected = case.with_suffix(".expected")

    told = str(check(folder).problems).replace(f"{folder}/", "") + "\n"

    if os.environ.get("BAD") == "write":
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")


def test_every_expected_text_has_its_wrong_file():
    orphans = {path.stem for path in BAD.glob("*.expected")} - {case.stem for case in CASES}

    assert orphans == set()
