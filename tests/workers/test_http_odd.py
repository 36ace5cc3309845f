"""Whatever comes, the HTTP interface answers with what, where and what to do, and never breaks."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.callers import caller
from tests.support.reviews import reviewing, under_review

PATHS = (
    "/facts",
    "/accounts/{}",
    "/accounts/acme/contacts/{}",
    "/accounts/{}/team",
    "/runs/{}",
    "/runs/{}/pause",
    "/runs/{}/skip",
    "/runs/{}/stop",
    "/tasks/{}",
    "/tasks/{}/complete",
    "/tasks/{}/snooze",
    "/tasks/{}/reassign",
    "/tasks/{}/note",
    "/playbooks/{}/start",
    "/outbox",
    "/attention",
    "/{}",
)
ANY_TEXT = st.text(st.characters(), max_size=20)  # halves of pairs among them
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -(10**30), 1e308]))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
OF_FACTS = ("id", "account", "at", "fields", "metric", "value", "event", "data", "contact", "record", "team")
OF_ACTS = ("by", "note", "outcome", "until", "to", "path")
OF_ACCOUNTS = ("name", "arr", "seats", "start_date", "role", "country", "time_zone")
KEYS = st.sampled_from([*OF_FACTS, *OF_ACTS, *OF_ACCOUNTS])
VALUES = ANY_JSON | st.sampled_from(
    ["acme", "nps", "login", "ticket", "teams", "2026-03-02T13:00:00Z", "9999-12-31T23:59:59-12:00", "9" * 5000, "0%"]
)
ITEMS = st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=3), max_size=6)


@pytest.fixture(scope="module")
def clients(tmp_path_factory, request):
    from activities.store.database import Database
    from activities.store.tables import metadata

    database = Database(f"sqlite:///{tmp_path_factory.mktemp('odd')}/playbook.db")
    metadata.create_all(database.engine)
    host = reviewing(database)
    run, task = under_review(host)
    yield caller(host), ("acme", run.id, task.id)
    database.close()


def checked(told):
    """Whatever it says, it says it well."""
    assert told.status_code < 500, told.text
    if told.status_code >= 400:
        problem = told.json()
        assert told.headers["content-type"] == "application/problem+json"
        assert problem.keys() >= {"type", "title", "status", "detail", "fix", "where"}
        assert problem["status"] == told.status_code
        assert problem["detail"]
        assert problem["fix"]
        assert "Traceback" not in told.text
    return told


slowly = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@slowly
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]),
    path=st.sampled_from(PATHS),
    named=st.sampled_from([0, 1, 2]) | ANY_TEXT.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)),
    body=st.binary(max_size=60)
    | ITEMS.map(json.dumps)
    | st.lists(ITEMS, max_size=3).map(json.dumps)
    | ANY_JSON.map(json.dumps),
    key=st.none() | st.binary(max_size=20).filter(lambda key: not set(key) & set(b"\r\n")),
)
def test_odd_requests_are_answered_well(clients, method, path, named, body, key):
    client, ids = clients
    name = ids[named] if isinstance(named, int) else named
    headers = {} if key is None else {"Idempotency-Key": key}

    told = client.request(method, path.format(quote(name, safe="")), content=body, headers=headers)

    if method != "HEAD":
        checked(told)


@slowly
@given(items=st.lists(ITEMS | ANY_JSON, min_size=1, max_size=5))
def test_odd_facts_have_an_answer_each(clients, items):
    client, _ = clients

    told = checked(client.post("/facts", content=json.dumps(items)))

    if told.status_code < 300:
        answers = told.json()["answers"]
        assert len(answers) == len(items)
        assert all(one["reasons"] for one in answers if one["status"] == "rejected")
        assert not any("our fault" in reason for one in answers for reason in one["reasons"]), answers


@slowly
@given(
    query=st.dictionaries(st.sampled_from(["limit", "after", "state", "account", "due_by", "at", "other"]), ANY_TEXT)
)
def test_odd_filters_are_answered_well(clients, query):
    client, _ = clients
    safe = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in query.items())

    for path in ("/runs", "/tasks", "/outbox", "/attention"):
        checked(client.get(f"{path}?{safe}"))


def test_everything_that_is_wrong_is_told_at_once(clients):
    client, (_, _, task) = clients

    told = client.post(f"/tasks/{task}/reassign", json={"too": "ana", "note": 7, "by": ""})

    assert told.status_code == 422
    assert [(one["where"], one["message"]) for one in told.json()["errors"]] == [
        ("body.by", "is empty"),
        ("body.note", "Input should be a valid string"),
        ("body.to", "is missing"),
        ("body.too", "is not known here. Did you mean 'to'?"),
    ]


def test_a_filter_that_is_not_known_is_refused_and_not_ignored(clients):
    told = clients[0].get("/runs?acount=acme&limit=0")

    assert told.status_code == 422
    assert sorted(one["where"] for one in told.json()["errors"]) == ["query.acount", "query.limit"]
    assert "Did you mean 'account'?" in told.json()["detail"]


def test_nul_in_an_address_is_refused(clients):
    for path in ("/runs/%00", "/runs?account=%00", "/accounts/a%00"):
        assert clients[0].get(path).status_code == 400


def test_a_method_that_an_address_does_not_take_is_told_with_those_that_it_does(clients):
    told = checked(clients[0].request("DELETE", "/runs"))

    assert (told.status_code, told.headers["allow"]) == (405, "GET")
    assert "GET" in told.json()["fix"]


def test_a_database_in_trouble_is_told_without_its_words(tmp_path):
    from activities.applied import Applied
    from activities.clock import Clock
    from activities.host import Host
    from activities.store.database import Database

    told = caller(Host(Database(f"sqlite:///{tmp_path}/empty.db"), Clock(), Applied(), {})).get("/runs")

    assert (told.status_code, told.headers["retry-after"]) == (503, "2")
    assert "no such table" not in told.text
