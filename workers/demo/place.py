"""Where the demo lives: a folder, a database and a dev server of its own, and never anybody's keys."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.demo.portfolio import NoDemo
from workers.settings import HOME, Settings
from workers.settings_values import ClockSetting

FOLDER = HOME / "demo"
_OF_A_RUN = ("playbook.db*", "temporal-*.db*", "*.log", "*.log.1")


def database_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'playbook.db'}"


def demo_settings(settings: Settings, folder: Path, address: str | None = None) -> Settings:
    """`settings` without all that leads outside: the demo writes to nobody but the local outbox."""
    return settings.model_copy(
        update={
            "database_url": database_url(folder),
            "clock": ClockSetting(),  # the database's own
            "temporal_address": address,
            "temporal_namespace": "default",
            "temporal_api_key": None,
            "temporal_tls": False,
            "temporal_tls_client_cert_path": None,
            "temporal_tls_client_key_path": None,
            "temporal_tls_server_ca_cert_path": None,
            "temporal_tls_server_name": None,
            "sendgrid_api_key": None,
            "slack_bot_token": None,
            "webhooks": False,
        }
    )


@contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """The folder, emptied of what the last demo left. Raises NoDemo while another one plays there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NoDemo(f"A demo plays already in {folder}. Wait for its end, or stop it.") from None
        for pattern in _OF_A_RUN:
            for left in folder.glob(pattern):
                left.unlink(missing_ok=True)
        yield folder
