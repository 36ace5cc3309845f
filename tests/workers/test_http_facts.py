"""Facts by HTTP: each item's answer, exact numbers, and everything that is no list of facts."""

import json
import re
from decimal import Decimal

import pytest

from activities.store import facts
from tests.support.callers import caller
from tests.support.hosts import acme, host_on
from workers.http.batches import MOST
from workers.http.exact_json import fault_in, loosely

DEEP = "it is nested more than 20 deep. Send what the schema in /openapi.json asks for"
NPS = {"id": "n1", "account": "acme", "at": "2026-03-02T13:00:00Z", "metric": "nps", "value": 3}


def known_on(database):
    host = host_on(database)
    acme(host)
    return host


@pytest.fixture
def host(sqlite):
    return known_on(sqlite)


@pytest.fixture
def client(host):
    return caller(host)


def everything(host):
    return host.database.read(lambda connection: facts.of_account(connection, "acme"))


def kept(host, id_):
    return next(one for one in everything(host) if one.id == id_)


@pytest.mark.parametrize("body", [[NPS], {"facts": [NPS]}])
def test_a_list_of_facts_is_stored(client, host, body):
    told = client.post("/facts", json=body)

    assert told.status_code == 200
    assert told.json() == {
        "answers": [{"item": 1, "id": "n1", "status": "stored", "reasons": []}],
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

    told = client.post("/facts", content=json.dumps([wrong, "nonsense", NPS, None, True, 2.5, []]))

    assert told.status_code == 207
    answers = told.json()["answers"]
    assert [one["item"] for one in answers if one["status"] == "rejected"] == [1, 2, 4, 5, 6, 7]
    assert "Did you mean 'nps'?" in answers[0]["reasons"][0]
    assert [one["reasons"][0].partition(" is not an object. Send {…}")[0] for one in answers if not one["id"]] == [
        "'nonsense'",
        "null",
        "true",
        "2.5",
        "a list",
    ]
    assert kept(host, "n1")


def test_a_number_is_kept_exactly_as_it_was_written(client, host):
    body = '[{"id": "n", "account": "acme", "fields": {"arr": 0.1000000000000000055}}]'

    told = client.post("/facts", content=body)

    assert told.status_code == 200
    assert kept(host, "n").fields["arr"] in {Decimal("0.1000000000000000055"), "0.1000000000000000055"}


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "1e999", "1e400000", "1e99999999999999999999", "9" * 5000, "0." + "1" * 500],
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
        (b"3", 400, "body", "3 is not a list"),
        (b"null", 400, "body", "null is not a list"),
        (b'{"facts": true}', 400, "body", "true is not a list"),
        (json.dumps(NPS).encode(), 400, "body", "an object is not a list"),
        (b"[]", 422, "body", "no fact"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "body", "deep"),
        (b'{"facts": [], "facts": []}', 400, "body", "more than once"),
        (b"[" * 100_000, 400, "line 1, column 100001", "Expecting"),
        (b'[{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"},\n 3x]", 400, "line 2, column 3", "Expecting"),
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


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (
            '{"id": "x", "account": "acme", "fields": {"arr": 1, "seats": 2, "arr": 3}, "id": "y"}',
            "the key 'id' stands more than once; fields: the key 'arr' stands more than once. Keep one of them",
        ),
        ('{"id": "x", "fields": ' + "[" * 60 + "]" * 60 + "}", DEEP),
        ('{"id": "x", "fields": ' + '{"a":' * 10_000 + '"[[\\"]"' + "}" * 10_000 + "}", DEEP),
        ("[" * 10_000 + "]" * 10_000, DEEP),
    ],
)
@pytest.mark.parametrize("form", ["[{}, {}, {}]", '{{"facts": [{}, {}, {}]}}'])
def test_an_item_that_is_too_deep_or_has_a_key_twice_is_refused_alone(client, host, odd, reason, form):
    first, last = (json.dumps({**NPS, "id": one}) for one in ("n1", "n2"))

    told = client.post("/facts", content=form.format(first, odd, last))

    answers = told.json()["answers"]
    assert [one["status"] for one in answers] == ["stored", "rejected", "stored"]
    assert (answers[1]["item"], answers[1]["reasons"]) == (2, [reason])
    assert {"n1", "n2"} <= {one.id for one in everything(host)}


def test_what_is_too_deep_to_be_parsed_is_cut_and_nothing_beside_it():
    deep = '{"a": "}]", "b": [' + "[" * 3_000 + '"\\"]",\n{}' + "]" * 3_000 + "]}"
    beside = [{"text": '[[{ \\ " ]'}, {"deep": [[[[]]]]}, 1]

    given, sound = loosely(f"[{json.dumps(beside)}, {deep}, {json.dumps(beside)}]".encode())

    assert not sound
    assert isinstance(given, list)
    assert [given[0], given[2]] == [beside, beside]
    assert [fault_in(one) is None for one in given] == [True, False, True]


