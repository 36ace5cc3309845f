"""The Temporal server binary that the embedded default runs: found, downloaded or built.

`python -m workers.temporal_server` prints its path, after making it when there is none yet.
"""

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from workers.environment import environment
from workers.temporal_build import build_with_go
from workers.temporal_download import download_by_sdk
from workers.temporal_way import VERSION, Say, WayClosed

Make = Callable[[Path, Say, Mapping[str, str]], None]

MAKERS: dict[str, Make] = {
    "the download by Temporal's Python SDK": download_by_sdk,
    f"go install github.com/temporalio/cli/cmd/temporal@v{VERSION}": build_with_go,
}


class NoTemporalServer(Exception):
    """None of the ways to a Temporal server is open; the message names all of them and what to do."""


def temporal_binary(environ: Mapping[str, str], say: Say, makers: Mapping[str, Make] = MAKERS) -> Path:
    """The first that works of TEMPORAL_CLI, `temporal` on PATH, our cache, and each maker in turn."""
    if found := found_binary(environ):
        return found
    kept = cache_folder(environ) / "temporal"
    with _one_maker_at_a_time(kept.parent, say):
        if not kept.exists():
            _make(kept, environ, say, makers)
    return kept


def found_binary(environ: Mapping[str, str]) -> Path | None:
    """A binary that is already here, without making anything."""
    if named := environ.get("TEMPORAL_CLI"):
        return _checked(Path(named).expanduser())
    if (on_path := shutil.which("temporal", path=environ.get("PATH", ""))) and server_version(Path(on_path)):
        return Path(on_path)
    kept = cache_folder(environ) / "temporal"
    return kept if kept.exists() else None


def cache_folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".cache")
    return Path(base) / "customer-playbooks" / f"temporal-{VERSION}"


def server_version(binary: Path) -> str | None:
    """1.29.1 for `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)`; None when it is no Temporal CLI."""
    try:
        told = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=15, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    _, mark, rest = told.stdout.partition("(Server ")
    return rest.split(",")[0].strip(") \n") if mark else None


def _checked(named: Path) -> Path:
    if server_version(named) is None:
        raise NoTemporalServer(
            f"TEMPORAL_CLI={named} is not a Temporal CLI that runs here. "
            "Give the path of a `temporal` binary, or leave TEMPORAL_CLI out to have one found or made."
        )
    return named


def _make(kept: Path, environ: Mapping[str, str], say: Say, makers: Mapping[str, Make]) -> None:
    closed: dict[str, str] = {}
    for way, make in makers.items():
        try:
            make(kept, say, environ)
        except WayClosed as why:
            closed[way] = str(why)
            say(f"{way}: {why}")
        else:
            return
    raise NoTemporalServer(_all_ways(closed))


def _all_ways(closed: Mapping[str, str]) -> str:
    made = [f"  {number}. {way}: {why}" for number, (way, why) in enumerate(closed.items(), start=3)]
    return "\n".join(
        [
            "There is no Temporal server to run on. Any one of these ways is enough:",
            "  1. TEMPORAL_ADDRESS=host:port of a server that runs already: not set.",
            "  2. TEMPORAL_CLI=path of a `temporal` binary, or `temporal` on PATH: neither is there.",
            *made,
            "Open one of them and run the same command again.",
        ]
    )


@contextmanager
def _one_maker_at_a_time(folder: Path, say: Say) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is getting the Temporal server; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    environ = environment()
    if address := environ.get("TEMPORAL_ADDRESS"):
        print(f"TEMPORAL_ADDRESS={address}: no server of our own is needed", file=sys.stderr)
        return 0
    try:
        print(temporal_binary(environ, lambda line: print(line, file=sys.stderr, flush=True)))
    except NoTemporalServer as why:
        print(why, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print("interrupted; the next run goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
