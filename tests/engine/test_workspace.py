from pathlib import Path

import pytest

from engine.check import check
from engine.policy import Policy
from engine.problems import InvalidWorkspace
from engine.workspace import load
from tests.support.workspaces import FOLDER, good_but, workspace, written

PLAYBOOK = "playbook: {}\nstage: any\nowner: csm\nstart: by hand\nsteps:\n  - task: call\n"


def told(folder: Path) -> list[str]:
    return [str(problem).removeprefix(f"{folder}/") for problem in check(folder).problems]


def test_the_standard_workspace_is_sound():
    assert list(load(FOLDER).problems) == []


def test_a_vocabulary_is_all_that_a_workspace_needs(tmp_path):
    loaded = load(written(tmp_path, {"vocabulary.yaml": ""}))

    assert (loaded.policy, loaded.people.everyone, loaded.playbooks) == (Policy(), (), ())
    assert list(loaded.problems) == []


def test_a_folder_without_vocabulary_is_an_error(tmp_path):
    assert told(tmp_path)[0].startswith("vocabulary.yaml:1:1: error: a workspace needs its vocabulary.")


def test_a_folder_that_is_not_there_is_said_to_be_none(tmp_path):
    assert "there is no folder" in told(tmp_path / "nowhere")[0]


def test_playbooks_and_tests_are_found_wherever_they_lie_in_order(tmp_path):
    files = {"b.yaml": "a: 1", "a/c.yaml": "", "a/c.test.yaml": "", ".git/x.yaml": ":", "a/README.md": "{{ no }}"}

    loaded = load(written(tmp_path, {"vocabulary.yaml": "", **files}))

    assert [document.file for document in loaded.playbooks] == [str(tmp_path / "a/c.yaml"), str(tmp_path / "b.yaml")]
    assert [document.file for document in loaded.tests] == [str(tmp_path / "a/c.test.yaml")]


def test_a_file_is_named_as_the_caller_would_open_it(tmp_path, monkeypatch):
    written(tmp_path / "ws", {"vocabulary.yaml": "filds: {}"})
    monkeypatch.chdir(tmp_path)

    assert [problem.file for problem in load(Path("ws")).problems] == ["ws/vocabulary.yaml"]


def test_problems_of_all_files_are_told_at_once(tmp_path):
    files = {
        "policy.yaml": "countri: US",
        "people.yaml": "people: [{id: ana, manager: x}]",
        "a.yaml": "a: b: c",
        "templates/t.md": "---\nsubject: [x]\n---\n",
    }

    problems = load(written(tmp_path, {"vocabulary.yaml": "", **files})).problems

    assert [Path(problem.file).name for problem in problems] == ["a.yaml", "people.yaml", "policy.yaml", "t.md"]


def test_an_unsound_workspace_is_refused_with_everything_that_is_wrong(tmp_path):
    with pytest.raises(InvalidWorkspace) as refused:
        load(written(tmp_path, {"vocabulary.yaml": "a: 1\nb: 2"})).sound()

    assert len(refused.value.problems) == 2


def test_units_reach_the_texts():
    units = workspace().templates.units

    assert (units["account.arr"], units["metrics.logins.change"]) == ("USD", "percent")
    assert {path for path in units if not path.startswith("metrics.")} == {"account.arr"}
    assert workspace().templates.render_text("{{ account.arr | money }}", {"account": {"arr": 5}}) == "$5"


def test_every_playbook_of_a_sound_workspace_has_its_plan(tmp_path):
    checked = check(good_but(tmp_path, {"a.yaml": PLAYBOOK.format("one"), "b/c.yaml": PLAYBOOK.format("two")}))

    assert list(checked.problems) == []
    assert sorted(checked.plans) == ["one", "two"]


def test_two_playbooks_of_one_id_are_told(tmp_path):
    folder = good_but(tmp_path, {"a.yaml": PLAYBOOK.format("one"), "b.yaml": PLAYBOOK.format("one")})

    said = f"the id 'one' is taken by {folder}/a.yaml. Ids of playbooks are unique: choose another."
    assert told(folder) == [f"b.yaml:1:11: error: playbook: {said}"]


def test_what_is_wrong_with_people_is_not_told_again_by_every_step(tmp_path):
    folder = good_but(tmp_path, {"a.yaml": PLAYBOOK.format("one"), "people.yaml": "people: x", "policy.yaml": ""})

    assert [problem.split(":")[0] for problem in told(folder)] == ["people.yaml"]


def test_a_template_that_no_playbook_uses_is_read_too(tmp_path):
    folder = good_but(tmp_path, {"templates/new.md": "Hello {{ account.naem }} {{ outcome.review }}"})

    said = "account.naem is not in the vocabulary. Did you mean 'account.name'?"
    assert told(folder) == [f"templates/new.md:1:10: error: template 'new': {said}"]


def test_a_number_of_an_event_knows_its_unit_where_all_events_agree(tmp_path):
    dollars, euros = (f"{{type: number, unit: {unit}}}" for unit in ("USD", "EUR"))
    events = f"events:\n  order: {{sum: {dollars}, fee: {dollars}}}\n  refund: {{sum: {euros}, fee: {dollars}}}\n"

    found = load(written(tmp_path, {"vocabulary.yaml": events})).templates.units

    assert {path: unit for path, unit in found.items() if path.startswith("event.")} == {"event.fee": "USD"}


def test_a_title_by_language_that_lacks_one_of_the_mails_is_told(tmp_path):
    files = {
        "policy.yaml": "topics: {a: {title: {en: A}}, b: {title: {en: B, de: B}}, c: {title: C}}",
        "templates/news.de-AT.md": "---\nsubject: Neues\n---\nHallo",
        "templates/note.fr.md": "In Slack",
    }

    loaded = load(written(tmp_path, {"vocabulary.yaml": "", **files}))

    assert [(one.where, one.severity, one.message) for one in loaded.problems] == [
        ("topics > a > title", "warning", "there is none in 'de-at', in which mails are written")
    ]


def test_where_people_have_a_fault_whoever_can_be_made_out_is_known_to_the_other_files(tmp_path):
    people = (FOLDER / "people.yaml").read_text(encoding="utf-8").replace("slack: U0ANA", "slack: U0MAX")

    found = load(good_but(tmp_path, {"people.yaml": people}))

    assert [(one.file, one.code) for one in found.problems] == [(str(tmp_path / "people.yaml"), "same-slack")]
    assert found.people.get("ana") is not None
