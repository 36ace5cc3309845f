"""SQLite has one writer, and each commit waits for the disk. Transactions of one process that wait for their turn are
therefore committed together: each whole or not at all by itself, all on the disk before anyone is told.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

AT_ONCE = 8  # transactions in one commit: whoever does them for the others is held up for that long


class Collided(Exception):
    """Another transaction was there first; this one is to be done again from the start."""


class _Waiting:
    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.told: Future[Any] = Future()
        self._result: Any = None
        self._error: Exception | None = None

    def do(self, connection: Connection, *, alone: bool) -> None:
        """What it raises undoes its own part only, and is told after the commit of the others."""
        if alone:
            self._result = self.work(connection)
            return
        try:
            connection.exec_driver_sql("SAVEPOINT one")
            self._result = self.work(connection)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is its caller's
            connection.exec_driver_sql("ROLLBACK TO one")
            self._error = error
        connection.exec_driver_sql("RELEASE one")

    def tell(self) -> None:
        if self._error is None:
            self.told.set_result(self._result)
        else:
            self.told.set_exception(self._error)


class Together:
    """Safe between threads. A thread whose turn it is does the work of those that wait, its own among them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._queue: deque[_Waiting] = deque()

    def write(self, work: Callable[[Connection], T]) -> T:
        mine = _Waiting(work)
        self._queue.append(mine)
        with self._turn:
            while not mine.told.done():
                self._commit([self._queue.popleft() for _ in range(min(len(self._queue), AT_ONCE))])
        result: T = mine.told.result()
        return result

    def _commit(self, some: Sequence[_Waiting]) -> None:
        try:
            with self._engine.begin() as connection:
                for one in some:
                    one.do(connection, alone=len(some) == 1)
        except Exception as error:  # noqa: BLE001  # nothing of it is kept, and each is told
            for one in some:
                one.told.set_exception(error)
        except BaseException:
            for one in some:
                one.told.set_exception(Collided())  # a thread that is ended ends nobody else's work
            raise
        else:
            for one in some:
                one.tell()
