import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.standins import StandInSlack
from workers.settings_problems import VENDORS

# How long an example takes says more of the machine than of the law.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has set for real work has no say in the tests, but for the server that they run on."""
    for name in list(os.environ):
        if name.startswith(VENDORS) and name != "TEMPORAL_CLI":
            monkeypatch.delenv(name)


@pytest.fixture
def slack() -> Iterator[StandInSlack]:
    """A workspace in which nobody is known yet."""
    with StandInSlack() as stand_in:
        yield stand_in
