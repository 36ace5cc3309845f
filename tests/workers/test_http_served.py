"""The HTTP interface as a process: its description, its health, its figures, and how it starts and ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from activities import tasks
from tests.support.callers import caller
from tests.support.hosts import host_on
from tests.support.reviews import advanced, reviewing, under_review
from workers.http import examples
from workers.http.health import Dependency
from workers.http.server import CannotListen, listen, serve, start_line
from workers.settings import Settings
from workers.settings_values import ApiToken, Scope

ROOT = Path(__file__).parents[2]


# What providers call: they show no token, they sign.
SIGNED = {
    *(f"POST /slack/{what}" for what in ("commands", "events", "interactions")),
    *(f"POST /sendgrid/{what}" for what in ("events", "inbound")),
}
# What customers open: the token in the link is all that it takes.
LINKED = {f"{verb} /{page}/{{token}}" for verb in ("GET", "POST") for page in ("unsubscribe", "preferences")}


# --- what it says of itself


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    from activities.store.database import Database
    from activities.store.tables import metadata

    database = Database(f"sqlite:///{tmp_path_factory.mktemp('doc')}/playbook.db")
    metadata.create_all(database.engine)
    yield caller(host_on(database)).get("/openapi.json").json()
    database.close()


def operations(document):
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield f"{method.upper()} {path}", told


def test_every_call_of_the_interface_is_described(document):
    assert {name for name, _ in operations(document)} == {
        "POST /facts",
        "PUT /accounts/{account}",
        "PUT /accounts/{account}/contacts/{contact}",
        "PUT /accounts/{account}/team",
        "GET /accounts/{account}",
        "DELETE /accounts/{account}",
        "DELETE /accounts/{account}/contacts/{contact}",
        "GET /runs",
        "GET /runs/{run}",
        "GET /tasks",
        "GET /tasks/{task}",
        "GET /outbox",
        "GET /attention",
        *(f"POST /runs/{{run}}/{verb}" for verb in ("pause", "resume", "skip", "stop", "discard")),
        *(
            f"POST /tasks/{{task}}/{verb}"
            for verb in ("complete", "snooze", "reassign", "claim", "note", "acknowledge", "reopen")
        ),
        *(f"POST /playbooks/{{playbook}}/{verb}" for verb in ("start", "release", "pause", "resume")),
        "GET /held",
        "GET /results",
        "GET /suppressions",
        "DELETE /suppressions/{address}",
        "GET /playbooks/{playbook}/why/{account}",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
        *SIGNED,
        *LINKED,
    }


def test_every_body_and_answer_has_an_example(document):
    for name, told in operations(document):
        bodies = [told["requestBody"]] if "requestBody" in told else []
        good = [answer for code, answer in told["responses"].items() if code < "300"]
        assert good, name
        for content in (content for one in (*bodies, *good) for content in one["content"].values()):
            assert "example" in content, name


def test_examples_of_bodies_fit_their_schemas(document):
    for name, told in operations(document):
        for content in told.get("requestBody", {}).get("content", {}).values():
            assert list(Draft202012Validator(content["schema"]).iter_errors(content["example"])) == [], name


def test_every_call_that_needs_a_token_says_so(document):
    free = {name for name, told in operations(document) if "security" not in told}

    assert free == {"GET /healthz", "GET /readyz", *SIGNED, *LINKED}


def test_examples_show_what_is_really_given(sqlite):
    host = reviewing(sqlite)
    client = caller(host)
    run, task = under_review(host)
    tasks.complete(host, task.id, "saved", "ana")
    advanced(host, run.id)

    assert client.get(f"/runs/{run.id}").json().keys() == examples.RUN_WHOLE.keys()
    assert client.get(f"/tasks/{task.id}").json().keys() == examples.TASK_WHOLE.keys()
    assert client.get("/accounts/acme").json().keys() == examples.ACCOUNT.keys()
    assert client.get("/accounts/acme").json()["metrics"]["nps"].keys() == examples.ACCOUNT["metrics"]["nps"].keys()
    for path, example in (("/runs", examples.RUN), ("/tasks", examples.TASK), ("/outbox", examples.MESSAGE)):
        assert client.get(path).json()["items"][0].keys() == example.keys()


# --- health


def test_it_is_ready_when_everything_that_it_needs_answers(sqlite_url):
    from activities.store.database import Database
    from activities.store.schema import upgrade

    database = Database(sqlite_url)
    upgrade(database)
    host = host_on(database)

    async def fine():
        pass

    async def gone():
        raise ConnectionError("secret address")

    good = caller(host, dependencies=(Dependency("temporal", fine, "start it"),)).get("/readyz")
    without = caller(host, dependencies=(Dependency("temporal", gone, "start it", needed=False),)).get("/readyz")
    bad = caller(host, dependencies=(Dependency("temporal", gone, "start it"),)).get("/readyz")
    database.close()

    assert [one.status_code for one in (good, without, bad)] == [200, 200, 503]
    assert good.json()["dependencies"].keys() == {"database", "playbooks", "temporal"}
    assert bad.json()["dependencies"]["temporal"] == {
        "ok": False,
        "needed": True,
        "detail": "it does not answer",
        "fix": "start it",
    }


def test_a_schema_of_another_version_is_not_ready(sqlite):
    told = caller(host_on(sqlite)).get("/readyz")

    assert told.status_code == 503
    assert "version None" in told.json()["dependencies"]["database"]["detail"]


def test_figures_are_counted_for_prometheus(sqlite):
    host = reviewing(sqlite)
    client = caller(host)
    under_review(host)
    client.post("/facts", json=[{"id": "n", "account": "acme", "metric": "nps", "value": 4}, {}])

    lines = client.get("/metrics").text.splitlines()

    assert {
        'playbook_facts_posted_total{status="stored"} 1',
        'playbook_facts_posted_total{status="rejected"} 1',
        "playbook_facts_stored 5",
        'playbook_runs_live{playbook="review"} 1',
        "playbook_tasks_open 1",
        'playbook_messages{channel="slack",purpose="task",state="wanted"} 1',
        "playbook_wakes_waiting 1",
        "playbook_oldest_lag_seconds 0.0",
    } <= set(lines)
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(families) == len(set(families))


# --- start and end


def test_the_first_line_says_where_it_listens_and_who_may_call():
    token = ApiToken("crm", SecretStr("a-long-random-token"), frozenset({Scope.FACTS}))

    open_to_here = start_line("http://127.0.0.1:8080", Settings(http_host="0.0.0.0"))
    by_token = start_line("http://127.0.0.1:8080", Settings(api_tokens=(token,)))

    assert "only programs on this machine may call, though it listens on 0.0.0.0" in open_to_here
    assert by_token == "HTTP on http://127.0.0.1:8080, for the tokens of crm"


def test_an_address_that_is_taken_is_told_with_the_settings_to_change():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotListen, match="PLAYBOOK_HTTP_PORT"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_an_answer_waits_for_no_word_of_the_caller():
    with listen("127.0.0.1", 0) as bound, socket.create_connection(bound.getsockname()):
        taken, _ = bound.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_it_ends_when_it_is_cancelled_and_what_is_under_way_is_answered_first(sqlite):
    host = reviewing(sqlite)
    addresses: asyncio.Queue[str] = asyncio.Queue()
    serving = asyncio.create_task(
        serve(host, Settings(http_port=0), say=lambda _: None, listening=addresses.put_nowait)
    )
    address = await addresses.get()

    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        assert (await client.get("/healthz")).status_code == 200
        body = asyncio.Event()

        async def slow_body():
            yield b"["
            body.set()
            await asyncio.sleep(0.3)
            yield b'{"id": "n", "account": "acme", "metric": "nps", "value": 9}]'

        posting = asyncio.create_task(client.post("/facts", content=slow_body()))
        await body.wait()
        serving.cancel()
        told = await posting

    with pytest.raises(asyncio.CancelledError):
        await serving
    assert told.json()["stored"] == 1


def test_the_process_serves_until_it_is_told_to_stop(tmp_path):
    environ = {**os.environ, "PLAYBOOK_DATABASE_URL": f"sqlite:///{tmp_path}/p.db", "PLAYBOOK_HTTP_PORT": "0"}
    command = [sys.executable, "-u", "-m", "workers.http"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        address = line.split()[2].rstrip(";,")
        with httpx.Client(base_url=address, trust_env=False) as client:
            told = _until_it_answers(client)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
    finally:
        process.kill()
        process.wait()

    assert "only programs on this machine may call" in line
    assert told.json()["dependencies"]["database"]["ok"]
    assert "playbook apply" in told.json()["dependencies"]["playbooks"]["fix"]
    assert (process.returncode, errors) == (0, "")


def _until_it_answers(client):
    until = time.monotonic() + 20
    while True:
        try:
            return client.get("/readyz", timeout=10)
        except httpx.ConnectError:
            assert time.monotonic() < until
            time.sleep(0.1)


def test_wrong_settings_are_a_sentence_each(tmp_path):
    environ = {**os.environ, "PLAYBOOK_HTTP_PORT": "70000", "PLAYBOOK_API_TOKENS": "short"}

    told = subprocess.run(
        [sys.executable, "-m", "workers.http"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert told.returncode == 1
    assert "PLAYBOOK_HTTP_PORT" in told.stderr
    assert "PLAYBOOK_API_TOKENS" in told.stderr
    assert "Traceback" not in told.stderr
