"""What is recorded for ever holds ids and instants only, whatever goes wrong."""

import asyncio
import base64
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from temporalio.service import RPCError

from activities.clock import utc_now
from activities.store import effects
from activities.store.tables import effects as rows
from activities.transport import Busy, Refused, Uncertain
from tests.support.hosts import Noting, acme, host_on, only_run, playbook, tell, then_sent
from tests.support.stages import fresh_queue, stage

RED = "start: {when: metrics.nps.value < 5}\n"
MAIL = """
  - {email: hello, to: champion, subject: Hello Kim, text: Dear Kim of Acme}
  - {task: call, assign: csm, title: Call Kim}
"""
SECRETS = ("kim", "acme", "hello", "dear", "call kim", "ana")  # what the fixtures call people, companies and texts


async def spoken(client, run):
    """Everything that Temporal keeps of the run's executions, payloads made readable."""
    found = []
    async for execution in client.list_workflows(f"WorkflowId = '{run}'"):
        history = await client.get_workflow_handle(run, run_id=execution.run_id).fetch_history()
        found.append(json.dumps(readable(json.loads(history.to_json()))))
    return " ".join(found)


def readable(node):
    match node:
        case dict():
            return {key: plain(value) if key == "data" else readable(value) for key, value in node.items()}
        case list():
            return [readable(one) for one in node]
        case _:
            return node


def plain(data):
    return base64.b64decode(data).decode("utf-8", "replace") if isinstance(data, str) else readable(data)


def told(text):
    """The secrets that a text gives away; the names of steps are the author's and may be there."""
    return [one for one in SECRETS if one in text.lower().replace("hello: ", "").replace("call: ", "")]


async def recorded(temporal, host, queue, happened):
    """What Temporal holds of a run, once `happened(client, run)` says that the trouble is there."""
    async with stage(temporal, host, queue, cached=0) as on:
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        run = only_run(host).id
        async with asyncio.timeout(20):
            while not (seen := await happened(on.client, run)):
                await asyncio.sleep(0.05)
        await on.client.get_workflow_handle(run).terminate()
        return seen + await spoken(on.client, run)


async def failed_attempt(client, run):
    """The description of a run of which an attempt has failed, empty before."""
    try:
        description = await client.get_workflow_handle(run).describe()
    except RPCError:
        return ""
    text = str(description.raw_description)
    return text if "last_failure" in text else ""


class TestHoldsIdsOnly:
    @pytest.mark.parametrize(
        "answer",
        [
            Refused("kim@acme.test is no address", "http_400"),
            Uncertain("the line to kim@acme.test went dead"),
            Busy("kim@acme.test must wait long", timedelta(minutes=10)),
        ],
        ids=["refused", "uncertain", "down"],
    )
    async def test_when_the_provider_names_the_customer(self, temporal, sqlite, answer):
        queue = fresh_queue()
        host = mailing(sqlite, Noting(then_sent(answer)), queue)

        async def settled(client, run):
            moved = {one.state for one in host.database.read(effects.listed)} - {"wanted", "claimed", "sent"}
            return "settled" if moved else ""

        text = await recorded(temporal, host, queue, settled)

        assert "effect" in text
        assert told(text) == []

    @pytest.mark.parametrize("broken", [True, False], ids=["the transport breaks", "the provider is busy"])
    async def test_when_an_attempt_fails(self, temporal, sqlite, broken):
        def answer(message):
            if broken:
                raise RuntimeError(f"cannot reach {message.to}")
            return Busy(f"{message.to} must wait", timedelta(seconds=5))

        queue = fresh_queue()
        host = mailing(sqlite, Noting(then_sent(answer)), queue)

        text = await recorded(temporal, host, queue, failed_attempt)

        assert ("RuntimeError" if broken else "Busy") in text
        assert told(text) == []

    async def test_when_the_database_names_the_customer(self, temporal, postgres):
        """PostgreSQL quotes the row that it refuses; SQLAlchemy is told to hide only the parameters."""
        queue = fresh_queue()
        host = mailing(postgres, Noting(), queue)
        refuse_claims(postgres)

        text = await recorded(temporal, host, queue, failed_attempt)

        assert "IntegrityError" in text
        assert told(text) == []


def mailing(database, email, queue):
    return host_on(database, playbook(MAIL, start=RED), real=utc_now, email=email, queues=queue)


def refuse_claims(database):
    with database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE effects ADD CONSTRAINT never CHECK (state <> 'claimed')"))


async def test_what_postgresql_says_of_a_row_would_name_the_customer(postgres):
    """The harm that dropping the cause keeps off."""
    host = host_on(postgres, playbook(MAIL, start=RED))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    refuse_claims(postgres)

    with pytest.raises(sa.exc.IntegrityError) as error:
        host.database.write(lambda c: c.execute(sa.update(rows).values(state="claimed")))

    assert told(str(error.value)) != []
