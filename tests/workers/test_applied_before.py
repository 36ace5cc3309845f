"""What an older release applied and this one refuses: told by the doctor and by attention, while it goes on."""

import pytest

from activities.store import versions
from tests.support.commands import playbook
from tests.support.small_workspace import small_workspace
from workers.settings import load_settings
from workers.wiring import host_from


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Applies a policy of these words as an older release would have."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    small_workspace(tmp_path / "playbooks")
    assert playbook("apply").code == 0

    def apply(policy):
        host = host_from(load_settings())
        texts = host.database.read(lambda c: versions.texts(c, 1)) | {"policy": policy}
        host.database.write(lambda c: versions.apply(c, [], texts, at=host.clock.now(), by="an older release"))
        host.database.close()

    return apply


def test_what_check_refuses_of_late_is_told_and_how_it_is_mended(refused):
    refused("mail: {language: jp}\n")

    doctor, [line] = playbook("doctor"), playbook("attention", "--json").json

    assert "`check` refuses what is applied: policy.yaml:1:18: error: mail > language: 'jp'" in " ".join(
        doctor.out.split()
    )
    assert doctor.code == 1
    assert (line["kind"], line["id"]) == ("applied", "policy.yaml")
    assert line["fix"] == "what could be understood goes on; mend it (playbook check) and playbook apply"


def test_what_cannot_be_read_any_more_is_told_by_the_doctor_and_mended_by_the_next_apply(refused):
    refused("caps: [{email: two a week, per: contact}]\n")

    told = " ".join(playbook("doctor").out.split())

    said = "What is applied cannot be read any more, so nothing goes on"
    assert f"{said}: policy.yaml:1:16: error: caps 1 > email" in told
    assert playbook("attention").code == 1
    assert playbook("apply").code == 0
    assert playbook("attention", "--json").json == []
