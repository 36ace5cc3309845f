"""What the READMEs say is there, is there."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.steps import KINDS

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path for path in ROOT.rglob("README.md") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
FOLDERS = ("engine", "activities", "workers", "playbooks", "tests")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_room_has_its_page(folder):
    assert (ROOT / folder / "README.md").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)\)", page.read_text())

    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_authors_guide_has_an_example_of_every_step_kind():
    guide = (ROOT / "playbooks" / "README.md").read_text()

    assert [kind for kind in KINDS if f"- {kind}: " not in guide] == []


def test_the_playbook_of_the_readme_is_one_that_the_engine_takes(tmp_path):
    from engine.compile import compile_with_notes
    from engine.document import Document
    from engine.source import read
    from tests.support.playbooks import setting

    text = re.search(r"```yaml\n(playbook: .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert text is not None
    document = read(text[1], "README.md")
    assert isinstance(document, Document)

    plan, problems = compile_with_notes(document, setting())

    assert list(problems) == []
    assert plan is not None


def test_the_facts_of_the_curl_example_are_taken_as_they_stand():
    from engine.facts import Fact, read_fact
    from engine.workspace import load

    page = (ROOT / "workers" / "README.md").read_text()
    posted = [json.loads(body) for body in re.findall(r"-d '(\[.*?\])'", page, re.DOTALL)]
    vocabulary = load(ROOT / "playbooks").vocabulary

    read = [read_fact(item, vocabulary, datetime.now(UTC)) for batch in posted for item in batch]

    assert len(read) == 5
    assert [one for one in read if not isinstance(one, Fact)] == []


def test_what_is_locked_has_a_hash_and_names_no_registry():
    npm = json.loads((ROOT / "tests" / "support" / "npm" / "package-lock.json").read_text())
    packages = [one for name, one in npm["packages"].items() if name]
    pins = [path.read_text() for path in ROOT.glob("requirements*.txt")]

    assert [one for one in packages if "resolved" in one or not one["integrity"].startswith("sha512-")] == []
    assert [line for text in pins for line in text.splitlines() if "://" in line or line.startswith("--")] == []
