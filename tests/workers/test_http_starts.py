"""Starts of many accounts, held starts and pauses by HTTP."""

import pytest

from tests.support.callers import caller
from tests.support.hosts import acme, host_on, playbook, tell

STEPS = "- wait: long\n  for: 30 days"
RED = "start: {when: metrics.nps.value <= 5, by_hand: true, again: always}\n"


@pytest.fixture
def host(sqlite):
    made = host_on(sqlite, playbook(STEPS, "saver", head="limit: 1 per day\n", start=RED, stage="adoption"))
    for name in ("a1", "a2", "a3"):
        acme(made, name, arr=100 if name == "a1" else 900)
    return made


@pytest.fixture
def client(host):
    return caller(host)


def fall(host, *names):
    for name in names:
        tell(host, name, metric="nps", value=3)


def test_several_accounts_are_started_and_the_others_told_by_reason(client, host):
    tell(host, "a3", fields={"stage": "renewal"})

    told = client.post("/playbooks/saver/start", json={"accounts": ["a1", "a2", "a3", "a9"]})

    assert told.status_code == 200
    assert sorted(told.json()["started"]) == ["a1", "a2"]
    assert told.json()["barred"] == {"stage": ["a3"], "unknown": ["a9"]}


def test_a_dry_run_does_nothing(client):
    told = client.post("/playbooks/saver/start", json={"where": "account.arr > 500", "dry_run": True})

    assert told.json() == {"would_start": ["a2", "a3"], "barred": {}}
    assert client.get("/runs").json()["items"] == []


def test_an_act_for_many_is_done_once_for_its_key(client):
    headers = {"Idempotency-Key": "k1"}

    first, again = (
        client.post("/playbooks/saver/start", json={"accounts": ["a1", "a2"]}, headers=headers) for _ in range(2)
    )

    assert first.json() == again.json()
    assert len(client.get("/runs").json()["items"]) == 2


@pytest.mark.parametrize("body", [{}, {"account": "a1", "accounts": ["a2"]}, {"accounts": []}])
def test_which_accounts_are_meant_must_be_said_in_one_way(client, body):
    assert client.post("/playbooks/saver/start", json=body).status_code == 422


def test_a_condition_that_cannot_be_read_is_told_with_its_place(client):
    told = client.post("/playbooks/saver/start", json={"where": "account.ar > 5"})

    assert (told.status_code, "Did you mean account.arr?" in told.json()["detail"] + told.json()["fix"]) == (409, True)


def test_what_is_held_is_listed_released_and_gone(client, host):
    fall(host, "a1", "a2", "a3")

    listed = client.get("/held", params={"limit": 1}).json()
    rest = client.get("/held", params={"after": listed["next"]}).json()
    dry = client.post("/playbooks/saver/release", json={"dry_run": True}).json()
    released = client.post("/playbooks/saver/release", json={"accounts": ["a2"]}).json()
    dropped = client.post("/playbooks/saver/release", json={"drop": True}).json()

    assert [(one["account"], one["reason"]) for one in (*listed["items"], *rest["items"])] == [
        ("a2", "limit"),
        ("a3", "limit"),
    ]
    assert dry == {"would_start": ["a2", "a3"], "barred": {}}
    assert (list(released["started"]), dropped) == (["a2"], {"dropped": 1})
    assert client.get("/held").json() == {"items": [], "next": None}


def test_held_starts_wait_in_attention(client, host):
    fall(host, "a1", "a2")

    (item,) = client.get("/attention").json()["items"]

    assert (item["kind"], item["account"], item["fix"]) == ("held", "a2", "playbook release saver --account a2")


def test_a_playbooks_starts_are_paused_and_resumed(client, host):
    assert client.post("/playbooks/saver/pause").json() == {"playbook": "saver", "starts": "paused"}
    fall(host, "a1")

    barred = client.post("/playbooks/saver/start", json={"account": "a2"})
    resumed, twice = (client.post("/playbooks/saver/resume") for _ in range(2))

    assert (barred.status_code, barred.json()["reason"]) == (409, "paused")
    assert (resumed.status_code, twice.status_code) == (200, 404)
    assert [one["reason"] for one in client.get("/held").json()["items"]] == ["paused"]


def test_a_playbook_that_is_not_applied_is_not_found(client):
    for act in ("release", "pause"):
        told = client.post(f"/playbooks/savr/{act}", json={"accounts": ["a1"]} if act == "release" else {})

        assert (told.status_code, "saver" in told.json()["fix"]) == (404, True)


def test_what_is_held_is_a_figure_for_whoever_watches(client, host):
    fall(host, "a1", "a2", "a3")

    assert 'playbook_starts_held{playbook="saver",reason="limit"} 2' in client.get("/metrics").text


def test_values_are_given_by_a_start_and_those_that_do_not_fit_are_told(sqlite):
    head = "parameters: {notice: 90 days}\n"
    steps = "- task: go\n  due: $notice"
    host = host_on(sqlite, playbook(steps, "timed", head=head, start="start: by hand\n"))
    acme(host)
    client = caller(host)

    wrong = client.post("/playbooks/timed/start", json={"account": "acme", "with": {"notice": 60}})
    right = client.post("/playbooks/timed/start", json={"account": "acme", "with": {"notice": "60 days"}})

    assert (wrong.status_code, right.status_code) == (400, 201)
    assert "60 is not a time such as '3 business days', as 'notice' is" in wrong.json()["detail"]