def test_a_body_of_one_object_has_no_key_twice_either(client):
    told = client.put("/accounts/acme", content='{"arr": 1, "arr": 2}')

    assert (told.status_code, told.json()["detail"]) == (400, "body: the key 'arr' stands more than once")


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2026-03-02T14:05:01Z", "more than 5 minutes ahead. Check the sender's clock"),
        ("1975-03-02T14:00:00Z", "more than 50 years back"),
        ("2026-03-02T14:00:00", "has no time zone; write a Z"),
        ("2026-02-30T14:00:00Z", "is not a day of the calendar"),
        ("0001-01-01T00:00:00+14:00", "outside the calendar"),
        (1772460000, "1772460000 is not an instant such as"),
        (None, "null is not an instant such as"),
    ],
)
def test_an_instant_that_cannot_be_is_refused_by_itself(client, at, reason):
    told = client.post("/facts", json=[{**NPS, "id": "odd", "at": at}, NPS])

    assert [one["status"] for one in told.json()["answers"]] == ["rejected", "stored"]
    assert reason in told.json()["answers"][0]["reasons"][0]


def test_reasons_are_in_the_words_of_json(client):
    items = (
        {"id": 7, "account": True, "metric": "nps", "value": {}},
        {"id": "a", "account": "acme", "fields": {"seats": 2.5, "arr": True, "name": None, "tier": [None]}},
        {"id": "b", "account": "acme", "fields": {}},
        {"id": "c", "account": "acme", "team": {"csm": False}},
        {"id": "x" * 300, "account": "x" * 300, "event": 2.50},
    )

    told = client.post("/facts", content=json.dumps(items))

    said = " ".join(reason for one in told.json()["answers"] for reason in one["reasons"])
    assert (told.json()["rejected"], len(told.json()["answers"])) == (5, 5)
    assert not {"True", "False", "None", "Decimal", "dict", "mapping"} & set(re.findall(r"\w+", said)), said
    assert 'id: 7 is not text. Write it in quotes: "7"' in said
    assert "account.seats: 2.5 is not a whole number" in said


# --- one fact a line


LINES = {"Content-Type": "application/x-ndjson; charset=utf-8"}


def test_facts_come_one_a_line_and_an_odd_line_is_rejected_alone_with_its_number(client, host):
    login = {"id": "l1", "account": "acme", "event": "login"}
    lines = [
        *(b"\xef\xbb\xbf" + json.dumps(NPS).encode() + b"\r", b"", b'{"id": ', b"[1]", b'{"id": "t", "id": "u"}'),
        *(b"\xff", b"[" * 9_000, b'{"id": "v", "account": "acme", "metric": "npss", "value": 1}'),
        json.dumps(login).encode(),
    ]

    told = client.post("/facts", content=b"\n".join(lines), headers=LINES)

    assert told.status_code == 207
    answers = {one["line"]: one for one in told.json()["answers"]}
    assert {line: one["status"] for line, one in answers.items() if one["status"] != "rejected"} == {
        1: "stored",
        9: "stored",
    }
    assert (told.json()["stored"], told.json()["rejected"]) == (2, 6)
    assert {line: one["reasons"][0].split(":")[0] for line, one in answers.items() if line in {3, 4, 5, 6, 7}} == {
        3: "column 8",
        4: "a list is not an object. Send {…} for each fact",
        5: "body",
        6: "byte 1",
        7: "column 9001",
    }
    assert {"n1", "l1"} <= {one.id for one in everything(host)}


@pytest.mark.parametrize(
    ("body", "status"), [(b"\n \r\n", 422), (b"", 422), (b"1\n" * (MOST + 1), 413), (b"1\n" * 3_000_000, 413)]
)
def test_lines_have_the_same_limits_as_a_list(client, body, status):
    told = client.post("/facts", content=body, headers=LINES)

    assert (told.status_code, bool(told.json()["fix"])) == (status, True)


# --- what no body may be


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
def test_text_that_no_database_keeps_is_refused_by_itself(database, text):
    client = caller(known_on(database))
    name = {"id": "x1", "account": "acme", "fields": {"name": text}}
    named = {**NPS, "id": text}
    keyed = {"id": "x2", "account": "acme", "fields": {text: 1}}

    told = client.post("/facts", content=json.dumps([name, named, keyed, NPS]))

    assert [one["status"] for one in told.json()["answers"]] == ["rejected", "rejected", "rejected", "stored"]


@pytest.mark.parametrize("said", [{"value": 4}, {"at": "2026-03-02T12:00:00Z"}, {"account": "other"}])
def test_another_fact_under_a_stored_id_is_a_conflict(database, said):
    client = caller(known_on(database))
    client.post("/facts", json=[NPS])

    told = client.post("/facts", json=[{**NPS, **said}])

    assert (told.status_code, told.json()["answers"][0]["status"]) == (207, "rejected")
    assert "conflicts with what is stored under its id" in told.json()["answers"][0]["reasons"][0]
    assert client.post("/facts", json=[NPS]).json()["duplicate"] == 1


def test_before_anything_is_applied_the_caller_is_told_what_to_do(sqlite):
    from activities.applied import Applied
    from activities.clock import Clock
    from activities.host import Host

    told = caller(Host(sqlite, Clock(), Applied(), {})).post("/facts", json=[NPS])

    assert told.status_code == 409
    assert "playbook apply" in told.json()["fix"]
