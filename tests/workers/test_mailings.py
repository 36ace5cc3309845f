"""Which mails of a playbook an account gets as it stands now, told from those for other tiers and other accounts."""

import pytest

from engine.calendar import Calendar
from engine.logic import Scope
from tests.support.hosts import NOW
from tests.support.playbooks import compiled, source
from workers.mailings import sources_of

STEPS = """
  - sequence: hello
    to: champion
    mails:
      - {subject: Welcome, text: Hello}
      - after: 2 days
        template: {enterprise: renewal/value-recap, growth: renewal/value-recap, starter: renewal/offer-review}
  - branch: size
    cases:
      - when: account.tier == "starter"
        then:
          - {email: by_yourself, to: champion, subject: Small, text: Hello}
      - when: account.arr >= 100000 and metrics.nps.value < 5
        then:
          - {email: visit, to: champion, subject: Sad, text: Hello}
    otherwise:
      - {email: call_us, to: champion, subject: Large, text: Hello}
"""


def told(reader=None, head="", step=""):
    plan = compiled(source(STEPS, head))
    return [(one.step, one.number, one.subject or one.template, one.ways) for one in sources_of(plan, step, reader)]


def of(**account):
    return Scope({f"account.{name}": value for name, value in account.items()}, NOW, Calendar())


WELCOME = ("hello", 1, "Welcome", ())
PLENTY = ("hello", 2, "renewal/value-recap", ("enterprise", "growth"))
LITTLE = ("hello", 2, "renewal/offer-review", ("starter",))
BY_YOURSELF = ("size/case/1/by_yourself", None, "Small", ())
VISIT = ("size/case/2/visit", None, "Sad", ())
CALL = ("size/otherwise/call_us", None, "Large", ())


def test_every_mail_is_told_once_with_the_ways_that_have_it():
    assert told() == [WELCOME, PLENTY, LITTLE, BY_YOURSELF, VISIT, CALL]
    assert told(step="hello") == [WELCOME, PLENTY, LITTLE]


@pytest.mark.parametrize(
    ("account", "mails"),
    [
        ({"tier": "starter"}, [WELCOME, LITTLE, BY_YOURSELF]),
        ({"tier": "growth", "arr": 5}, [WELCOME, PLENTY, VISIT, CALL]),  # how content they are may change
        ({}, [WELCOME, PLENTY, LITTLE, BY_YOURSELF, VISIT, CALL]),
    ],
)
def test_an_account_gets_the_mails_of_its_tier_and_of_branches_that_ask_for_what_it_is(account, mails):
    assert told(of(**account)) == mails


def test_an_account_of_another_tier_gets_nothing_of_a_playbook():
    assert told(of(tier="starter"), head="tiers: [enterprise]\n") == []
