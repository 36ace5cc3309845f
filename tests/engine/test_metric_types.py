"""What can be told of a metric's parts without any account: what no condition can ask of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.declared.vocabulary import read_vocabulary
from engine.logic import Condition, compile_asking, compile_condition
from engine.source import read
from engine.ticks import ticks
from engine.view import View
from tests.support.told import DAY, START, Told, vocabulary

TEXT = """
fields:
  tier: {type: choice, of: [enterprise, growth], default: growth}
  stage: {type: choice, of: [onboarding, renewal], required: true}
  status: {type: choice, of: [active, churned]}
  country: {type: country}
  time_zone: {type: time_zone}
  seats: {type: integer}
contact_fields: {role: {type: choice, of: [champion, other], default: other}}
events: {login: {user: text}, order: {amount: number}}
metrics:
  logins: {count: login, over: 7 days, target: 4}
  wanted: {count: login, over: 7 days, target: account.seats}
  tiered: {count: login, over: 7 days, target: {enterprise: 9, growth: 4}}
  quiet: {days_since: login, better: lower, target: 7}
  orders: {sum: order.amount, over: 7 days, target: 9}
  nps: {reported: true, target: 10}
  dwelling: {reported: true, target: 10, zones: {red: {below: 60%, for: 2 days}}}
  score: {score: {logins: 40, nps: 60}}
"""
KNOWN = vocabulary(TEXT)


def told(text, endings=None):
    found = compile_asking(text, KNOWN.names(playbooks=["ask"], endings=endings))
    return [] if isinstance(found, Condition) else [str(one) for one in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metrics.logins.attainment < 0%", "metrics.logins.attainment is never below 0%"),
        ("metrics.logins.change < -100%", "metrics.logins.change is never below -100%"),
        ("metrics.score.attainment > 100%", "metrics.score.attainment is from 0% to 100%"),
        ("metrics.quiet.value < 0", "metrics.quiet.value is never below 0"),
        ("metrics.quiet.attainment < 0%", "never below 0%"),
        ('metrics.score.zone == "red" and metrics.score.value > 80', "are never both true"),
        ('metrics.score.zone in ["red", "yellow"] and metrics.score.value >= 85', "are never both true"),
        ('metrics.score.zone != "green" and metrics.score.attainment >= 85%', "are never both true"),
        ('metrics.logins.zone == "red" and metrics.logins.value > 2', "are never both true"),
        ('metrics.quiet.zone == "green" and metrics.quiet.value > 8', "are never both true"),
        ('metrics.quiet.zone == "red" and metrics.quiet.value <= 9', "are never both true"),
        ('metrics.nps.zone == "red" and metrics.nps.attainment > 70%', "are never both true"),
        ('metrics.nps.zone == "red" and not known(metrics.nps.attainment)', "are never both true"),
        ("known(account.tier)", "account.tier is always known"),
        ("not known(account.stage)", "account.stage is always known"),
        ("any(not known(c.role) for c in contacts)", "is never true"),
        ('account.country == "us"', 'Did you mean "US"?'),
        ('account.country == "XZ"', '"XZ" is not a country'),
        ('account.time_zone == "Europe/Berln"', "Did you mean Europe/Berlin?"),
        ('account.time_zone in ["UTC", "Europe/Berln"]', "Did you mean Europe/Berlin?"),
    ],
)
def test_what_can_never_be_is_told_with_what_is_known_of_it(text, said):
    (fault,) = told(text)

    assert said in fault


@pytest.mark.parametrize(
    "text",
    [
        "metrics.logins.attainment < 1%",
        "metrics.logins.change <= -100%",
        "metrics.logins.attainment > 100%",
        "metrics.wanted.attainment < 0%",
        "metrics.orders.change < -100%",
        "metrics.orders.attainment < 0%",
        "metrics.quiet.attainment > 100%",
        'metrics.score.zone == "red" and metrics.score.value > 60',
        'metrics.logins.zone == "yellow" and metrics.logins.value == 3',
        # By tier the bound is now here and now there, and of a long decimal the last digit is rounded.
        'metrics.tiered.zone == "red" and metrics.tiered.value > 3',
        'metrics.nps.zone == "red" and metrics.nps.value > 8',
        # While a dwell runs the zone is another than the reading's.
        'metrics.dwelling.zone == "green" and metrics.dwelling.attainment < 50%',
        "known(account.status)",
        'account.country == "DE-BY"',
        'last_outcome("ask") == "anything"',
    ],
)
def test_what_may_be_is_left_alone(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("word", "meant"),
    [("complted", "completed"), ("competled", "completed"), ("sawed", "saved"), ("saved", None), ("ended_early", None)],
)
def test_a_slip_in_the_outcome_of_another_playbook_is_told_and_any_other_word_may_be_an_operators(word, meant):
    found = told(f'last_outcome("ask") == "{word}"', {"ask": ("saved", "completed", "stopped")})

    assert [f'Did you mean "{meant}"?' in one for one in found] == ([True] if meant else [])


def test_a_formula_that_divides_by_zero_is_refused():
    found = read_vocabulary(read(TEXT + "  none: {formula: account.seats / 0}\n", "vocabulary.yaml"))

    assert "can never be known. A division by 0 has no answer" in str(found)


# --- the law: what is called impossible never happens

VALUES = st.sampled_from([0, 2, 3, 7, 9, 70, 85])
SHARES = st.sampled_from([-100, 0, 70, 85, 100])
NUMBERS = st.one_of(
    st.builds("value {} {}".format, st.sampled_from(["<", ">=", "=="]), VALUES),
    st.builds("attainment {} {}%".format, st.sampled_from(["<", ">="]), SHARES),
)
ASKED = st.one_of(
    st.builds(
        'metrics.{0}.zone {1} "{2}" and metrics.{0}.{3}'.format,
        st.sampled_from(["logins", "quiet", "score", "nps"]),
        st.sampled_from(["==", "!="]),
        st.sampled_from(["green", "yellow", "red"]),
        NUMBERS,
    ),
    st.builds("metrics.{}.change < {}%".format, st.sampled_from(["logins", "nps", "score"]), SHARES),
)


@settings(max_examples=200, deadline=None)
@given(
    text=ASKED,
    days=st.lists(st.integers(0, 20), max_size=6),
    scores=st.lists(st.integers(-2, 12), min_size=1, max_size=3),
)
def test_what_is_called_impossible_never_happens(text, days, scores):
    account = Told(KNOWN).tell(START - 30 * DAY, fields={"stage": "renewal"})
    for day in sorted(days):
        account.tell(START + day * DAY, event="login", data={"user": "kim"})
    for day, score in enumerate(scores):
        account.tell(START + day * DAY, metric="nps", value=score)
    asked, possible = compile_condition(text, KNOWN.names()), not told(text)

    for day in range(30):
        view = View(account.account, KNOWN, account.policy, ticks(START + day * DAY))
        assert possible or asked.truth(view.scope) is not True
