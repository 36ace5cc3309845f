"""What its hours or a cap put off: told where one looks at the run, and looked at anew when the policy changes."""

from pathlib import Path

import pytest

from activities import runs
from activities.effect import perform
from activities.store import effects, wakes
from tests.support.commands import playbook
from tests.support.one_mail import want_one_mail
from workers.cli.output import instant_column
from workers.settings import load_settings
from workers.wiring import host_from

GATHERED = "caps: [{email: 9 per 7 days, per: contact, gather: 1 hour}]\n"


@pytest.fixture
def gathered(tmp_path, monkeypatch):
    """A host whose one mail waits for others to come."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    want_one_mail(GATHERED)
    host = host_from(load_settings())
    perform(host, the_mail(host).id, None, lambda receipt: None)
    assert (the_mail(host).state, the_mail(host).held) == ("deferred", "cap")
    host.database.write(lambda c: wakes.delivered(c, wakes.lease(c, host.clock.real(), 10)))
    yield host
    host.database.close()


def the_mail(host):
    (mail,) = host.database.read(effects.listed)
    return mail


def without(text: str) -> None:
    policy = Path("playbooks/policy.yaml")
    policy.write_text(policy.read_text().replace(text, "# a word for whoever reads it\n"))
    assert playbook("apply").code == 0


def test_trace_run_and_runs_tell_what_a_run_waits_for_and_until_when(gathered):
    (run,) = playbook("runs", "--json").json
    until = instant_column(run["look_at"])

    assert run["look_at"] == playbook("outbox", "--json").json[0]["next_try"]
    assert until in playbook("runs").lines[1]
    waits = f"thanks: email to c1 deferred (gathering; next try {until})"
    assert playbook("trace", run["id"]).lines[-1] == f"now: {waits}"
    assert f"email to c1 deferred (gathering; next try {until})" in playbook("run", run["id"]).lines[2]


def test_what_a_cap_holds_is_looked_at_when_a_policy_without_it_is_applied(gathered):
    without(GATHERED)

    assert gathered.database.read(lambda c: wakes.any_due(c, gathered.clock.real()))
    runs.advance(gathered, the_mail(gathered).run)
    perform(gathered, the_mail(gathered).id, None, lambda receipt: None)
    assert the_mail(gathered).state == "sent"


def test_what_waits_goes_on_waiting_when_the_policy_says_the_same_as_before(gathered):
    until = the_mail(gathered).until
    with Path("playbooks/policy.yaml").open("a") as file:
        file.write("# a word for whoever reads it\n")

    assert playbook("apply").code == 0

    assert the_mail(gathered).until == until
