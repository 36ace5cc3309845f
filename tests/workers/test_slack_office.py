"""Who of the colleagues it is that acts in Slack, where people.yaml states no Slack id."""

import pytest

from activities.applied import texts_of
from activities.slack.workspace import Workspace
from activities.store import versions
from tests.support.hosts import FOLDER, NOW, host_on, playbook
from workers.slack.office import Kindly, Office

RING = "  - {task: ring, title: Ring Acme, due: 2 business days}\n"


@pytest.fixture
def office(sqlite, slack):
    """Of people.yaml where Ana has no Slack id."""
    host, texts = host_on(sqlite), texts_of(FOLDER)
    texts["people"] = texts["people"].replace("slack: U0ANA, ", "")
    host.database.write(lambda c: versions.apply(c, [playbook(RING)], texts, at=NOW, by="test"))
    return Office(host, Workspace(slack.token, api=slack.api))


def test_who_is_unknown_is_asked_for_anew_at_the_next_click_and_who_is_known_is_not(office, slack):
    slack.people = {"ana.old@vendor.test": "U7NEW"}

    with pytest.raises(Kindly, match=r"ana\.old@vendor\.test"):
        office.colleague("U7NEW")
    slack.people = {"ANA@vendor.test": "U7NEW"}

    assert [office.colleague("U7NEW").id for _ in range(3)] == ["ana"] * 3
    assert slack.calls("users.info") == 2


def test_whose_address_it_is_is_asked_again_after_ten_minutes(slack):
    now, both = [0.0], {"ana@vendor.test", "ben@vendor.test"}
    workspace = Workspace(slack.token, api=slack.api, passing=lambda: now[0])
    slack.people = {"ana@vendor.test": "U7NEW"}
    assert workspace.mail_of("U7NEW", both) == "ana@vendor.test"

    slack.people = {"ben@vendor.test": "U7NEW"}
    now[0] = 599
    soon = workspace.mail_of("U7NEW", both)
    now[0] = 600

    assert (soon, workspace.mail_of("U7NEW", both)) == ("ana@vendor.test", "ben@vendor.test")
