"""Accounts, runs, tasks, playbooks and messages by HTTP: what is shown, and what is done."""

import pytest

from activities import tasks
from activities.store import runs, suppressions
from tests.support.callers import caller
from tests.support.hosts import NOW, acme, host_on, only_run, playbook
from tests.support.reviews import advanced, reviewing, under_review

RED = "start: {when: metrics.nps.value < 5}\n"
ALARM = "  - {escalate: fire, reason: It burns, ladder: [{to: csm, within: 1 day}]}\n"


@pytest.fixture
def host(sqlite):
    return reviewing(sqlite)


@pytest.fixture
def client(host):
    return caller(host)


# --- accounts


def test_an_account_is_put_into_the_record_and_shown(client):
    told = client.put("/accounts/new", json={"name": "New", "start_date": "2026-01-01", "arr": 10.5})
    client.put("/accounts/new/contacts/k", json={"name": "Kim", "role": "champion"})
    client.put("/accounts/new/team", json={"csm": "ana"})

    assert (told.status_code, told.json()["status"]) == (200, "stored")
    shown = client.get("/accounts/new").json()
    assert shown["fields"] | {"name": "New", "arr": 10.5} == shown["fields"]
    assert [one["id"] for one in shown["contacts"]] == ["k"]
    assert shown["team"] == {"csm": "ana"}


def test_what_is_left_out_of_a_put_stays(client):
    client.put("/accounts/acme", json={"arr": 7})

    assert client.get("/accounts/acme").json()["fields"]["name"] == "Acme"


def test_an_account_that_cannot_be_put_is_told_every_reason(client):
    told = client.put("/accounts/new", json={"nam": "New", "arr": "much"})

    assert told.status_code == 422
    messages = [one["message"] for one in told.json()["errors"]]
    assert len(messages) == 2
    assert "Did you mean 'name'?" in messages[0]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/accounts/acme?at=2020", "is not known here; this address takes no parameters"),
        ("/healthz?x", "is not known here; this address takes no parameters"),
        ("/playbooks/nps/why/acme?att=2020-01-01T00:00:00Z", "is not known here. Did you mean 'at'? Known: at"),
        ("/outbox?x=1", "is not known here. Known: after, limit, account, run, channel, state"),
        ("/runs?acount=acme", "Did you mean 'account'?"),
    ],
)
def test_what_an_address_does_not_know_behind_its_question_mark_is_refused_with_what_it_knows(client, address, said):
    told = client.get(address)

    name = address.partition("?")[2].partition("=")[0]
    (error,) = told.json()["errors"]
    assert (told.status_code, error["where"]) == (422, f"query.{name}")
    assert said in error["message"]


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        ("/playbooks/nope/why/acme", "`playbook apply` applies those of the workspace"),
        ("/playbooks/nope/why/nobody", "POST /facts or PUT /accounts/{id} makes an account known"),
        ("/runs/nope", "GET /runs lists them"),
        ("/tasks/nope", "GET /tasks lists them"),
    ],
)
def test_what_is_not_there_is_told_with_what_makes_it_so(client, address, fix):
    told = client.get(address)

    assert (told.status_code, told.json()["fix"]) == (404, fix)


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("new", "{}", 422, "fields is empty and says nothing. Name at least one field"),
        ("acme/team", "{}", 422, "team is empty and says nothing. Name at least one role"),
        ("new", '{"name": "New"}', 422, "the account 'new' is not known yet; a new one needs start_date"),
        ("acme", '{"fields": {"arr": 1}}', 422, "send them without `fields` around them"),
        ("acme", '{"seats": 2.5, "arr": true}', 422, "account.arr: true is not a number"),
        ("acme", '{"arr": 1, "arr": 2}', 400, "the key 'arr' stands more than once"),
        ("acme", "[]", 400, "a list is not an object"),
        ("acme", "null", 400, "null is not an object"),
        ("acme", "", 400, "the body is empty"),
        ("acme", "name=Acme", 400, "Expecting value"),
        ("acme?at=2026-03-02", '{"arr": 1}', 422, "query.at"),
        ("acme?at=2026-03-02T14:06:00Z", '{"arr": 1}', 422, "more than 5 minutes ahead"),
        ("x" * 201, '{"name": "New", "start_date": "2026-01-01"}', 422, "account is longer than 200 characters"),
        ("acme/contacts/k", '{"role": "champ"}', 422, "Did you mean 'champion'?"),
        ("acme/team", '{"csm": "anna"}', 422, "Did you mean 'ana'?"),
    ],
)
def test_what_cannot_be_put_is_told_with_what_to_do(client, path, body, status, said):
    told = client.put(f"/accounts/{path}", content=body)

    assert (told.status_code, bool(told.json()["fix"])) == (status, True)
    assert said in told.json()["detail"]


