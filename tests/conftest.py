import os

import pytest
from hypothesis import settings

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
