import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import playbook
from tests.support.small_workspace import CALL, small_workspace

SHIPPED = Path(__file__).parents[2] / "playbooks"
ROOT = SHIPPED.parent
KEYS = ["file", "line", "column", "severity", "where", "message", "fix", "code"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_sound_workspace_says_what_was_understood():
    small_workspace(Path("playbooks"))

    ran = playbook("check")

    assert (ran.code, ran.out) == (0, "1 playbook, 5 steps, 1 template, 2 tests: no problems\n")


def test_every_problem_is_told_at_once_where_it_stands():
    wrong = CALL.replace("    due: 2", "    duo: 2").replace('zone == "red"', 'zone == "rad"')
    small_workspace(Path("playbooks"), call=wrong)

    ran = playbook("check")

    assert ran.code == 1
    assert ran.lines[0].startswith("playbooks/adoption/call.yaml:7:")
    assert "Did you mean" in ran.lines[0]
    assert "playbooks/adoption/call.yaml:14:5: error: step 'ring': 'duo' is not a key of a task." in ran.out
    assert ran.lines[-1] == "0 playbooks, 0 steps, 1 template, 2 tests, 1 file not understood: 2 errors"


def test_a_file_with_an_error_is_left_out_of_what_was_understood_whatever_it_is():
    folder = small_workspace(Path("playbooks"))
    (folder / "adoption/call.test.yaml").write_text("playbook: cal\ntests: []\n")
    (folder / "templates/unused.md").write_text("---\nsubject: Hi\n---\n{{ acount.name }}\n")

    last = playbook("check").lines[-1]

    assert last.startswith("1 playbook, 5 steps, 1 template, 0 tests, 2 files not understood: ")


def test_json_has_the_promised_keys_and_counts_lines_from_one():
    small_workspace(Path("playbooks"), call=CALL.replace("    due: 2", "    duo: 2"))

    ran = playbook("check", "--json")

    assert ran.code == 1
    assert [list(problem) for problem in ran.json] == [KEYS]
    assert (ran.json[0]["line"], ran.json[0]["column"], ran.json[0]["severity"]) == (14, 5, "error")


def test_json_of_a_sound_workspace_is_an_empty_list():
    small_workspace(Path("playbooks"))

    assert playbook("check", "--json").json == []


def test_a_folder_without_vocabulary_is_an_error():
    Path("empty").mkdir()

    ran = playbook("check", "empty", "--json")

    assert ran.code == 1
    assert ran.json[0]["code"] == "no-vocabulary"


def test_a_path_that_is_not_there_is_an_error_and_the_others_are_read():
    small_workspace(Path("playbooks"))

    ran = playbook("check", "playbooks", "nowhere")

    assert ran.code == 1
    assert "nowhere:1:1: error: there is no file, folder or playbook nowhere" in ran.out
    assert ran.lines[-1] == "1 playbook, 5 steps, 1 template, 2 tests: 1 error"


def test_an_id_stands_for_its_file():
    small_workspace(Path("playbooks"))

    assert playbook("check", "call").lines == playbook("check", "playbooks/adoption/call.yaml").lines


def test_a_file_is_checked_without_the_faults_of_others():
    small_workspace(Path("playbooks"))
    Path("playbooks/other.yaml").write_text("playbook: other\nsteps: 3\n")

    ran = playbook("check", "playbooks/adoption/call.yaml")

    assert (ran.code, ran.out) == (0, "1 playbook, 5 steps, 0 templates, 2 tests: no problems\n")


def test_a_file_brings_the_faults_of_the_templates_that_it_uses():
    small_workspace(Path("playbooks"))
    Path("playbooks/templates/thanks.md").write_text("---\nsubject: Hi\n---\nDear {{ contact.nmae }}\n")

    ran = playbook("check", "playbooks/adoption/call.yaml")

    assert ran.code == 1
    assert ran.out.startswith("playbooks/templates/thanks.md:4:")


def test_files_are_named_as_the_caller_would_open_them(monkeypatch):
    folder = small_workspace(Path("playbooks"), call=CALL.replace("    due: 2", "    duo: 2")).resolve()
    monkeypatch.chdir(folder / "adoption")

    near, absolute = playbook("check", "call.yaml"), playbook("check", folder)

    assert near.out.startswith("call.yaml:14:5:")
    assert absolute.out.startswith(f"{folder}/adoption/call.yaml:14:5:")


def test_tests_and_templates_are_read_too():
    folder = small_workspace(Path("playbooks"))
    (folder / "adoption/call.test.yaml").write_text("playbook: cal\ntests: [{test: x, strt: 2026-03-02T14:00:00Z}]\n")
    (folder / "templates/unused.md").write_text("---\nsubject: Hi\n---\n{{ acount.name }}\n")

    told = [(problem["file"], problem["code"]) for problem in playbook("check", "--json").json]

    assert ("playbooks/adoption/call.test.yaml", "unknown-playbook") in told
    assert ("playbooks/adoption/call.test.yaml", "unknown-key") in told
    assert ("playbooks/templates/unused.md", "template") in told


def test_the_setting_names_the_workspace_and_another_settings_fault_does_not_matter(monkeypatch):
    small_workspace(Path("elsewhere"))
    monkeypatch.setenv("PLAYBOOK_WORKSPACE", "elsewhere")
    monkeypatch.setenv("PLAYBOOK_CLOCK", "nonsense")

    assert playbook("check").code == 0


def test_the_shipped_workspace_is_sound():
    command = [sys.executable, "-c", "from workers.cli import main; main()", "check", "--json"]

    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert json.loads(told.stdout) == []
