"""The process behind `clicks`: presses buttons as Slack brings them, by signed HTTP, at an even rate.

its input   the address, the secret, clicks a second; then a line for each task whose button is pressed
its output  a line of JSON for each: when it was pressed, and when the answer was there; null for one refused
"""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

AT_ONCE = 64
PATIENCE = 30.0  # seconds; Slack gives up after three, and how late an answer was is what is to be known


def pressed(task: str, user: str, action: str) -> dict[str, object]:
    said = {"action_id": action, "value": task}
    return {"type": "block_actions", "user": {"id": user}, "actions": [said]}


def request(address: str, secret: str, payload: Mapping[str, object]) -> urllib.request.Request:
    body, at = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body) or ""
    headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature}
    return urllib.request.Request(f"{address}/slack/interactions", body.encode(), headers)  # noqa: S310  # our own


def _press(wanted: urllib.request.Request) -> tuple[float, float] | None:
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(wanted, timeout=PATIENCE) as answer:  # noqa: S310  # our own
            answer.read()
    except (OSError, urllib.error.URLError):
        return None
    return began, time.perf_counter()


def main() -> None:
    address, secret, rate, user, action = (sys.stdin.readline().strip() for _ in range(5))
    tasks = [line.strip() for line in sys.stdin]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        first, under_way = time.perf_counter(), []
        for place, task in enumerate(tasks):
            time.sleep(max(0.0, first + place / float(rate) - time.perf_counter()))
            under_way.append(threads.submit(_press, request(address, secret, pressed(task, user, action))))
        for one in under_way:
            print(json.dumps(one.result()), flush=True)


if __name__ == "__main__":
    main()
