"""A local address that takes Slack's calls and SendGrid's mails and notes when each arrived; it answers as they do."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


@dataclass(slots=True)
class Arrivals:
    """`times` are of time.perf_counter, one for each call; `texts` those of what was said, all of them. While it is
    `down` nothing is taken, and each call is one of `refused`.
    """

    url: str = ""
    down: bool = False
    refused: int = 0
    times: list[float] = field(default_factory=list)
    texts: dict[str, list[float]] = field(default_factory=dict)
    more: threading.Condition = field(default_factory=threading.Condition)

    def note(self, at: float, text: str) -> None:
        with self.more:
            self.times.append(at)
            self.texts.setdefault(text, []).append(at)
            self.more.notify_all()

    def wait_for(self, number: int, seconds: float) -> float:
        """When call `number` (from 1) arrived. Raises TimeoutError."""
        with self.more:
            if not self.more.wait_for(lambda: len(self.times) >= number, seconds):
                raise TimeoutError(f"call {number} did not arrive in {seconds:.0f} s")
            return self.times[number - 1]


@contextmanager
def sink() -> Iterator[Arrivals]:
    arrivals = Arrivals()
    server = ThreadingHTTPServer((HOST, 0), _handler(arrivals))
    arrivals.url = f"http://{HOST}:{server.server_address[1]}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield arrivals
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _said(body: bytes) -> Any:
    """What does not post a message is sent as a form, and nothing of it is told."""
    return json.loads(body) if body.startswith(b"{") else {}


def _handler(arrivals: Arrivals) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.perf_counter()
            said = _said(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if arrivals.down:
                arrivals.refused += 1
                self._answer(503, {}, {"Retry-After": "1"})
            elif self.path.endswith("/mail/send"):
                self._answer(202, {}, {"X-Message-Id": f"{time.time_ns()}"})
                arrivals.note(at, said["personalizations"][0]["to"][0]["email"])
            elif self.path.endswith("/conversations.open"):
                self._answer(200, {"ok": True, "channel": {"id": "D0BENCH01"}}, {})
            else:
                self._answer(200, {"ok": True, "channel": "C0BENCH01", "ts": f"{time.time():.6f}"}, {})
                arrivals.note(at, said.get("text", ""))

        def _answer(self, status: int, said: dict[str, object], headers: dict[str, str]) -> None:
            answer = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(answer)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
            del format, args

    return Handler
