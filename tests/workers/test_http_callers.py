"""Who may call the HTTP interface, and what a key in the request is good for."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from activities.store import answers, tasks
from activities.store.answers import Asked
from tests.support.callers import ELSEWHERE, caller
from tests.support.hosts import HandClock, only_run
from tests.support.reviews import reviewing, under_review
from workers.settings_values import ApiToken, Scope

READ = ApiToken("board", SecretStr("read-read-read-read"), frozenset({Scope.READ}))
OPS = ApiToken("ops", SecretStr("ops-ops-ops-ops-ops"), frozenset({Scope.READ, Scope.OPERATE}))
CRM = ApiToken("crm", SecretStr("crm-crm-crm-crm-crm"), frozenset({Scope.FACTS}))


@pytest.fixture
def host(sqlite):
    return reviewing(sqlite)


def bearer(token):
    return {"Authorization": f"Bearer {token.secret.get_secret_value()}"}


# --- who


@pytest.mark.parametrize(
    ("token", "allowed"), [(READ, {"GET /runs"}), (CRM, {"POST /facts"}), (OPS, {"GET /runs", "POST /runs/x/stop"})]
)
def test_a_token_does_what_its_scopes_say_and_nothing_else(host, token, allowed):
    client = caller(host, READ, OPS, CRM, client=ELSEWHERE)
    calls = ("GET /runs", "POST /facts", "POST /runs/x/stop")

    told = {call: client.request(*call.split(), headers=bearer(token)).status_code for call in calls}

    assert {call for call, status in told.items() if status != 403} == allowed


@pytest.mark.parametrize(
    "shown", [None, "Bearer nonsense", "Bearer ", "Basic abc", "Bearer \xe9\xff", "Bearer read-read-read-rea"]
)
def test_a_caller_that_nobody_knows_is_refused(host, shown):
    client = caller(host, READ)
    headers = {"Authorization": shown.encode("latin-1")} if shown is not None else {}

    told = client.get("/runs", headers=headers)

    assert (told.status_code, told.headers["www-authenticate"]) == (401, "Bearer")
    assert "read-read" not in told.text


def test_without_tokens_programs_on_this_machine_may_call(host):
    for here in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert caller(host, client=(here, 1)).get("/runs").status_code == 200


@pytest.mark.parametrize(
    ("client", "url", "headers"),
    [
        (ELSEWHERE, "http://localhost", {}),
        (("127.0.0.1", 1), "http://localhost", {"X-Forwarded-For": "203.0.113.9"}),
        (("127.0.0.1", 1), "http://localhost", {"Origin": "https://evil.example"}),
        (("127.0.0.1", 1), "http://rebound.example", {}),
    ],
)
def test_without_tokens_nobody_else_may(host, client, url, headers):
    told = caller(host, client=client, base_url=url).get("/runs", headers=headers)

    assert told.status_code == 401
    assert "PLAYBOOK_API_TOKENS" in told.json()["fix"]


def test_who_acts_is_the_token_unless_the_body_names_a_person(host):
    _, task = under_review(host)
    client = caller(host, OPS)

    told = client.post(f"/tasks/{task.id}/complete", json={"outcome": "saved"}, headers=bearer(OPS))

    assert told.json()["by"] == "ops"


# --- once


def test_a_key_that_comes_again_does_nothing_again_and_gives_the_same_answer(host):
    _, task = under_review(host)
    client = caller(host)
    said = {"json": {"note": "hello"}, "headers": {"Idempotency-Key": "k1"}}

    first = client.post(f"/tasks/{task.id}/note", **said)
    again = client.post(f"/tasks/{task.id}/note", **said)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len(host.database.read(lambda connection: tasks.history(connection, task.id))) == 1


def test_a_refusal_comes_again_as_it_was(host):
    _, task = under_review(host)
    client = caller(host)
    client.post(f"/tasks/{task.id}/complete", json={"outcome": "saved"})
    said = {"headers": {"Idempotency-Key": "k1"}}

    first = client.post(f"/tasks/{task.id}/complete", **said)
    client.post(f"/tasks/{task.id}/reopen")
    again = client.post(f"/tasks/{task.id}/complete", **said)

    assert (first.status_code, again.status_code, again.json()) == (409, 409, first.json())
    assert again.headers["content-type"] == "application/problem+json"


def test_a_key_that_stands_for_something_else_is_refused(host):
    _, task = under_review(host)
    client = caller(host)
    key = {"Idempotency-Key": "k1"}
    client.post(f"/tasks/{task.id}/note", json={"note": "hello"}, headers=key)

    body = client.post(f"/tasks/{task.id}/note", json={"note": "other"}, headers=key)
    path = client.post(f"/tasks/{task.id}/complete", json={"note": "hello"}, headers=key)

    assert (body.status_code, path.status_code) == (409, 409)
    assert body.json()["type"] == "urn:playbook:problem:key-reused"


def test_a_fault_keeps_no_key_from_being_used_again(host):
    _, task = under_review(host)
    client = caller(host)
    key = {"Idempotency-Key": "k1"}

    wrong = client.post(f"/tasks/{task.id}/reassign", json={"to": "nobody"}, headers=key)
    right = client.post(f"/tasks/{task.id}/reassign", json={"to": "ben"}, headers=key)

    assert (wrong.status_code, right.status_code) == (409, 200)


def test_two_callers_may_use_one_key(host):
    _, task = under_review(host)
    other = ApiToken("other", SecretStr("other-other-other-other"), frozenset({Scope.OPERATE}))
    client = caller(host, OPS, other)

    told = [
        client.post(f"/tasks/{task.id}/note", json={"note": one.name}, headers={**bearer(one), "Idempotency-Key": "k"})
        for one in (OPS, other)
    ]

    assert [one.status_code for one in told] == [200, 200]


def test_a_key_that_comes_many_times_at_once_is_done_once(database):
    host = reviewing(database)
    client = caller(host)
    said = {"json": {"account": "acme"}, "headers": {"Idempotency-Key": "k1"}}

    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(lambda _: client.post("/playbooks/review/start", **said), range(6)))

    assert {one.status_code for one in told} == {201}
    assert {one.json()["run"] for one in told} == {only_run(host).id}


@pytest.mark.parametrize("key", ["", " ", "k" * 256])
def test_a_key_must_be_a_text_of_some_length(host, key):
    told = caller(host).post("/runs/x/stop", headers={"Idempotency-Key": key})

    assert (told.status_code, told.json()["where"]) == (400, "Idempotency-Key")


def test_the_relay_is_told_after_the_commit(sqlite):
    seen = []
    host = reviewing(sqlite, stir=lambda: seen.append(_state_of_tasks(sqlite)))
    _, task = under_review(host)
    seen.clear()

    caller(host).post(f"/tasks/{task.id}/complete", json={"outcome": "saved"})

    assert seen == [["done"]]


def _state_of_tasks(database):
    return [one.state for one in database.read(tasks.listed)]


def test_answers_are_forgotten_after_a_week(database):
    clock = HandClock()
    asked = Asked("", "k", "d")

    def claim():
        return database.write(lambda connection: answers.claim(connection, asked, clock()))

    claim()
    database.write(lambda connection: answers.keep(connection, asked, 200, "{}"))

    clock.go(days=6)
    within = claim()
    clock.go(days=2)

    assert (within, claim()) == (answers.Told("d", 200, "{}"), None)
