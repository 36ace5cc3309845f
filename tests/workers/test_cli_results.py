"""`playbook results` and `GET /results`: the same figures, for people and for programs."""

import pytest

from activities.effect import perform
from activities.mail.results import Share
from activities.store import effects
from tests.support.callers import caller
from tests.support.commands import playbook
from tests.support.one_mail import want_one_mail
from workers.cli.results import share_told
from workers.http.examples import RESULT
from workers.settings import load_settings
from workers.wiring import host_from


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """One mail of a playbook has gone to the outbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    want_one_mail("holdout: {share: 1%, salt: x}\n")
    host = host_from(load_settings())
    (mail,) = host.database.read(effects.listed)
    perform(host, mail.id, None, lambda receipt: None)
    yield host
    host.database.close()


def test_the_figures_are_told_in_a_table_and_as_json(sent):
    told, (found,) = playbook("results"), playbook("results", "call", "--within", "2 weeks", "--json").json

    assert told.lines[:2] == ["call: 1 run", "  goal within 30 days: 0 of 0 with it, 0 of 0 of those held out"]
    assert "thanks  thanks    1" in told.out
    assert found["mails"][0] | {"step": "thanks", "sent": 1, "replied": 0} == found["mails"][0]


def test_what_was_not_looked_at_is_told():
    assert share_told(Share(1_000, 250)) == "250 of 1000 (25%)"
    assert share_told(Share(1_000, 250, 420)) == "250 of 1000 (25%), 420 left"


def test_what_nobody_could_tell_of_mails_is_not_counted_as_nothing(sent):
    told, (found,) = playbook("results"), playbook("results", "--json").json

    assert (found["mails"][0]["delivered"], found["mails"][0]["bounced"]) == (None, 0)
    assert "—: not known; only SendGrid's events tell it" in told.out


def test_programs_get_the_same(sent):
    (told,) = caller(sent).get("/results?playbook=call").json()["items"]

    assert told.keys() == RESULT.keys()
    assert told["mails"][0].keys() == RESULT["mails"][0].keys()
    assert told["mails"][0]["sent"] == 1


def test_what_is_not_there_is_said(sent):
    unknown = playbook("results", "cal")
    assert (unknown.code, "no playbook 'cal' is applied" in unknown.err, "'call'?" in unknown.err) == (1, True, True)
    assert playbook("results", "call", "--since", "2099-01-01").out == (
        "no run began and no mail went out in that time\n"
    )
    assert playbook("results", "--within", "soon").err == (
        "playbook: --within: 'soon' is no number of days or weeks. Write '30 days'\n"
    )
