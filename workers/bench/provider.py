"""The process behind `sink`: takes Slack's calls and SendGrid's mails, answers as they do, and tells of each.

its output   first its port, then a line of JSON for each call: when it came, and what it said; null for one refused
its input    `down` and `up`; it ends with it
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


class _Provider(ThreadingHTTPServer):
    down = False
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Handler)
        self._telling = threading.Lock()

    def tell(self, said: object) -> None:
        line = json.dumps(said)
        with self._telling:
            print(line, flush=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Provider

    def do_POST(self) -> None:
        at = time.perf_counter()
        said = _said(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.server.down:
            self._answer(503, {}, {"Retry-After": "1"})
            self.server.tell(None)
        elif self.path.endswith("/mail/send"):
            self._answer(202, {}, {"X-Message-Id": f"{time.time_ns()}"})
            self.server.tell([at, said["personalizations"][0]["to"][0]["email"]])
        elif self.path.endswith("/conversations.open"):
            self._answer(200, {"ok": True, "channel": {"id": "D0BENCH01"}}, {})
        else:
            self._answer(200, {"ok": True, "channel": "C0BENCH01", "ts": f"{time.time():.6f}"}, {})
            self.server.tell([at, said.get("text", "")])

    def _answer(self, status: int, said: dict[str, object], headers: dict[str, str]) -> None:
        answer = json.dumps(said).encode()
        self.send_response(status)
        lengths = {"Content-Type": "application/json", "Content-Length": str(len(answer))}
        for name, value in (lengths | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
        del format, args


def _said(body: bytes) -> Any:
    """What does not post a message is sent as a form, and nothing of it is told."""
    return json.loads(body) if body.startswith(b"{") else {}


def main() -> None:
    server = _Provider()
    server.tell(server.server_address[1])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    for line in sys.stdin:
        server.down = line.strip() == "down"
        server.tell("heard")
    server.shutdown()


if __name__ == "__main__":
    main()
