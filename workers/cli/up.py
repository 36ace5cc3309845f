"""`playbook up`: everything on this machine."""

import asyncio
import logging
import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.advancing import Lines, not_meant, without_starts_option
from workers.cli.faults import FINE, INTERRUPTED, CommandFault, Unreachable
from workers.cli.leaving import leave
from workers.cli.output import note, say, several
from workers.cli.program import with_example

if TYPE_CHECKING:
    from activities.host import Host
    from workers.importing.feeding import Progress, What
    from workers.settings import Settings
    from workers.together import Together

SHOWN = 20  # refused rows of a file
ECHO = 1.0  # seconds within which a second signal is the first once more, sent to us and to our group


@click.command(
    "up",
    epilog=with_example(
        "playbook up",
        "playbook up --import playbooks/demo/ravenstack.mapping.yaml",
        "playbook up --clock scaled:3600@2026-01-05T09:00:00Z",
    ),
)
@click.option("--import", "files", type=click.Path(path_type=Path), multiple=True, help="Facts to import once it runs.")
@without_starts_option
@click.option("--clock", metavar="CLOCK", help="real, or scaled:SECONDS[@INSTANT], in place of PLAYBOOK_CLOCK.")
@click.pass_context
def command(ctx: click.Context, *, files: tuple[Path, ...], without_starts: bool, clock: str | None) -> None:
    """Runs all that playbooks need until Ctrl-C, and says where to look.

    Without TEMPORAL_ADDRESS a Temporal server is run for you; without keys mail and Slack messages are kept in the
    local outbox. On an empty database the workspace's playbooks are applied. Whatever ends it, the next start goes on
    from there. With --without-starts what is imported starts nothing for what has been so for long, as with
    `playbook import`.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    ctx.exit(asyncio.run(_up(_settings(clock), files, starts=not without_starts)))


def _settings(clock: str | None) -> "Settings":
    from workers.settings import load_settings
    from workers.settings_values import clock as read_clock

    settings = load_settings()
    if clock is None:
        return settings
    try:
        return settings.model_copy(update={"clock": read_clock(clock)})
    except ValueError as wrong:
        raise CommandFault(f"--clock {clock}: {wrong}") from None


async def _up(settings: "Settings", files: tuple[Path, ...], *, starts: bool) -> int:
    from sqlalchemy.exc import DBAPIError

    from workers.devserver_home import DevServerFailed
    from workers.http.server import CannotListen
    from workers.temporal_server import NoTemporalServer
    from workers.together import NoServer, together

    stop = Stop()
    try:
        async with together(settings, note) as running:
            say(*_where(running, settings, await asyncio.to_thread(_filled, running.host)))
            importing = Importing(running.host, files, settings.make_home(), starts=starts)
            await stop.wait()
            await importing.leave()
            note("stopping: what is under way is finished first (Ctrl-C again to stop at once)")
    except (NoTemporalServer, DevServerFailed, NoServer) as away:
        raise Unreachable(str(away)) from None
    except DBAPIError as error:
        raise Unreachable(f"the database {settings.database_shown} cannot be used: {error.orig}") from None
    except CannotListen as taken:
        raise CommandFault(str(taken)) from None
    return INTERRUPTED if stop.by == signal.SIGINT else FINE


class Stop:
    """Set by the first signal. A second one, unless it is an echo of the first, ends the process where it stands: the
    database is right at any moment, and the server that we run for ourselves ends with us.
    """

    def __init__(self) -> None:
        self.by: int | None = None
        self._at = 0.0
        self._asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, self._ask, one, loop)

    async def wait(self) -> None:
        await self._asked.wait()

    def _ask(self, one: int, loop: asyncio.AbstractEventLoop) -> None:
        if self.by is None:
            self.by, self._at = one, loop.time()
            self._asked.set()
        elif loop.time() - self._at > ECHO:
            leave(INTERRUPTED)


class Importing:
    """Files imported beside everything else; left where it is, an import goes on when it is done again."""

    def __init__(self, host: "Host", files: tuple[Path, ...], home: Path, *, starts: bool) -> None:
        self._host = host
        self._home = home
        self._starts = starts
        self._left = threading.Event()
        self._work = asyncio.create_task(asyncio.to_thread(self._import_all, files), name="import")

    async def leave(self) -> None:
        """Ends it after the batch that is under way."""
        self._left.set()
        await self._work

    def _import_all(self, files: tuple[Path, ...]) -> None:
        for file in files:
            if not self._left.is_set():
                note(f"importing {file}")
                note(f"{file}: {self._import(file)}")

    def _import(self, file: Path) -> str:
        from engine.problems import PlaybookError
        from workers.importing.feeding import import_file

        try:
            count = import_file(self._host, file, self._home, self._going_on(file), starts=self._starts)
        except LeftOff:
            return "left off; the same command goes on with it"
        except PlaybookError as wrong:
            return str(wrong)
        for fault in count.faults[:SHOWN]:
            note(str(fault))
        aside = f"; {not_meant(count.aside)}" if count.aside else ""
        return f"{several(count.stored, 'fact')} stored, {count.known} known already, {count.left_out} left out{aside}"

    def _going_on(self, file: Path) -> "Progress":
        lines = Lines(lambda line: note(f"{file}: {line}"))

        def go_on(what: "What", number: int, total: int) -> None:
            lines(what, number, total)
            if self._left.is_set():
                raise LeftOff

        return go_on


class LeftOff(Exception):
    """An import was told to end before its end."""


def _filled(host: "Host") -> list[str]:
    """What is there from before: somebody who looks at what a demo has played is not to take it for today."""
    from activities.store.figures import counted

    found, clock, said = host.database.read(counted), host.clock, []
    if found.accounts:
        live = several(sum(found.live.values()), "live run")
        said.append(f"  holds     {several(found.accounts, 'account')} and {live} from before")
    if not clock.is_real:
        pace = f", and time goes {clock.pace:,} times as fast" if clock.pace > 1 else ""
        said.append(
            f"  clock     this database has its own, as a demo has: it is {clock.now():%Y-%m-%d %H:%M} UTC{pace}"
        )
    return said


def _where(running: "Together", settings: "Settings", filled: list[str]) -> list[str]:
    from workers.ways import mail_ways, slack_ways

    tokens = "with a token" if settings.api_tokens else "from this machine only, since PLAYBOOK_API_TOKENS is not set"
    pages = f", its pages at {running.pages}" if running.pages else ""
    return [
        "playbooks run",
        f"  HTTP      {running.http} (described at {running.http}/openapi.json), {tokens}",
        f"  Temporal  {running.temporal}{pages}",
        f"  database  {settings.database_shown}",
        *filled,
        *_under("mail", mail_ways(settings)),
        *_under("Slack", slack_ways(settings)),
        "  look      playbook runs · playbook tasks · playbook outbox · playbook attention · playbook doctor",
        "  stop      Ctrl-C: nothing is lost, the next start goes on from there",
    ]


def _under(name: str, lines: Iterable[str]) -> list[str]:
    return [f"  {'' if number else name:<8}  {line}" for number, line in enumerate(lines)]
