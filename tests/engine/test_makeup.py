"""What a score and a formula say of their parts."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.account import picture
from engine.values import UNKNOWN
from tests.support.told import START, Told, vocabulary

D = Decimal
KNOWN = vocabulary("""
fields:
  seats: {type: integer}
metrics:
  logins:   {reported: true, target: 100}
  nps:      {reported: true, target: 10}
  tickets:  {reported: true, target: 2, better: lower}
  per_seat: {formula: metrics.logins.value / account.seats}
  health:   {score: {logins: 50, nps: 30, tickets: 20}, coverage: 60%}
""")


def told(**readings):
    account = Told(KNOWN).tell(START, fields={"name": "Acme"})
    for name, value in readings.items():
        account.tell(START, metric=name, value=value)
    return account


def makeup(account, metric):
    return picture(account.account, KNOWN, None, START).makeup(metric)


def test_z3_a_score_tells_its_parts_with_weight_share_and_points():
    found = makeup(told(logins=50, nps=12, tickets=4), "health")

    logins, nps, tickets = found.parts
    assert (logins.path, logins.value, logins.weight, logins.share) == (
        "metrics.logins.attainment", D("0.5"), 50, D("0.5"),
    )  # fmt: skip
    assert (nps.value, nps.points) == (D("1.2"), 30)
    assert (tickets.value, tickets.points) == (D("0.5"), 10)
    assert (found.coverage, found.needed) == (1, D("0.6"))


def test_a_part_that_is_not_known_is_weighed_out():
    found = makeup(told(logins=50, nps=10), "health")

    *_, tickets = found.parts
    assert (tickets.known, tickets.value, tickets.share, tickets.points) == (False, UNKNOWN, D("0.2"), None)
    assert [part.points for part in found.parts] == [D("31.25"), D("37.5"), None]
    assert found.coverage == D("0.8")


def test_below_its_coverage_a_score_has_no_points():
    account = told(logins=50)

    found = makeup(account, "health")

    assert account.see("metrics.health.value", START) is None
    assert (found.coverage, found.parts[0].known, found.parts[0].points) == (D("0.5"), True, None)


def test_a_formula_tells_what_its_parts_come_to():
    found = makeup(told(logins=50), "per_seat")

    assert [(part.path, part.known, part.value) for part in found.parts] == [
        ("account.seats", False, UNKNOWN),
        ("metrics.logins.value", True, 50),
    ]
    assert (found.coverage, found.needed) == (D("0.5"), 1)


def test_other_metrics_are_made_of_nothing():
    assert makeup(told(), "logins") is None
    assert makeup(told(), "unheard_of") is None


readings = st.dictionaries(st.sampled_from(["logins", "nps", "tickets"]), st.integers(-5, 150))


@given(readings)
def test_the_points_of_its_parts_are_the_score(told_of):
    account = told(**told_of)

    found = makeup(account, "health")

    value = account.see("metrics.health.value", START)
    points = [part.points for part in found.parts if part.points is not None]
    assert (value is None) == (found.coverage < found.needed)
    assert value is None or abs(sum(points) - value) < D("1e-20")