def test_the_document_says_that_the_fields_of_an_account_are_sent_bare(client):
    put = client.get("/openapi.json").json()["paths"]["/accounts/{account}"]["put"]

    schema = put["requestBody"]["content"]["application/json"]["schema"]
    assert schema["description"].startswith("The fields themselves, with nothing around them")


def test_a_contact_whose_body_names_another_is_refused(client):
    told = client.put("/accounts/acme/contacts/k", json={"id": "other"})

    assert (told.status_code, told.json()["where"]) == (422, "body.id")


def test_an_id_may_have_a_slash_in_it(client):
    client.put("/accounts/org%2F1", json={"name": "One", "start_date": "2026-01-01"})

    assert client.get("/accounts/org%2F1").json()["id"] == "org/1"


def test_the_picture_has_zones_runs_tasks_and_the_timeline(client, host):
    run, task = under_review(host)

    shown = client.get("/accounts/acme").json()

    assert shown["metrics"]["nps"]["zone"] == "red"
    assert [one["id"] for one in shown["runs"]] == [run.id]
    assert [one["id"] for one in shown["tasks"]] == [task.id]
    assert [one["event"] for one in shown["timeline"]] == ["started", "opened"]


# --- runs


def test_a_run_shows_where_it_stands_and_why_it_began(client, host):
    run, _ = under_review(host)

    shown = client.get(f"/runs/{run.id}").json()

    assert (shown["state"], [one["path"] for one in shown["open"]]) == ("running", ["review"])
    assert shown["trace"][0]["why"]["text"] == "metrics.nps.value < 5"


def test_runs_are_listed_in_pages_that_skip_none(client, host):
    for name in ("a", "b", "c"):
        acme(host, name)
        under_review(host, name)

    first = client.get("/runs?limit=2").json()
    second = client.get(f"/runs?limit=2&after={first['next']}").json()

    accounts = {one["account"] for one in first["items"] + second["items"]}
    assert (len(first["items"]), accounts, second["next"]) == (2, {"a", "b", "c"}, None)


@pytest.mark.parametrize(("state", "verb"), [("running", None), ("paused", "pause"), ("ended", "stop")])
def test_runs_are_found_by_the_state_that_they_show(client, host, state, verb):
    run, _ = under_review(host)
    if verb:
        client.post(f"/runs/{run.id}/{verb}")
        advanced(host, run.id)

    found = {
        one: client.get(f"/runs?state={one}").json()["items"] for one in ("running", "paused", "ended", "attention")
    }

    assert {one for one, items in found.items() if items} == {state}
    assert found[state][0]["state"] == state


def test_a_run_is_held_and_goes_on(client, host):
    run, _ = under_review(host)

    told = client.post(f"/runs/{run.id}/pause", json={"by": "noor"})

    assert (told.status_code, told.json()) == (202, {"run": run.id, "told": ["pause"]})
    assert advanced(host, run.id).paused
    again = client.post(f"/runs/{run.id}/pause")
    assert (again.status_code, again.json()["told"]) == (200, [])
    client.post(f"/runs/{run.id}/resume")
    assert not advanced(host, run.id).paused


def test_a_step_is_skipped_and_a_run_stopped(client, host):
    run, _ = under_review(host)

    client.post(f"/runs/{run.id}/skip", json={"path": "review"})
    assert "review" not in advanced(host, run.id).run.open
    client.post(f"/runs/{run.id}/stop", json={"outcome": "given up"})

    assert advanced(host, run.id).outcome == "given up"
    told = client.post(f"/runs/{run.id}/pause")
    assert (told.status_code, told.json()["detail"]) == (409, f"{run.id} has ended already: given up")


# --- tasks


def test_a_task_is_completed_with_its_outcome(client, host):
    run, task = under_review(host)

    told = client.post(f"/tasks/{task.id}/complete", json={"outcome": "lost", "by": "noor", "note": "sad"})

    assert told.status_code == 200
    assert told.json() | {"state": "done", "outcome": "lost", "by": "noor"} == told.json()
    assert client.get(f"/tasks/{task.id}").json()["history"][0]["note"] == "sad"
    assert "review" not in advanced(host, run.id).run.open


