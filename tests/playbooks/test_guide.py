"""The author's guide shows what is really there: examples are parts of the files it names, links lead somewhere."""

import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from engine.compile import compile_with_notes
from engine.document import Document
from engine.policy import Webhook
from engine.setting import Setting
from engine.source import read
from engine.steps import KINDS
from engine.workspace import load

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

    assert any(shifted(dedent(example), by) in whole for by in range(0, 13, 2)), f"not in {file}:\n{example}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_kind_has_a_section_with_an_example(kind: str):
    section = GUIDE.split(f"\n### {kind}\n")[1].split("\n## ")[0].split("\n### ")[0]

    assert f"- {kind}: " in section


@pytest.mark.parametrize("example", re.findall(r"```\n((?:- |meanwhile:).*?)```", GUIDE, re.DOTALL))
def test_an_example_without_a_file_is_one_that_check_takes(example: str):
    part = example if example.startswith("meanwhile:") else f"steps:\n{example}"
    rest = "steps:\n  - {wait: long, for: 90 days}\n" if example.startswith("meanwhile:") else ""
    head = "playbook: example\nowner: csm\nstart: by hand\n"
    document = read(f"{head}{part}{rest}", "example.yaml")
    assert isinstance(document, Document), str(document)

    found = load(WORKSPACE)
    policy = replace(found.policy, webhooks={"crm": Webhook("crm", "https://crm.example/in", "CRM_WEBHOOK_SECRET")})
    setting = Setting(found.vocabulary, policy, found.people, found.templates, ("example", "renewal-risk"))
    _, problems = compile_with_notes(document, setting)

    assert [str(one) for one in problems.errors] == []


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
