"""What the help of a command names in its examples is there: its options, and the words of the workspace we ship."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from engine.plan import Plan
from workers.checking import Checked, check
from workers.cli import COMMANDS, program

ROOT = Path(__file__).parents[2]
PEOPLE = {"by", "to", "person"}
BEGINNING = "-3fa9"  # of every run that an example names


def examples() -> Iterator[str]:
    top = program()
    for name in (name for section in COMMANDS.values() for name in section):
        one = top.get_command(click.Context(top), name)
        below = one.commands.values() if isinstance(one, click.Group) else ()
        for command in (one, *below):
            yield from re.findall(r"^  (playbook .+)$", (command and command.epilog) or "", re.MULTILINE)


@cache
def shipped() -> Checked:
    return check(ROOT / "playbooks")


@pytest.mark.parametrize("example", sorted(set(examples())))
def test_what_an_example_names_is_there(example, monkeypatch):
    monkeypatch.chdir(ROOT)

    named = told_to(example)

    assert [*lacking(named), *lacking_in_playbook(named)] == []


def told_to(example: str) -> dict[str, Any]:
    """What the command gets; a wrong option is told by an exception."""
    words = shlex.split(example, comments=True)[1:]
    command: click.Command | None = program()
    while isinstance(command, click.Group) and words:
        command = command.get_command(click.Context(command), words.pop(0))
    assert command is not None
    return {name: said for name, said in command.make_context("playbook", words).params.items() if said}


def lacking(named: dict[str, Any]) -> Iterator[str]:
    """Files of the workspace, people and templates that are not there. Other files are the reader's own."""
    files = [str(one) for said in named.values() for one in (said if isinstance(said, tuple) else (said,))]
    yield from (one for one in files if one.startswith("playbooks/") and not Path(one).exists())
    yield from (named[one] for one in PEOPLE & set(named) if named[one] not in shipped().setting.people.ids)
    if "what" in named and named["what"] not in shipped().setting.templates.names and plan_of(named) is None:
        yield named["what"]


def plan_of(named: dict[str, Any]) -> Plan | None:
    """By its id, by one of its mails, or by a run of it."""
    runs = [one for one in (named.get("run"), *named.get("names", ())) if one and one.endswith(BEGINNING)]
    ids = [named.get("playbook"), named.get("what", "").partition("/")[0], *(one.rpartition("-")[0] for one in runs)]
    return next((shipped().plans[one] for one in ids if one in shipped().plans), None)


def lacking_in_playbook(named: dict[str, Any]) -> Iterator[str]:
    plan = plan_of(named)
    if plan is None:
        yield from (str(named[one]) for one in ("playbook", "run") if one in named)
        return
    step = named.get("step") or named.get("what", "").partition("/")[2]
    if step and step not in {one.id for one in plan.steps.values()}:
        yield f"step {step}"
    told = [story.name for one in shipped().tests if one.playbook == plan.playbook for story in one.stories]
    if "word" in named and not any(named["word"] in one for one in told):
        yield f"test {named['word']}"
    if {"given", "where", "file"} & set(named) and not plan.start.by_hand:
        yield "a start by hand"
