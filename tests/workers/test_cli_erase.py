"""`playbook erase`, as a user runs it."""

import pytest

from tests.support.commands import playbook
from tests.support.erased import bytes_of
from tests.support.small_workspace import small_workspace

FACTS = """\
{"id": "f1", "account": "acme", "at": "2026-03-02T14:00:00Z", "fields": {"name": "Acme", "stage": "adoption", "arr": 5000}}
{"id": "f2", "account": "acme", "at": "2026-03-02T14:00:00Z", "team": {"csm": "ben"}}
{"id": "f3", "account": "acme", "at": "2026-03-02T14:00:00Z", "contact": {"id": "c1", "name": "Lee Varga", "role": "champion", "email": "lee@acme.test"}}
{"id": "f4", "account": "acme", "at": "2026-03-02T14:00:00Z", "metric": "score", "value": 40}
"""  # noqa: E501 - a line is a fact


@pytest.fixture(autouse=True)
def filled(tmp_path, monkeypatch):
    """One account that is in the playbook."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    small_workspace(tmp_path / "playbooks")
    (tmp_path / "facts.ndjson").write_text(FACTS)
    assert playbook("apply").code == 0
    assert playbook("import", "facts.ndjson").code == 0


def test_an_account_is_erased_with_counts_and_then_not_known(tmp_path):
    ran = playbook("erase", "acme", "--yes")

    assert (ran.code, ran.out[:41]) == (0, "erased: 1 live run ended, 1 open task and")
    assert playbook("tasks", "--json").json == []
    again = playbook("erase", "acme", "--yes")
    assert (again.code, again.err) == (1, "playbook: there is no account 'acme', or it is erased already\n")
    assert b"acme" not in bytes_of(tmp_path / "data").lower()


def test_nothing_is_erased_before_somebody_has_said_yes():
    ran = playbook("erase", "acme")

    assert ran.code == 1
    assert "playbook: acme is erased for good: 1 live run ended" in ran.err
    assert ran.err.endswith("Say --yes to do it\n")
    assert len(playbook("tasks", "--json").json) == 1


def test_a_person_is_erased_and_the_account_stays(tmp_path):
    ran = playbook("erase", "acme", "--contact", "c1", "--yes", "--json")

    assert (ran.code, ran.json["facts"], ran.json["overwritten"]) == (0, 1, True)
    assert len(playbook("tasks", "--json").json) == 1
    assert b"varga" not in bytes_of(tmp_path / "data").lower()


def test_a_person_whom_the_account_does_not_know_is_told_so():
    ran = playbook("erase", "acme", "--contact", "c2", "--yes")

    assert (ran.code, ran.err) == (1, "playbook: acme has no contact 'c2', or it is erased already\n")
