"""`playbook results` and `GET /results`: the same figures, for people and for programs."""

from pathlib import Path

import pytest

from activities.effect import perform
from activities.store import effects
from tests.support.callers import caller
from tests.support.commands import playbook
from tests.support.small_workspace import CALL, small_workspace
from tests.support.workspaces import written
from workers.http.examples import RESULT
from workers.settings import load_settings
from workers.wiring import host_from

FACTS = """\
{"id": "f1", "account": "acme", "fields": {"name": "Acme", "stage": "adoption", "arr": 5000}}
{"id": "f2", "account": "acme", "team": {"csm": "ben"}}
{"id": "f3", "account": "acme", "contact": {"id": "c1", "name": "Kim", "role": "champion", "email": "kim@acme.test"}}
{"id": "f4", "account": "acme", "metric": "score", "value": 40}
"""


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """One mail of a playbook has gone to the outbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    Path("facts.ndjson").write_text(FACTS)
    folder = small_workspace(Path("playbooks"))
    steps = "  - email: thanks\n    to: champion\n    template: thanks\n"
    written(folder, {"adoption/call.yaml": f"{CALL.partition('steps:')[0]}steps:\n{steps}"})
    (folder / "adoption/call.test.yaml").unlink()
    (folder / "policy.yaml").write_text((folder / "policy.yaml").read_text() + "holdout: {share: 1%, salt: x}\n")
    playbook("apply")
    playbook("import", "facts.ndjson")
    host = host_from(load_settings())
    (mail,) = host.database.read(effects.listed)
    perform(host, mail.id, None, lambda receipt: None)
    yield host
    host.database.close()


def test_the_figures_are_told_in_a_table_and_as_json(sent):
    told, (found,) = playbook("results"), playbook("results", "call", "--within", "2 weeks", "--json").json

    assert told.lines[:2] == ["call: 1 run", "  goal within 30 days: 0 of 0 with it, 0 of 0 of those held out"]
    assert "thanks  thanks    1" in told.out
    assert found["mails"][0] | {"step": "thanks", "sent": 1, "opened": 0} == found["mails"][0]


def test_programs_get_the_same(sent):
    (told,) = caller(sent).get("/results?playbook=call").json()["items"]

    assert told.keys() == RESULT.keys()
    assert told["mails"][0].keys() == RESULT["mails"][0].keys()
    assert told["mails"][0]["sent"] == 1


def test_what_is_not_there_is_said(sent):
    assert playbook("results", "another").out == "no run began and no mail went out in that time\n"
    assert playbook("results", "--within", "soon").err == (
        "playbook: --within: 'soon' is no number of days or weeks. Write '30 days'\n"
    )
