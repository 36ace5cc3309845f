"""Imports that are cut off and gone on with: nothing is done twice, and the end is the same."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities import facts as facts_in
from activities.store import accounts, runs
from tests.support.commands import playbook
from tests.support.hosts import host_on
from tests.support.hosts import playbook as plan
from tests.support.small_workspace import small_workspace
from tests.support.workspaces import written
from workers.importing.feeding import BATCH, Count, import_file
from workers.importing.sources import Unimportable

RICH = plan("- task: go", "rich", start="start: {when: account.seats >= 50000}\n")
WHO = [f"a{number}" for number in range(40)]


class Cut(Exception):
    """The process ends here."""


def facts(count: int = 2_000) -> list[dict[str, object]]:
    """Of all accounts in turn, so that those of one lie far apart."""
    begins = [
        {"id": f"{who}-0", "account": who, "at": "2026-01-01T00:00:00Z", "fields": {"start_date": "2025-01-01"}}
        for who in WHO
    ]
    return begins + [
        {"id": f"f{n}", "account": WHO[n % len(WHO)], "at": f"2026-02-{1 + n % 28:02}T00:00:00Z", "fields": {"arr": n}}
        for n in range(count)
    ]


def written_to(path: Path, told: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in told))
    return path


def cut_after(batches: int, what: str = "through"):
    """A progress that ends the import after so many batches; the first word of it is that nothing is through yet."""
    left = [batches + 1]

    def progress(now: str, number: int, total: int) -> None:
        del number, total
        left[0] -= now == what
        if not left[0]:
            raise Cut

    return progress


def states(host) -> dict[str, str | None]:
    return {who: host.database.read(partial(accounts.state_of, account=who)) for who in WHO}


def begun(host) -> list[str]:
    return sorted(row.playbook for row in host.database.read(partial(runs.listed)))


@pytest.mark.parametrize("starts", [True, False])
def test_a_portfolio_comes_in_without_starting_anything_for_what_has_been_so_for_long(database, tmp_path, starts):
    heard = plan("- task: go", "heard", start="start: {on: login}\n")
    still = plan("- task: go", "still", start="start: {when: account.seats >= 50000, mode: is}\n")
    host = host_on(database, RICH, heard, still)
    said = {"account": "a", "at": host.clock.now().isoformat()}
    past = [
        {"id": "1", **said, "fields": {"start_date": "2025-01-01", "seats": 60_000}},
        {"id": "2", **said, "event": "login"},
    ]

    count = import_file(host, written_to(tmp_path / "past.ndjson", past), tmp_path, starts=starts)

    assert count.stored == 2
    assert begun(host) == (["heard", "rich", "still"] if starts else ["still"])


def test_what_changes_after_a_quiet_import_starts_as_ever(sqlite, tmp_path):
    host = host_on(sqlite, RICH)
    seats = [("1", 60_000), ("2", 100), ("3", 70_000)]
    told = [
        {"id": id_, "account": "a", "fields": {"start_date": "2025-01-01", "seats": number}} for id_, number in seats
    ]
    import_file(host, written_to(tmp_path / "past.ndjson", told[:1]), tmp_path, starts=False)

    begun_by = []
    for one in told[1:]:
        facts_in.post(host, [one])
        begun_by.append(begun(host))

    assert begun_by == [[], ["rich"]]


@pytest.fixture
def host(sqlite):
    return host_on(sqlite, RICH)


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_it_goes_on_behind_the_last_batch_that_was_told(host, tmp_path, batches):
    file = written_to(tmp_path / "facts.ndjson", facts())
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(batches))

    count = import_file(host, file, tmp_path)

    assert (count.total, count.stored, count.known, count.left_out) == (2_040, 2_040, 0, 0)
    assert bool(count.resumed) == bool(batches)


def test_its_end_is_that_of_an_import_that_was_not_cut(host, tmp_path, postgres):
    file = written_to(tmp_path / "facts.ndjson", facts())
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(2))
    import_file(host, file, tmp_path)
    whole = host_on(postgres, RICH)

    import_file(whole, file, tmp_path)

    assert states(host) == states(whole)


def test_a_batch_that_was_stored_but_not_noted_is_known(host, tmp_path):
    """What a kill between the two commits leaves."""
    file = written_to(tmp_path / "facts.ndjson", facts())
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(1))
    (shelf,) = (tmp_path / "imports").iterdir()
    with closing(sqlite3.connect(shelf, isolation_level=None)) as noted:
        noted.execute("UPDATE said SET value = 0 WHERE name <> 'fingerprint'")

    count = import_file(host, file, tmp_path)

    assert (count.stored + count.known, 0 < count.known <= BATCH) == (2_040, True)


def test_one_that_was_cut_while_it_looked_at_its_rows_looks_at_them_anew(host, tmp_path):
    file = written_to(tmp_path / "facts.ndjson", facts())
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(700, "found"))

    assert import_file(host, file, tmp_path) == Count(2_040, 2_040, 0, 0, ())


def test_a_file_that_was_changed_is_noticed_and_looked_at_anew(host, tmp_path):
    file = written_to(tmp_path / "facts.ndjson", facts())
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(2))
    written_to(file, [*facts(), {"id": "new", "account": "a1", "at": "2026-03-01T00:00:00Z", "fields": {"arr": 1}}])

    count = import_file(host, file, tmp_path)

    assert (count.changed, count.resumed, count.stored + count.known) == (True, 0, 2_041)
    assert count.known >= BATCH


def test_what_was_left_out_before_the_cut_is_told_at_the_end(host, tmp_path):
    wrong = [{"id": f"w{n}", "account": who, "fields": {"ar": 1}} for n, who in enumerate(WHO)]
    file = written_to(tmp_path / "facts.ndjson", [*facts(), *wrong])
    file.write_text(file.read_text() + "not json\n")
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(2))

    count = import_file(host, file, tmp_path)

    assert count.left_out == len(WHO) + 1
    assert str(count.faults[-1]).endswith("facts.ndjson:2081: this is not a line of JSON")


def test_what_a_power_cut_has_torn_is_begun_anew(host, tmp_path):
    file = written_to(tmp_path / "facts.ndjson", facts())
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(1))
    (shelf,) = (tmp_path / "imports").iterdir()
    whole = shelf.read_bytes()
    shelf.write_bytes(whole[:4096] + bytes(len(whole) - 4096))

    with contextlib.suppress(Unimportable):
        import_file(host, file, tmp_path)
    count = import_file(host, file, tmp_path)

    assert (count.total, count.stored + count.known) == (2_040, 2_040)


def test_nothing_stays_of_an_import_that_has_ended(host, tmp_path):
    import_file(host, written_to(tmp_path / "facts.ndjson", facts()), tmp_path)

    assert list((tmp_path / "imports").iterdir()) == []


def test_what_an_import_remembers_says_nothing_of_anybody(host, tmp_path):
    kim = {"id": "k", "account": "a1", "contact": {"id": "kim", "name": "Kim", "email": "kim@acme.test"}}
    file = written_to(tmp_path / "facts.ndjson", [*facts(), kim])
    with pytest.raises(Cut):
        import_file(host, file, tmp_path, cut_after(1))

    (shelf,) = (tmp_path / "imports").iterdir()
    assert b"kim" not in shelf.read_bytes().lower()


def test_two_at_a_time_are_one_too_many(host, tmp_path):
    file = written_to(tmp_path / "facts.ndjson", facts())

    def another(*_: object) -> None:
        import_file(host, file, tmp_path)

    with pytest.raises(Unimportable, match="being imported by another process"):
        import_file(host, file, tmp_path, another)


def test_the_facts_of_an_account_are_told_as_one_wherever_they_stand(host, tmp_path):
    """It was rich in between, and has more facts than a batch."""
    seats = [
        {"id": f"s{n}", "account": "a1", "at": f"2026-01-02T00:{n // 60:02}:{n % 60:02}Z", "fields": {"seats": n * 100}}
        for n in range(700)
    ]
    last = {"id": "last", "account": "a1", "at": "2026-01-03T00:00:00Z", "fields": {"seats": 5}}
    dice = random.Random(7)
    file = written_to(tmp_path / "facts.ndjson", dice.sample(told := [*facts(300), *seats, last], len(told)))

    count = import_file(host, file, tmp_path)

    assert (count.stored, count.left_out) == (len(told), 0)
    assert host.database.read(partial(runs.listed, account="a1")) == []


def test_a_larger_file_takes_no_more_memory(host, tmp_path):
    small, large = (written_to(tmp_path / f"{size}.ndjson", facts(size)) for size in (2_000, 12_000))

    peaks = [_peak(host, file, tmp_path) for file in (small, small, large)]

    assert peaks[2] < peaks[1] * 2


def _peak(host, file: Path, home: Path) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(Cut):
            import_file(host, file, home, cut_after(1))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_lines_does_not_matter(sqlite, tmp_path, dice, twice):
    """Each time of accounts of their own."""
    host = host_on(sqlite, RICH)
    name = f"{time.monotonic_ns()}"
    told = [
        {**one, "id": f"{name}{one['id']}{which}", "account": f"{name}{which}"}
        for which in ("in order", "shuffled")
        for one in facts(28)[len(WHO) - 1 :]  # no two of them at one instant
    ]
    half = len(told) // 2
    shuffled = dice.sample([*told[half:], *told[half : half + twice]], half + twice)

    import_file(host, written_to(tmp_path / f"{name}.ndjson", [*told[:half], *shuffled]), tmp_path)

    ordered, other = (
        json.loads(str(host.database.read(partial(accounts.state_of, account=f"{name}{which}")))) | {"id": ""}
        for which in ("in order", "shuffled")
    )
    assert ordered == other


def test_a_line_that_is_no_text_or_too_long_is_told_and_the_rest_goes_on(host, tmp_path):
    file = written_to(tmp_path / "facts.ndjson", facts(2))
    file.write_bytes(b"\xff\xfe\n" + b"x" * 10_000_001 + b"\n" + file.read_bytes())

    count = import_file(host, file, tmp_path)

    assert (count.stored, [one.line for one in count.faults]) == (42, [1, 2])


def test_csv_files_are_gone_on_with_as_well(host, tmp_path):
    mapping = """\
