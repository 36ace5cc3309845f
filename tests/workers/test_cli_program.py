"""What holds for every command: help with an example, exit codes, no traceback, quiet pipes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.support.commands import playbook
from tests.support.small_workspace import small_workspace
from workers.cli import COMMANDS, program
from workers.cli.faults import crash_report

ROOT = Path(__file__).parents[2]
NAMES = [name for section in COMMANDS.values() for name in section]
SCRIPT = [sys.executable, "-c", "from workers.cli import main; main()"]


def commands() -> list[tuple[str, click.Command]]:
    """Every command and sub-command by what one types."""
    top = program()
    found: list[tuple[str, click.Command]] = []
    for name in NAMES:
        one = top.get_command(click.Context(top), name)
        assert one is not None
        found.append((name, one))
        if isinstance(one, click.Group):
            found += [(f"{name} {inner}", below) for inner, below in one.commands.items()]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_listed_command_is_there_and_has_an_example_in_its_help(name):
    ran = playbook(name, "--help")

    assert ran.code == 0
    assert f"playbook {name}" in ran.out.partition("For example:")[2]


def test_every_sub_command_has_an_example_too():
    assert [name for name, one in commands() if "For example" not in (one.epilog or "")] == []


def test_every_command_has_a_line_in_a_readme():
    text = (ROOT / "workers" / "README.md").read_text()

    assert [name for name in NAMES if f"`playbook {name}" not in text] == []


def test_without_a_command_all_are_listed():
    ran = playbook()

    assert ran.code == 0
    assert all(f"  {name} " in ran.out for name in NAMES)


def test_the_list_of_commands_imports_none_of_them():
    loaded = "import workers.cli, sys; workers.cli.run(['--help']); print({'sqlalchemy', 'rich'} & set(sys.modules))"

    told = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chek",), "Did you mean 'check'?"),
        (("check", "--jsn"), "--json"),
        (("tasks", "--limit", "none"), "'none' is not a valid integer"),
    ],
)
def test_a_wrong_call_is_exit_code_1_and_says_what_is_right(arguments, said):
    ran = playbook(*arguments)

    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


def test_the_version_is_told():
    assert playbook("--version").out.startswith("customer-playbooks ")


def test_a_crash_report_says_where_and_quotes_nobody():
    with pytest.raises(KeyError) as fault:
        {}["kim@acme.test"]

    report = crash_report(fault.value, "check")

    assert "playbook check: KeyError" in report
    assert "test_cli_program.py" in report
    assert "kim@acme.test" not in report


def test_a_fault_of_our_own_is_exit_code_70_without_a_traceback(tmp_path, monkeypatch):
    (tmp_path / "workers_broken.py").write_text("raise ZeroDivisionError('kim')")
    script = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from workers import cli
from workers.cli.program import Listed
cli.COMMANDS["Look"]["broken"] = Listed("workers_broken", "")
sys.argv = ["playbook", "broken"]
cli.main()
"""

    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.returncode == 70
    assert "playbook broken: ZeroDivisionError" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_reader_that_has_seen_enough_is_no_trouble():
    told = subprocess.run(
        f"{sys.executable} -c 'from workers.cli import main; main()' vocabulary --json-schema | head -1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (told.stdout, told.stderr) == ("{\n", "")


def test_an_interruption_is_exit_code_130():
    wait = """
import sys, time, click
from workers import cli
waiting = click.Command('playbook', callback=lambda: (print('here', flush=True), time.sleep(60)))
cli.program = lambda: waiting
sys.argv = ['playbook']
cli.main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", wait],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"

    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)

    assert (process.returncode, said.strip()) == (130, "playbook: interrupted")


def test_no_colour_where_none_is_wanted(tmp_path):
    small_workspace(tmp_path / "playbooks")
    quiet = {**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "", "PYTHONPATH": str(ROOT)}

    told = subprocess.run([*SCRIPT, "vocabulary"], cwd=tmp_path, env=quiet, capture_output=True, text=True, check=True)

    assert "\x1b[" not in told.stdout
