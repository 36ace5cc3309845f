"""Facts that tell of the past: only how the account stands after them is judged."""

from datetime import timedelta

from activities import facts
from activities.store import runs
from tests.support.hosts import acme, host_on, playbook

RICH = playbook("- task: go", "rich", start="start: {when: account.seats >= 50000}\n")


def told(host, *values: int, history: bool) -> list[str]:
    """The account's seats over the last days, oldest first."""
    now = host.clock.now()
    items = [
        {
            "id": f"h{index}",
            "account": "acme",
            "at": now - timedelta(days=len(values) - index),
            "fields": {"seats": value},
        }
        for index, value in enumerate(values)
    ]
    return [answer.status for answer in facts.post(host, items, history=history)]


def live(host) -> int:
    return len(host.database.read(lambda connection: runs.listed(connection, account="acme")))


def test_what_was_so_in_between_starts_nothing(database):
    host = host_on(database, RICH)
    acme(host)

    assert told(host, 10_000, 60_000, 20_000, history=True) == ["stored"] * 3

    assert live(host) == 0


def test_how_it_stands_after_them_counts_as_a_rise(database):
    host = host_on(database, RICH)
    acme(host)

    told(host, 10_000, 60_000, history=True)

    assert live(host) == 1


def test_one_that_cannot_be_read_keeps_none_of_the_others_out(database):
    host = host_on(database, RICH)
    acme(host)
    items = [
        {"id": "h1", "account": "acme", "fields": {"seats": "much"}},
        {"id": "h2", "account": "acme", "fields": {"seats": 60_000}},
    ]

    answers = facts.post(host, items, history=True)

    assert [one.status for one in answers] == ["rejected", "stored"]
    assert live(host) == 1