def test_the_first_outcome_wins_and_the_second_is_told_how_it_stands(client, host):
    _, task = under_review(host)
    client.post(f"/tasks/{task.id}/complete", json={"outcome": "saved", "by": "noor"})

    told = client.post(f"/tasks/{task.id}/complete", json={"outcome": "lost", "by": "ana"})

    problem = told.json()
    assert (told.status_code, problem["type"]) == (409, "urn:playbook:problem:done-already")
    assert problem["detail"] == "It is done already: saved by noor."
    assert problem["task"]["outcome"] == "saved"


def test_an_outcome_that_its_author_named_must_be_said(client, host):
    _, task = under_review(host)

    told = client.post(f"/tasks/{task.id}/complete")

    assert (told.status_code, told.json()["detail"]) == (400, "say which outcome: saved, lost")
    assert client.get(f"/tasks/{task.id}").json()["state"] == "open"


def test_an_outcome_that_the_task_has_not_is_told_with_those_that_it_has(client, host):
    _, task = under_review(host)

    told = client.post(f"/tasks/{task.id}/complete", json={"outcome": "savd"})

    problem = told.json()
    assert (told.status_code, problem["where"], problem["task"]["state"]) == (400, "outcome", "open")
    assert "what can be said of it: saved, lost. Did you mean 'saved'?" in problem["detail"]


def test_an_escalation_is_not_closed_with_any_other_word_than_acknowledged(sqlite):
    host = host_on(sqlite, playbook(ALARM, start=RED))
    acme(host)
    _, fire = under_review(host)
    client = caller(host)

    wrong = client.post(f"/tasks/{fire.id}/complete", json={"outcome": "done", "by": "noor"})
    right = client.post(f"/tasks/{fire.id}/complete", json={"by": "noor"})

    assert (wrong.status_code, "what can be said of it: acknowledged." in wrong.json()["detail"]) == (400, True)
    assert (right.status_code, right.json()["outcome"]) == (200, "acknowledged")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
def test_a_body_is_read_as_json_whatever_it_is_called(client, host, kind):
    _, task = under_review(host)
    headers = {"Content-Type": kind} if kind else {}

    odd = client.post(f"/tasks/{task.id}/complete", content="outcome=lost", headers=headers)
    told = client.post(f"/tasks/{task.id}/complete", content='{"outcome": "lost", "by": "noor"}', headers=headers)

    assert (odd.status_code, odd.json()["fix"]) == (400, "Send JSON")
    assert (told.status_code, told.json()["outcome"], told.json()["by"]) == (200, "lost", "noor")


def test_a_task_is_put_off_to_what_lies_ahead_only(client, host):
    _, task = under_review(host)

    told = client.post(f"/tasks/{task.id}/snooze", json={"until": "2020-01-01T00:00:00Z"})

    assert (told.status_code, told.json()["where"]) == (400, "until")


def test_what_people_do_beside_completing(client, host):
    _, task = under_review(host)
    at = f"/tasks/{task.id}"

    snoozed = client.post(f"{at}/snooze", json={"until": "2026-03-05T09:00:00+01:00"}).json()
    given = client.post(f"{at}/reassign", json={"to": "ben", "by": "ana"}).json()
    taken = client.post(f"{at}/claim", json={"by": "ana"}).json()
    client.post(f"{at}/note", json={"note": "hello"})
    client.post(f"{at}/complete", json={"outcome": "saved"})
    opened = client.post(f"{at}/reopen").json()

    assert (snoozed["snoozed"], given["person"], taken["person"]) == ("2026-03-05T08:00:00Z", "ben", "ana")
    assert opened["state"] == "open"
    verbs = [one["verb"] for one in client.get(at).json()["history"]]
    assert verbs == ["snooze", "reassign", "claim", "note", "complete", "reopen"]


def test_a_task_goes_to_colleagues_only(client, host):
    _, task = under_review(host)

    nobody, near = (client.post(f"/tasks/{task.id}/reassign", json={"to": to}) for to in ("zq", "annna"))

    assert (nobody.status_code, nobody.json()["detail"]) == (409, "'zq' is nobody in people.yaml")
    assert nobody.json()["fix"].startswith("Name one who is there: ")
    assert {"ana", "ben"} <= set(nobody.json()["fix"].partition(": ")[2].split(", "))
    assert near.json()["fix"] == "Did you mean 'ana'?"


def test_only_an_escalation_is_acknowledged(client, host):
    _, task = under_review(host)

    told = client.post(f"/tasks/{task.id}/acknowledge")

    assert (told.status_code, told.json()["task"]["state"]) == (409, "open")