sources:
  accounts: {file: accounts.csv, key: id}
  seats: {file: seats.csv, key: [id, day], links: {accounts: id}}
facts:
  - fact: begun
    from: accounts
    account: id
    at: {column: begun}
    fields: {start_date: begun}
  - fact: seats
    from: seats
    account: accounts.id
    at: {column: day}
    fields: {seats: seats}
"""
    rows = "".join(f"a{n % 40},2026-01-{1 + n // 40:02},{n}\n" for n in range(1_000))
    written(
        tmp_path,
        {
            "x.mapping.yaml": mapping,
            "accounts.csv": "id,begun\n" + "".join(f"{who},2025-01-01\n" for who in WHO),
            "seats.csv": f"id,day,seats\n{rows}a1,2026-01-01,7\nnobody,2026-01-01,7\n",
        },
    )
    with pytest.raises(Cut):
        import_file(host, tmp_path / "x.mapping.yaml", tmp_path, cut_after(1))

    count = import_file(host, tmp_path / "x.mapping.yaml", tmp_path)

    assert (count.stored, count.known, bool(count.resumed)) == (1_040, 0, True)
    assert [(Path(one.file).name, one.line, one.message.partition(",")[0]) for one in count.faults] == [
        ("seats.csv", 1_002, "the key a1/2026-01-01 is that of line 3 already"),
        ("seats.csv", 1_003, "id is nobody"),
    ]


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_ended_anywhere_is_gone_on_with(tmp_path, monkeypatch, blow):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    small_workspace(tmp_path / "playbooks")
    told = [one | {"fields": {"stage": "adoption", "arr": n}} for n, one in enumerate(facts(4_000))]
    written_to(tmp_path / "facts.ndjson", told)
    assert playbook("apply").code == 0

    ended = _ended_in_the_middle(blow)
    ran = playbook("import", "facts.ndjson", "--json")

    assert ended in {-signal.SIGKILL, 130}
    assert ran.code == 0, ran.err
    assert (ran.json["stored"] + ran.json["known"], ran.json["known"] <= BATCH) == (4_040, True)
    assert ran.json["resumed"] > 0


def _ended_in_the_middle(blow: signal.Signals) -> int:
    """Exit code of an import that is hit once it has told a batch."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    importing = subprocess.Popen([sys.executable, "-m", "workers", "import", "facts.ndjson"], env=environment)
    with closing(sqlite3.connect("data/playbook.db")) as database:
        while importing.poll() is None and not database.execute("SELECT count(*) FROM facts").fetchone()[0]:
            time.sleep(0.01)
    importing.send_signal(blow)
    return importing.wait(20)
