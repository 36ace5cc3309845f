"""Socket Mode: Slack comes by a connection that we open, so no public address is needed. The same hands do the work."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from activities.host import Host
from workers.settings import Settings
from workers.slack.office import Body
from workers.slack.receiver import Kind, Receiver, receiver_from

log = logging.getLogger(__name__)
KINDS: Mapping[str, Kind] = {"interactive": "interaction", "events_api": "event", "slash_commands": "command"}
AGAIN = timedelta(seconds=10)

_silent = logging.getLogger("workers.slack.socket.vendor")
_silent.setLevel(logging.CRITICAL)  # its lines carry whole payloads


class Socket:
    """`run` goes on until it is cancelled: a connection that cannot be made, or that breaks, is made again."""

    def __init__(self, app_token: str, bot_token: str, api: str, receiver: Receiver) -> None:
        web = WebClient(bot_token, base_url=api, retry_handlers=[], logger=_silent)
        self._client = SocketModeClient(app_token, web_client=web, logger=_silent)
        self._client.socket_mode_request_listeners.append(self._taken)
        self._receiver = receiver

    async def run(self) -> None:
        try:
            await self._connect()
            await asyncio.Event().wait()  # the vendor's own threads keep the connection from now on
        finally:
            await asyncio.to_thread(self._client.close)
            await asyncio.to_thread(self._receiver.close)

    async def _connect(self) -> None:
        while True:
            if await asyncio.to_thread(self._connected):
                return
            await asyncio.sleep(AGAIN.total_seconds())

    def _connected(self) -> bool:
        try:
            self._client.connect()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again, and its text may hold a token
            said = error.response.get("error") if isinstance(error, SlackApiError) else type(error).__name__
            log.warning("Slack's Socket Mode is not there (%s); it is tried again", said)
            return False
        return True

    def _taken(self, at: BaseSocketModeClient, request: SocketModeRequest) -> None:
        body = answer(self._receiver, request.type, request.payload)
        at.send_socket_mode_response(SocketModeResponse(request.envelope_id, dict(body) if body else None))


def socket_from(host: Host, settings: Settings) -> Socket | None:
    """None where Slack comes by HTTP or not at all: without an app-level token."""
    receiver = receiver_from(host, settings) if settings.slack_app_token else None
    if receiver is None or settings.slack_app_token is None or settings.slack_bot_token is None:
        return None
    app, bot = settings.slack_app_token.get_secret_value(), settings.slack_bot_token.get_secret_value()
    return Socket(app, bot, settings.slack_api_url, receiver)


def answer(receiver: Receiver, kind: str, payload: Mapping[str, Any]) -> Body:
    """What is not for us is acknowledged, so that it does not come again, and does nothing."""
    if kind not in KINDS:
        return {}
    taken = receiver.take(KINDS[kind], payload)
    try:
        reply = taken.result(receiver.ack)
    except TimeoutError:
        receiver.missed(taken)
        return {}
    if reply.refused:
        log.warning("what came from Slack as %s is not taken: %s", kind, reply.refused)
    return reply.body
