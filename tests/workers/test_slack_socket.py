"""Slack by Socket Mode: through the vendor's own client, against a web socket on this machine."""

import asyncio
import contextlib

import pytest
from aiohttp import WSMsgType, web

from activities.slack.workspace import Workspace
from activities.store import tasks
from tests.support.clicks import click
from tests.support.hosts import acme, host_on, playbook, tell
from workers.slack.receiver import Receiver
from workers.slack.socket import Socket, answer

START = "start: {when: metrics.nps.value < 5}\n"
RING = "  - {task: ring, title: Ring Acme, due: 2 business days}\n"


@pytest.fixture
def receiver(sqlite, slack):
    host = host_on(sqlite, playbook(RING, start=START))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    made = Receiver(host, Workspace(slack.token, api=slack.api), ack=5)
    yield made
    made.close()


async def over_a_socket(slack, receiver, envelope):
    """What our side answers to the envelope."""
    answered = asyncio.get_running_loop().create_future()

    async def serve(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello"})
        await socket.send_json(envelope)
        async for message in socket:
            if message.type is WSMsgType.TEXT and not answered.done():
                answered.set_result(message.json())
        return socket

    app = web.Application()
    app.router.add_get("/link", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    slack.socket = f"ws://{host}:{port}/link"
    running = asyncio.create_task(Socket(slack.app_token, slack.token, slack.api, receiver).run())
    try:
        return await asyncio.wait_for(answered, 10)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await runner.cleanup()


async def test_a_click_by_socket_mode_does_what_it_does_by_http(slack, receiver):
    host = receiver._office.host
    [task] = host.database.read(tasks.listed)
    envelope = {"envelope_id": "e1", "type": "interactive", "payload": click("U0ANA", "done", task.id)}

    told = await over_a_socket(slack, receiver, {**envelope, "accepts_response_payload": True})

    assert told["envelope_id"] == "e1"
    assert host.database.read(lambda c: tasks.find(c, task.id)).by == "ana"


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("interactive", {"type": 1}), ("interactive", click("U0ANA", "done", "t") | {"api_app_id": "A9"}), ("hello", {})],
)
def test_what_is_not_for_us_is_acknowledged_and_does_nothing(receiver, kind, payload):
    assert answer(receiver, kind, payload) == {}
