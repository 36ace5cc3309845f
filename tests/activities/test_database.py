"""Transactions: what both databases promise alike, and what only one of them would forgive."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from activities import facts, runs
from activities.store import accounts, inputs, suppressions
from activities.store.tables import accounts as rows
from activities.store.tables import suppressions as addresses
from activities.store.together import Collided
from tests.support.hosts import acme, host_on, only_run, playbook, tell

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
TWO_WAITS = """
  - {wait: pause, for: 1 hour}
  - {wait: better, for: metrics.nps.value >= 8, at_most: 30 days, otherwise: [{end: unresolved}]}
"""


def test_what_raises_leaves_nothing(database):
    def broken(connection):
        accounts.lock_or_make(connection, ["a"])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(broken)

    assert database.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(rows))) == 0


def test_a_collision_is_done_again_from_the_start(database):
    tries = []

    def work(connection):
        tries.append(connection)
        if len(tries) < 3:
            raise Collided
        return "through"

    assert (database.write(work), len(tries)) == ("through", 3)


def test_errors_never_show_what_was_stored(database):
    def twice(connection):
        row = {"address": "kim@acme.test", "reason": "bounced", "since": WHEN}
        connection.execute(sa.insert(addresses), [row])
        connection.execute(sa.insert(addresses), [row])

    with pytest.raises(IntegrityError) as error:
        database.write(twice)

    assert "bounced" not in str(error.value)
    assert "2026" not in str(error.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 1, 1)), min_size=2, max_size=5))  # noqa: DTZ001
def test_instants_come_back_exactly_and_compare_in_sql_as_in_python(database, naive):
    instants = [one.replace(tzinfo=UTC) for one in naive]

    def stored(connection):
        connection.execute(sa.delete(addresses))
        for number, one in enumerate(instants):
            suppressions.add(connection, str(number), "x", one)
        return list(connection.scalars(sa.select(addresses.c.since).order_by(addresses.c.since)))

    assert database.write(stored) == sorted(instants)


def test_an_instant_without_a_zone_is_not_stored(database):
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        database.write(lambda c: suppressions.add(c, "a", "x", datetime(2026, 1, 1)))  # noqa: DTZ001


def test_writers_of_one_process_wait_for_each_other(sqlite):
    def count(connection):
        found = accounts.lock_or_make(connection, ["a"])["a"]
        accounts.save(connection, [found.__class__("a", str(int(found.state or 0) + 1), None, None, 0)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sqlite.write(count), range(40)))

    assert sqlite.read(lambda c: accounts.state_of(c, "a")) == "40"


def test_deadlocks_are_retried(postgres):
    postgres.write(lambda c: accounts.lock_or_make(c, ["a", "b"]))
    both = threading.Barrier(2, timeout=10)
    tries = []

    def crossing(first, second):
        def work(connection):
            tries.append(first)
            accounts.lock(connection, [first])
            if len(tries) <= 2:
                both.wait()
            accounts.lock(connection, [second])

        return work

    with ThreadPoolExecutor(2) as pool:
        for told in [pool.submit(postgres.write, crossing(*pair)) for pair in (("a", "b"), ("b", "a"))]:
            told.result(20)

    assert len(tries) > 2


class TestALostFlip:
    """Advance reads red and writes a watch while a fact writes green and looks for watches, both under way at once."""

    def interleaved(self, postgres, lock):
        """The fact's transaction is held open before its commit while the run's advance goes through."""
        host = host_on(postgres, playbook(TWO_WAITS, start="start: {when: metrics.nps.value < 5}\n"))
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        run = only_run(host).id
        host.clock.real.go(hours=1)
        written, advanced = threading.Event(), threading.Event()

        class Held(type(host.database)):
            def _once(self, work):
                with self.engine.begin() as connection:
                    found = work(connection)
                    written.set()
                    advanced.wait(1.0)  # with the lock nobody can come by, and this is what it costs
                    return found

        slow = host_on(postgres, playbook(TWO_WAITS, start="start: {when: metrics.nps.value < 5}\n"))
        slow.clock.real.at = host.clock.real.at
        object.__setattr__(slow, "database", Held(postgres.engine.url.render_as_string(hide_password=False)))
        with ThreadPoolExecutor(2) as pool, lock:
            fact = pool.submit(facts.post, slow, [{"id": "g", "account": "acme", "metric": "nps", "value": 9}])
            written.wait(10)
            going = pool.submit(runs.advance, host, run)
            going.add_done_callback(lambda _: advanced.set())
            assert fact.result(20)[0].status == "stored"
            going.result(20)
        slow.database.close()
        return host, run

    def test_is_seen_under_the_accounts_lock(self, postgres, without_a_change):
        host, run = self.interleaved(postgres, without_a_change)
        runs.advance(host, run)

        assert only_run(host).outcome == "completed"

    def test_would_be_missed_without_it(self, postgres, no_lock):
        host, run = self.interleaved(postgres, no_lock)
        runs.advance(host, run)

        assert only_run(host).outcome is None
        assert host.database.read(lambda c: inputs.waiting(c, run)) == []


@pytest.fixture
def without_a_change():
    import contextlib

    return contextlib.nullcontext()


@pytest.fixture
def no_lock():
    """PostgreSQL is asked for the rows without FOR NO KEY UPDATE: the harm that the lock keeps off."""
    import contextlib

    @contextlib.contextmanager
    def unlocked():
        def strip(connection, cursor, statement, parameters, context, many):
            return statement.replace(" FOR NO KEY UPDATE", ""), parameters

        sa.event.listen(sa.Engine, "before_cursor_execute", strip, retval=True)
        try:
            yield
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", strip)

    return unlocked()


class TestTogether:
    """Writers that wait for SQLite's one turn are committed together."""

    def waiting(self, sqlite, *works):
        """All of them queue while somebody else holds the turn, then go; what each returned or raised."""
        commits = []
        sa.event.listen(sqlite.engine, "commit", commits.append)
        with ThreadPoolExecutor(len(works)) as pool:
            with sqlite._together._turn:
                told = [pool.submit(sqlite.write, work) for work in works]
                while len(sqlite._together._queue) < len(works):
                    threading.Event().wait(0.001)
            return [one.exception(10) or one.result() for one in told], len(commits)

    def test_in_one_commit(self, sqlite):
        def make(name):
            return lambda c: list(accounts.lock_or_make(c, [name]))

        told, commits = self.waiting(sqlite, *(make(f"a{n}") for n in range(6)))

        assert (sorted(told), commits) == ([[f"a{n}"] for n in range(6)], 1)

    def test_but_each_whole_or_not_at_all(self, sqlite):
        def broken(connection):
            accounts.lock_or_make(connection, ["broken"])
            raise ZeroDivisionError

        told, _ = self.waiting(
            sqlite, lambda c: accounts.lock_or_make(c, ["a"]), broken, lambda c: accounts.lock_or_make(c, ["b"])
        )

        assert sum(isinstance(one, ZeroDivisionError) for one in told) == 1
        assert sorted(sqlite.read(lambda c: c.scalars(sa.select(rows.c.id)).all())) == ["a", "b"]

    def test_nobody_is_told_before_all_is_on_the_disk(self, sqlite):
        def refuse(connection):
            raise ConnectionError("the disk is full")

        sa.event.listen(sqlite.engine, "commit", refuse)
        told, _ = self.waiting(sqlite, *(lambda c, n=n: accounts.lock_or_make(c, [f"a{n}"]) for n in range(3)))
        sa.event.remove(sqlite.engine, "commit", refuse)

        assert [type(one) for one in told] == [ConnectionError] * 3
        assert sqlite.read(lambda c: c.scalar(sa.select(sa.func.count()).select_from(rows))) == 0
