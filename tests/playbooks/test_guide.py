"""The author's guide shows what is really there: examples are parts of the files it names, links lead somewhere."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from engine.steps import KINDS

WORKSPACE = Path(__file__).parents[2] / "playbooks"
GUIDE = (WORKSPACE / "README.md").read_text()


def examples() -> list[tuple[str, str]]:
    """Each YAML example with the file that the text before it names last."""
    found = []
    for block in re.finditer(r"```yaml\n(.*?)```", GUIDE, re.DOTALL):
        named = re.findall(r"[Ff]rom \[`([^`]+\.yaml)`\]", GUIDE[: block.start()])
        found.append((named[-1] if named else "", block.group(1)))
    return found


def shifted(text: str, by: int) -> str:
    return "".join(" " * by + line if line.strip() else line for line in text.splitlines(keepends=True))


@pytest.mark.parametrize(("file", "example"), [(file, text) for file, text in examples() if file])
def test_an_example_is_part_of_the_file_it_is_said_to_be_from(file: str, example: str):
    whole = (WORKSPACE / file).read_text() + "\n"

    assert any(shifted(dedent(example), by) in whole for by in range(0, 17, 2)), f"not in {file}:\n{example}"


def section(title: str) -> str:
    return GUIDE.split(f"\n{title}\n")[1].split("\n## ")[0].split("\n### ")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_kind_has_a_section_with_a_part_of_a_file(kind: str):
    shown = re.findall(r"```yaml\n(.*?)```", section(f"### {kind}"), re.DOTALL)

    assert [one for one in shown if f"- {kind}: " in one]


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("## The head of a playbook", "start:"),
        ("## The head of a playbook", "mode: leaves"),
        ("## The head of a playbook", "on: payment"),
        ("## The head of a playbook", "for: 6 months"),
        ("## How much mail is too much", "caps:"),
        ("## Values by tier or stage", "due: {enterprise"),
        ("## Parameters", "parameters:"),
        ("## A run for each contact or record", "each: "),
        ("## The vocabulary", "count: "),
        ("## Tests", "- test: "),
    ],
)
def test_what_is_not_a_step_is_shown_by_a_part_of_a_file_too(title: str, word: str):
    shown = re.findall(r"```yaml\n(.*?)```", section(title), re.DOTALL)

    assert [one for one in shown if word in one]


def test_no_part_of_a_playbook_is_shown_that_is_in_no_file():
    plain = re.findall(r"\n\n```\n(.*?)```", GUIDE, re.DOTALL)

    assert plain
    assert [one for one in plain if re.match(r"- \w+: |(steps|start|goal|stop|each|meanwhile|parameters):", one)] == []


@pytest.mark.parametrize("page", ["README.md", "demo/README.md"])
def test_links_lead_to_files_that_are_there(page: str):
    text = (WORKSPACE / page).read_text()

    links = re.findall(r"\]\(([^)#:]+)\)", text)

    assert links
    assert [link for link in links if not (WORKSPACE / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "demo/README.md"])
def test_the_author_of_the_data_is_credited_on_every_page_that_shows_it(page: str):
    assert "River @ Rivalytics" in (WORKSPACE / page).read_text()


def test_the_guide_lists_every_playbook():
    ids = [
        re.search(r"^playbook: (\S+)", path.read_text(), re.MULTILINE)
        for folder in ("onboarding", "adoption", "renewal", "advocacy", "alerts")
        for path in (WORKSPACE / folder).glob("*.yaml")
    ]

    assert [found[1] for found in ids if found and f"[`{found[1]}`](" not in GUIDE] == []