def test_tasks_are_found_by_person_state_and_account(client, host):
    _, task = under_review(host)

    def found(query):
        return [one["id"] for one in client.get(f"/tasks?{query}").json()["items"]]

    assert found("person=ana&state=open&account=acme") == [task.id]
    assert found("person=ben") == found("state=done") == found("account=other") == []


# --- playbooks


def test_a_playbook_is_started_by_hand(client, host):
    told = client.post("/playbooks/review/start", json={"account": "acme", "by": "noor"})

    assert (told.status_code, told.json()) == (201, {"run": only_run(host).id})
    again = client.post("/playbooks/review/start", json={"account": "acme"})
    assert (again.status_code, again.json()["reason"]) == (409, "live")
    assert "live already" in again.json()["detail"]


def test_a_playbook_or_account_that_is_not_there_is_told(client):
    playbook = client.post("/playbooks/revew/start", json={"account": "acme"})
    account = client.post("/playbooks/review/start", json={"account": "acm"})

    assert (playbook.status_code, account.status_code) == (404, 404)
    assert "review" in playbook.json()["fix"]
    assert "'acm'" in account.json()["detail"]


# --- messages and attention


def test_messages_are_shown_with_their_text(client, host):
    run, task = under_review(host)
    tasks.complete(host, task.id, "saved")
    advanced(host, run.id)

    (mail,) = client.get("/outbox?channel=email&state=wanted").json()["items"]

    assert (mail["to"], mail["subject"]) == ("c1", "Acme: what you got out of it")
    assert client.get("/outbox?account=other").json()["items"] == []


def test_an_address_that_gets_no_mail_is_shown_and_gets_mail_again(client, host):
    host.database.write(lambda c: suppressions.add(c, "kim@acme.test", "bounced", NOW))
    host.database.write(lambda c: suppressions.opt_out(c, "kim@acme.test", "product", NOW))
    host.database.write(lambda c: suppressions.opt_out(c, "lee@acme.test", suppressions.EVERY, NOW))
    host.database.write(suppressions.salt)

    first = client.get("/suppressions?limit=1").json()
    second = client.get(f"/suppressions?limit=1&after={first['next']}").json()
    lifted = client.request("DELETE", "/suppressions/Kim@acme.test")

    assert [(one["address"], one["words"]) for one in (*first["items"], *second["items"])] == [
        ("kim@acme.test", "no mail: bounced"),
        ("lee@acme.test", "no mail but what is essential"),
    ]
    assert (lifted.status_code, lifted.json()["lifted"]) == (200, 2)
    assert client.request("DELETE", "/suppressions/Kim@acme.test").status_code == 404


def test_a_failed_run_goes_on_without_the_input_at_which_it_failed(client, host):
    run, _ = under_review(host)
    client.post(f"/runs/{run.id}/skip", json={"path": "review"})
    assert client.post(f"/runs/{run.id}/discard").status_code == 409

    host.database.write(lambda c: runs.failed(c, run.id, "the engine failed"))
    wrong, right = (client.post(f"/runs/{run.id}/discard", json=said) for said in ({"input": 0}, {"by": "ana"}))

    assert (wrong.status_code, right.status_code) == (409, 202)
    assert "review" in advanced(host, run.id).run.open


def test_what_waits_for_a_person_is_listed_with_what_to_do(client, host):
    run, _ = under_review(host)
    host.database.write(lambda connection: runs.failed(connection, run.id, "the engine failed 5 times"))

    (found,) = client.get("/attention").json()["items"]

    fix = f"playbook resume {run.id}; if it fails again, playbook discard {run.id}"
    assert (found["kind"], found["id"], found["fix"]) == ("fault", run.id, fix)
    assert [one["id"] for one in client.get("/runs?state=attention").json()["items"]] == [run.id]
    client.post(f"/runs/{run.id}/resume")
    assert client.get("/attention").json()["items"] == []


@pytest.mark.parametrize(
    "path", ["/runs/x", "/tasks/x", "/accounts/x", "/runs/x/pause", "/tasks/x/complete", "/nothing"]
)
def test_what_is_not_there_is_told_by_name(client, path):
    told = client.post(path) if path.count("/") == 3 else client.get(path)

    assert told.status_code == 404
    assert "x" in told.json()["detail"] or "/nothing" in told.json()["detail"]
    assert told.headers["content-type"] == "application/problem+json"
