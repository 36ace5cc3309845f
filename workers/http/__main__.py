"""The intake's process: `python -m workers.http`. Any number may run; a relay sees what they wrote."""

import asyncio
import logging
import signal
import sys

from sqlalchemy.exc import DBAPIError

from activities.clock import ClockDiffers
from workers.http.health import Dependency
from workers.http.server import CannotListen, serve
from workers.settings import Settings, load_settings
from workers.settings_problems import InvalidSettings
from workers.warming import calm_the_collector
from workers.wiring import host_from
from workers.worker import DEFAULT_ADDRESS


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    calm_the_collector()
    settings = None
    try:
        settings = load_settings()
        asyncio.run(_until_signalled(settings))
    except (InvalidSettings, ClockDiffers, CannotListen) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except (DBAPIError, OSError) as unreachable:
        where = settings.database_shown if settings else ""
        said = str(getattr(unreachable, "orig", unreachable)).partition("\n")[0]
        print(f"The database {where} cannot be used: {said}. Set PLAYBOOK_DATABASE_URL.", file=sys.stderr)
        return 4
    return 0


async def _until_signalled(settings: Settings) -> None:
    host = host_from(settings)
    try:
        serving = asyncio.create_task(serve(host, settings, [_temporal(settings)]))
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, serving.cancel)
        await asyncio.wait([serving])
        if not serving.cancelled():
            serving.result()
    finally:
        host.database.close()


def _temporal(settings: Settings) -> Dependency:
    """Facts are taken and kept without it; what follows from them waits for it."""
    from workers.temporal import connect

    address = settings.temporal_address or DEFAULT_ADDRESS
    fix = f"Start it at {address}, or set TEMPORAL_ADDRESS; until then facts are kept and runs stand still"
    return Dependency("temporal", lambda: connect(address, settings), fix, needed=False)


if __name__ == "__main__":
    sys.exit(main())
