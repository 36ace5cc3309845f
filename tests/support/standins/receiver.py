"""A receiver of webhooks that checks the signature and does what it is told once, however often it is told."""

import hmac
from hashlib import sha256

from tests.support.standins.server import Request, Response, StandIn


class StandInReceiver(StandIn):
    """`done` are the bodies it acted on, by key, as any receiver should."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self.secret = secret
        self.done: dict[str, bytes] = {}

    def answer(self, request: Request) -> Response:
        signed = request.headers["playbook-timestamp"].encode() + b"." + request.body
        mine = "v1=" + hmac.new(self.secret.encode(), signed, sha256).hexdigest()
        if not hmac.compare_digest(mine, request.headers["playbook-signature"]):
            return Response(401)
        self.done.setdefault(request.headers["idempotency-key"], request.body)
        return Response(204)
