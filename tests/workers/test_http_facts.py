"""Facts by HTTP: each item's answer, exact numbers, and everything that is no list of facts."""

import json
from decimal import Decimal

import pytest

from activities.store import facts
from tests.support.callers import caller
from tests.support.hosts import acme, host_on
from workers.http.facts import MOST

NPS = {"id": "n1", "account": "acme", "at": "2026-03-02T13:00:00Z", "metric": "nps", "value": 3}


@pytest.fixture
def host(sqlite):
    host = host_on(sqlite)
    acme(host)
    return host


@pytest.fixture
def client(host):
    return caller(host)


def kept(host, id_):
    found = host.database.read(lambda connection: facts.of_account(connection, "acme"))
    return next(one for one in found if one.id == id_)


@pytest.mark.parametrize("body", [[NPS], {"facts": [NPS]}])
def test_a_list_of_facts_is_stored(client, host, body):
    told = client.post("/facts", json=body)

    assert told.status_code == 200
    assert told.json() == {
        "answers": [{"id": "n1", "status": "stored", "reasons": []}],
        "stored": 1,
        "duplicate": 0,
        "rejected": 0,
    }
    assert kept(host, "n1").value == 3


def test_what_was_stored_before_is_a_duplicate_and_no_fault(client):
    client.post("/facts", json=[NPS])

    told = client.post("/facts", json=[NPS])

    assert (told.status_code, told.json()["answers"][0]["status"]) == (200, "duplicate")


def test_each_item_has_its_own_answer_and_the_good_ones_are_stored(client, host):
    wrong = {**NPS, "id": "n2", "metric": "npss"}

    told = client.post("/facts", json=[wrong, "nonsense", NPS, None])

    assert told.status_code == 207
    answers = told.json()["answers"]
    assert [one["status"] for one in answers] == ["rejected", "rejected", "stored", "rejected"]
    assert "Did you mean 'nps'?" in answers[0]["reasons"][0]
    assert "'nonsense' is not an object" in answers[1]["reasons"][0]
    assert kept(host, "n1")


def test_a_number_is_kept_exactly_as_it_was_written(client, host):
    body = '[{"id": "n", "account": "acme", "fields": {"arr": 0.1000000000000000055}}]'

    told = client.post("/facts", content=body)

    assert told.status_code == 200
    assert kept(host, "n").fields["arr"] in {Decimal("0.1000000000000000055"), "0.1000000000000000055"}


@pytest.mark.parametrize(
    "number", ["NaN", "-Infinity", "1e999", "1e99999999999999999999", "9" * 5000, "0." + "1" * 500]
)
@pytest.mark.parametrize("where", ['"metric": "nps", "value": ', '"fields": {"seats": ', '"fields": {"name": '])
def test_what_is_no_number_to_be_kept_is_refused_by_itself(client, number, where):
    end = "}}" if "{" in where else "}"
    body = f'[{{"id": "n", "account": "acme", {where}{number}{end}, {json.dumps(NPS)}]'

    told = client.post("/facts", content=body)

    assert [one["status"] for one in told.json()["answers"]] == ["rejected", "stored"]
    assert len(told.content) < 2_000


@pytest.mark.parametrize(
    ("body", "status", "where", "what"),
    [
        (b"", 400, "body", "empty"),
        (b"[{]", 400, "line 1, column 3", "Expecting"),
        (b"[\xff]", 400, "byte 2", "UTF-8"),
        (b'{"fact": []}', 400, "body", "not a list"),
        (b"3", 400, "body", "not a list"),
        (b"[]", 422, "body", "no fact"),
        (b"[" * 100_000, 400, "body", "deep"),
        (b"[" * 60 + b"]" * 60, 400, "body", "deep"),
        (b"[" + b"1," * MOST + b"1]", 413, "body", "1,001 facts"),
    ],
)
def test_what_is_no_list_of_facts_is_refused_whole(client, body, status, where, what):
    told = client.post("/facts", content=body)

    problem = told.json()
    assert told.headers["content-type"] == "application/problem+json"
    assert (told.status_code, problem["status"], problem["where"]) == (status, status, where)
    assert what in problem["detail"]
    assert problem["fix"]


def test_a_body_has_a_limit_whether_it_says_its_length_or_not(client):
    large = b" " * 5_000_001

    async def in_parts():
        yield large[:3_000_000]
        yield large[3_000_000:]

    said = client.post("/facts", content=large)
    streamed = client.post("/facts", content=in_parts())

    assert (said.status_code, streamed.status_code) == (413, 413)


def test_a_compressed_body_is_refused_by_name(client):
    told = client.post("/facts", content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})

    assert told.status_code == 415
    assert "gzip" in told.json()["detail"]


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_keeps_is_refused_by_itself(client, text):
    name = {"id": "x1", "account": "acme", "fields": {"name": text}}
    named = {**NPS, "id": text}

    told = client.post("/facts", content=json.dumps([name, named, NPS]))

    assert [one["status"] for one in told.json()["answers"]] == ["rejected", "rejected", "stored"]


def test_before_anything_is_applied_the_caller_is_told_what_to_do(sqlite):
    from activities.applied import Applied
    from activities.clock import Clock
    from activities.host import Host

    told = caller(Host(sqlite, Clock(), Applied(), {})).post("/facts", json=[NPS])

    assert told.status_code == 409
    assert "playbook apply" in told.json()["fix"]
