"""Until when an answer holds while no fact comes."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.calendar import Calendar
from engine.conditions.scope import Moving
from engine.logic import Scope
from engine.overlay import Overlay
from tests.support.wording import condition

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
SLIDES = NOW + timedelta(days=3)


class Values(Moving):
    """Fixed values, of which the readings of metrics move on one day."""

    def __init__(self, **known):
        self.known = {name.replace("__", "."): value for name, value in known.items()}

    def __getitem__(self, path):
        return self.known[path]

    def __iter__(self):
        return iter(self.known)

    def __len__(self):
        return len(self.known)

    def turns(self, paths):
        return SLIDES if any(path.startswith("metrics.") for path in paths) else None


def until(text, **known):
    return condition(text).lasts_until(Scope(Values(**known), NOW, Calendar("UTC", "US")))


LOGINS = "metrics.logins.value < 5"


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        (LOGINS, {"metrics__logins__value": 9}, SLIDES),
        ("account.arr > 5", {"account__arr": 9}, None),
        # While a part settles the answer, no other matters.
        (f"account.arr > 5 and {LOGINS}", {"account__arr": 1, "metrics__logins__value": 9}, None),
        (f"account.arr > 5 or {LOGINS}", {"account__arr": 9, "metrics__logins__value": 9}, None),
        (f"account.arr > 5 and {LOGINS}", {"account__arr": 9, "metrics__logins__value": 9}, SLIDES),
        (f"not (account.arr > 5 and {LOGINS})", {"account__arr": 1, "metrics__logins__value": 9}, None),
        # What is unknown settles nothing.
        (f"account.arr > 5 and {LOGINS}", {"metrics__logins__value": 1}, SLIDES),
        # Of several that settle it, the last one counts.
        (
            f"days_until(account.renewal_date) < 30 and {LOGINS}",
            {"account__renewal_date": (NOW + timedelta(days=100)).date(), "metrics__logins__value": 9},
            datetime(2026, 5, 12, tzinfo=UTC),
        ),
    ],
)
def test_an_answer_holds_as_long_as_what_settles_it(text, known, expected):
    assert until(text, **known) == expected


def test_what_is_laid_over_the_readings_stands_still():
    values = Overlay({"metrics.logins.value": 9}, Values())

    assert values.turns(["metrics.logins.value"]) is None
    assert values.turns(["metrics.logins.value", "metrics.nps.value"]) == SLIDES
