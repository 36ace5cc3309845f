"""Programs that call the HTTP interface of a host, from this machine or from elsewhere."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from activities.host import Host
from workers.http.app import make_app
from workers.http.health import Dependency
from workers.http.sendgrid import NO_KEYS, Keys

HERE = ("127.0.0.1", 50_000)
ELSEWHERE = ("203.0.113.9", 50_000)


@dataclass(frozen=True, slots=True)
class Caller:
    """Each call is an event loop of its own, so several threads may call at once."""

    app: FastAPI
    client: tuple[str, int]
    base_url: str

    def request(self, method: str, path: str, **said: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, **said))

    async def _request(self, method: str, path: str, **said: Any) -> httpx.Response:
        # What breaks in a handler is what the caller sees of it, not an exception of the test.
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=self.client)
        async with httpx.AsyncClient(transport=transport, base_url=self.base_url) as client:
            return await client.request(method, path, **said)

    def get(self, path: str, **said: Any) -> httpx.Response:
        return self.request("GET", path, **said)

    def post(self, path: str, **said: Any) -> httpx.Response:
        return self.request("POST", path, **said)

    def put(self, path: str, **said: Any) -> httpx.Response:
        return self.request("PUT", path, **said)


def caller(
    host: Host,
    *tokens: Any,
    client: tuple[str, int] = HERE,
    dependencies: tuple[Dependency, ...] = (),
    base_url: str = "http://localhost:8080",
    keys: Keys = NO_KEYS,
) -> Caller:
    return Caller(make_app(host, tokens, dependencies, keys), client, base_url)
