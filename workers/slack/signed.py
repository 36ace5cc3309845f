"""Whether a request comes from Slack: its signature over the body, and not older than five minutes."""

from collections.abc import Callable, Mapping

from slack_sdk.signature import Clock, SignatureVerifier


class _At(Clock):
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()


def is_signed(secret: str, body: bytes, headers: Mapping[str, str], now: Callable[[], float]) -> bool:
    """`now` in seconds since 1970. Slack's own verifier raises on what no request of Slack's has: that is none."""
    try:
        return SignatureVerifier(secret, _At(now)).is_valid_request(body, dict(headers))
    except (ValueError, TypeError, OverflowError):  # a time that is no number, letters beyond ASCII, bytes beyond UTF-8
        return False
