"""Facts in every order: late, twice, in other batches, an account comes to read the same."""

import itertools
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities import facts
from activities.desks import bench, lay_out
from activities.store import accounts
from engine.values import to_json
from tests.support.hosts import NOW, host_on, playbook

SOME = playbook("  - task: go", "some", start="start: {when: metrics.nps.value < 5}\n")
NUMBERS = itertools.count(1)
AHEAD = (timedelta(), timedelta(days=9), timedelta(days=40))

words = st.sampled_from(["kim", "lee", "ana"])
said = st.one_of(
    st.builds(lambda user: {"event": "login", "data": {"user": user}}, words),
    st.builds(lambda feature: {"event": "usage", "data": {"feature": feature, "minutes": 3}}, words),
    st.builds(lambda severity: {"event": "ticket", "data": {"severity": severity}}, st.integers(1, 3)),
    st.builds(lambda value: {"metric": "nps", "value": value}, st.none() | st.integers(0, 10)),
    st.builds(lambda value: {"metric": "features_bought", "value": value}, st.integers(1, 4)),
    st.builds(lambda tier: {"fields": {"tier": tier}}, st.sampled_from(["enterprise", "growth", None])),
    st.builds(lambda seats, arr: {"fields": {"seats": seats, "arr": arr}}, st.integers(1, 3), st.integers(1, 9)),
    st.builds(lambda one, name: {"contact": {"id": one, "name": name}}, words, words),
    st.builds(lambda one, on: {"contact": {"id": one, "active": on, "role": "champion"}}, words, st.booleans()),
    st.builds(lambda one, seats: {"record": "teams", "fields": {"id": one, "seats": seats}}, words, st.integers(1, 5)),
    st.builds(lambda who: {"team": {"csm": who}}, st.sampled_from(["ana", "ben", None])),
)
hours = st.integers(1, 60 * 24)
happened = st.lists(st.tuples(hours, said), min_size=1, max_size=12, unique_by=lambda one: one[0])


def as_facts(account, happening):
    """Of an account that is known; each says its instant, no two the same."""
    begin = {"fields": {"name": "Acme", "start_date": "2025-06-01", "time_zone": "America/New_York"}}
    told = [(61 * 24, begin), *sorted(happening, key=lambda one: -one[0])]
    return [
        {"id": f"{account}-{hours}", "account": account, "at": NOW - timedelta(hours=hours), **what}
        for hours, what in told
    ]


def picture(host, account):
    """All that the account reads, now and when time has passed; not its runs, since a late fact starts none."""

    def seen(connection):
        row = accounts.find(connection, account)
        desk = lay_out(bench(host, connection), {account: row})[account]
        return {
            (ahead.days, path): to_json(value)
            for ahead in AHEAD
            for path, value in sorted(desk.scope(NOW + ahead).values.items())
        }

    found = host.database.read(seen).items()
    return {key: value for key, value in found if key[1] != "account.id" and not key[1].startswith("runs.")}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened, st.data())
def test_an_account_reads_the_same_in_whatever_order_and_batches_its_facts_come(sqlite, happening, data):
    host = host_on(sqlite, SOME)
    first, second = f"a{next(NUMBERS)}", f"a{next(NUMBERS)}"
    begin, *rest = as_facts(second, happening)
    places = range(len(rest))  # what is drawn must not name the accounts, which are others each time
    again = data.draw(st.lists(st.sampled_from(places), max_size=4))
    arriving = [begin, *(rest[place] for place in data.draw(st.permutations([*places, *again])))]
    cuts = sorted({0, len(arriving), *data.draw(st.lists(st.integers(1, len(arriving)), max_size=4))})
    history = data.draw(st.booleans())

    facts.post(host, as_facts(first, happening))
    answers = [
        answer
        for start, end in itertools.pairwise(cuts)
        for answer in facts.post(host, arriving[start:end], history=history)
    ]

    assert sorted(one.status for one in answers) == ["duplicate"] * len(again) + ["stored"] * (len(rest) + 1)
    assert picture(host, second) == picture(host, first)


def test_of_two_that_differ_at_one_instant_the_one_that_came_later_counts(database):
    host = host_on(database, SOME)
    facts.post(host, as_facts("acme", [(1, {"fields": {"seats": 1}})]))

    facts.post(host, [{"id": "x", "account": "acme", "at": NOW - timedelta(hours=1), "fields": {"seats": 2}}])

    assert picture(host, "acme")[0, "account.seats"] == 2
