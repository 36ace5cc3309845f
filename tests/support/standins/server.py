"""The HTTP part that the stand-ins share: a server in a thread, one handler, faults in the order they were scripted."""

import json
import socket
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self, assert_never

from tests.support.standins.faults import Answers, Drips, Drops, Fault, Hangs


@dataclass(frozen=True, slots=True)
class Request:
    verb: str
    path: str  # without the query
    query: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    status: int = 200
    body: object = None  # goes out as JSON, bytes as they are; None is an empty body
    headers: Mapping[str, str] = field(default_factory=dict)

    def head_and_body(self) -> bytes:
        body = self._bytes()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (headers | dict(self.headers)).items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _bytes(self) -> bytes:
        match self.body:
            case None:
                return b""
            case bytes():
                return self.body
            case _:
                return json.dumps(self.body).encode()


class StandIn:
    """Subclasses answer a request; `lock` is held meanwhile. `requests` lists what arrived, answered or not.
    With a `certificate` (a file that holds the key too) it speaks HTTPS."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.lock = Lock()
        self.requests: list[Request] = []
        self._faults: list[Fault] = []
        self._closing = Event()
        self._scheme = "https" if certificate else "http"
        self._server = _Server(self, certificate)
        self._thread = Thread(target=self._server.serve_forever, args=(0.005,), name="stand-in", daemon=True)

    def answer(self, request: Request) -> Response:
        raise AssertionError("every stand-in answers in its own way")

    def fail(self, *faults: Fault) -> None:
        """Each strikes once, the first that fits the call."""
        with self.lock:
            self._faults += faults

    def heal(self) -> None:
        """What has not struck yet never does."""
        with self.lock:
            self._faults.clear()

    def calls(self, path: str) -> int:
        return sum(request.path.endswith(path) for request in self.requests)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, request: Request, connection: socket.socket) -> None:
        with self.lock:
            self.requests.append(request)
            fault = self._fault_for(request)
            response = self.answer(request) if fault is None or fault.works else Response()
        self._put(response, fault, connection)

    def _fault_for(self, request: Request) -> Fault | None:
        for index, fault in enumerate(self._faults):
            if request.path.endswith(fault.on):
                return self._faults.pop(index)
        return None

    def _put(self, response: Response, fault: Fault | None, connection: socket.socket) -> None:
        answer = response.head_and_body()
        match fault:
            case None:
                connection.sendall(answer)
            case Answers():
                connection.sendall(Response(fault.status, fault.body, fault.headers).head_and_body())
            case Drops("middle"):
                connection.sendall(answer[: fault.kept or len(answer) // 2])
            case Drops():
                pass
            case Hangs():
                self._closing.wait()
            case Drips():
                self._drip(answer, fault.pause, connection)
            case _:
                assert_never(fault)

    def _drip(self, answer: bytes, pause: float, connection: socket.socket) -> None:
        for at in range(len(answer)):
            if self._closing.wait(pause):
                return
            connection.sendall(answer[at : at + 1])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128

    def __init__(self, stand_in: StandIn, certificate: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stand_in = stand_in
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake happens in the request's own thread, so that a slow one holds up nobody."""
        if self._tls:
            with self._tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        else:
            super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what many a test is about; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _handle(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, self.rfile.read(length))
        self.close_connection = True
        self.server.stand_in.serve(request, self.connection)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - the standard library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature too
        """Quiet: tests look at `requests`."""
