import os

import pytest

from workers.settings_problems import VENDORS


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has set for real work has no say in the tests, but for the server that they run on."""
    for name in list(os.environ):
        if name.startswith(VENDORS) and name != "TEMPORAL_CLI":
            monkeypatch.delenv(name)
