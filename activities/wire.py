"""HTTP for the vendors' clients: one total deadline over a whole call, and the knowledge of how far it got.

The clients bring a time-out per socket operation, which a server that drips bytes can stretch for ever, and exceptions
that do not tell "never connected" from "sent, and no answer". A ledger needs both.
"""

import io
import socket
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import cache, lru_cache, partial
from http.client import HTTPConnection, HTTPResponse
from threading import Thread
from typing import TypeAlias
from urllib.error import URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    getproxies,
)

from activities.transport import Busy, Uncertain, Unsent

UNREACHABLE_FOR = timedelta(seconds=10)

_Address: TypeAlias = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class DeadlinePassed(TimeoutError):
    """The call took all the time it was given."""


class Deadline:
    """Time left of a call that may consist of several requests."""

    __slots__ = ("_ends",)

    def __init__(self, total: timedelta) -> None:
        self._ends = time.monotonic() + total.total_seconds()

    def left(self) -> float:
        """Seconds, always above zero; raises DeadlinePassed at the end."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise DeadlinePassed
        return left


class Exchange:
    """One request and its answer. `reached` turns true once a connection stands and bytes may have left."""

    __slots__ = ("deadline", "reached")

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.reached = False

    def opener(self) -> OpenerDirector:
        """Proxies of the environment are honoured; redirects are not followed, a POST would turn into a GET."""
        opener = OpenerDirector()
        for handler in (
            ProxyHandler(_proxies()),
            _PlainHandler(self),
            _SecureHandler(self),
            HTTPDefaultErrorHandler(),
            HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        return opener

    def without_answer(self, error: Exception) -> Busy | Uncertain:
        """What a failure means that is no answer of the provider. Before a connection only network trouble is
        explained; anything else is a fault of ours: Unsent, from the error as it is."""
        if self.reached:
            return Uncertain(f"The request was sent, but {_cause(error)} before the whole answer came.")
        if isinstance(error, OSError):
            return Busy(f"The provider was not reached: {_cause(error)}.", UNREACHABLE_FOR)
        raise Unsent from error


@cache
def _proxies() -> dict[str, str]:
    """Read once: to look through the environment takes as long as the rest of a call."""
    return getproxies()


def _cause(error: Exception) -> str:
    """Decided on types: the text of an error may name hosts and people."""
    inner = error.reason if isinstance(error, URLError) else error
    match inner:
        case socket.gaierror():
            return "its name could not be resolved"
        case ConnectionRefusedError():
            return "it refused the connection"
        case TimeoutError():
            return "the time was up"
        case ssl.SSLError():
            return "the secure connection failed"
        case _:
            return f"the connection broke ({type(inner).__name__})"


class _PlainHandler(HTTPHandler):
    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self._connection = partial(_Plain, exchange=exchange)

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(self._connection, req)


class _SecureHandler(HTTPSHandler):
    def __init__(self, exchange: Exchange) -> None:
        super().__init__(context=_trust())
        self._connection = partial(_Secure, exchange=exchange)

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(self._connection, req)


class _Plain(HTTPConnection):
    _tunnel_host: str | None

    def __init__(self, host: str, *, timeout: float | None = None, exchange: Exchange) -> None:
        super().__init__(host, timeout=timeout)
        self.exchange = exchange
        self._create_connection = self._dialled

    def connect(self) -> None:
        super().connect()
        self._secure()
        self.exchange.reached = True

    def _dialled(self, address: tuple[str, int], *_: object) -> "TimedSocket":
        self._dialled_socket = TimedSocket(dial(*address, self.exchange.deadline), self.exchange.deadline)
        return self._dialled_socket

    def _secure(self) -> None:
        """Plain HTTP: nothing to do."""


class _Secure(_Plain):
    default_port = 443

    def _secure(self) -> None:
        self.sock = self._dialled_socket.under_tls(self._tunnel_host or self.host)


class TimedSocket:
    """As much of a socket as HTTPConnection uses; every operation gets what is left of the deadline."""

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def under_tls(self, host: str) -> "TimedSocket":
        self._inner.settimeout(self._deadline.left())
        return TimedSocket(_trust().wrap_socket(self._inner, server_hostname=host), self._deadline)

    def sendall(self, data: bytes) -> None:
        self._inner.settimeout(self._deadline.left())
        self._inner.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"  # noqa: S101 - http.client reads responses so; anything else would pass the deadline by
        return io.BufferedReader(_TimedReader(self._inner, self._deadline))

    def setsockopt(self, level: int, name: int, value: int) -> None:
        self._inner.setsockopt(level, name, value)

    def close(self) -> None:
        self._inner.close()


class _TimedReader(io.RawIOBase):
    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self._socket = inner
        self._file = inner.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int | None:  # type: ignore[override]
        self._socket.settimeout(self._deadline.left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def dial(host: str, port: int, deadline: Deadline) -> socket.socket:
    """The first address that answers; each gets its share of what is left, so that a dead one does not take it all."""
    addresses = _resolved(host, port, deadline)
    failure: OSError = OSError("no address")
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        dialled = socket.socket(family, kind, protocol)
        try:
            dialled.settimeout(deadline.left() / (len(addresses) - tried))
            dialled.connect(address)
        except OSError as error:
            dialled.close()
            failure = error
        else:
            return dialled
    raise failure


def _resolved(host: str, port: int, deadline: Deadline) -> Sequence[_Address]:
    """In a thread of its own: a resolver knows no time-out. One that is left behind has sent nothing."""
    found: Future[Sequence[_Address]] = Future()

    def look() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except UnicodeError:  # what can be no name: an empty part of it, or too long a one
            found.set_exception(socket.gaierror(socket.EAI_NONAME, "this can be no name"))
        except OSError as error:
            found.set_exception(error)

    Thread(target=look, name="resolve", daemon=True).start()
    return found.result(timeout=deadline.left())


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Loading the certificates takes longer than a request; once is enough."""
    return ssl.create_default_context()
