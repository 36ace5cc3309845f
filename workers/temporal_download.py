"""The third way: the download that the Python SDK's own dev-server support does, in a process that can be ended."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from workers.temporal_way import VERSION, Say, WayClosed, last_line, watched

STALLED_AFTER = 20.0  # seconds without a new byte: a closed network fails soon, a slow one may take its time


def download_by_sdk(target: Path, say: Say, environ: Mapping[str, str]) -> None:
    say(f"asking Temporal's download for version {VERSION} (about 50 MB)")
    folder = target.parent / "download"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        _fetch_in_child(folder, say, environ)
        _binary_in(folder).replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fetch_in_child(folder: Path, say: Say, environ: Mapping[str, str]) -> None:
    log = folder / "log"
    try:
        code = watched(
            [sys.executable, "-m", "workers.temporal_download", folder],
            log=log,
            environ=dict(environ) | {"PYTHONPATH": str(Path(__file__).parent.parent)},
            tell=lambda seconds: say(f"  {seconds:3.0f} s, {_bytes_in(folder) / 1e6:.0f} MB"),
            progress=lambda: _bytes_in(folder),
            stalled_after=STALLED_AFTER,
        )
    except TimeoutError:
        raise WayClosed(f"no byte came in {STALLED_AFTER:.0f} s; let this machine reach temporal.download") from None
    if code != 0:
        raise WayClosed(f"{last_line(log)}; let this machine reach temporal.download")


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.exists())


def _binary_in(folder: Path) -> Path:
    for path in sorted(folder.iterdir()):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise WayClosed("the download held no program; try again")


async def _fetch(folder: str) -> None:
    # Starting the server is how the SDK downloads it; that it starts is proof that the binary fits this machine.
    from temporalio.testing import WorkflowEnvironment

    server = await WorkflowEnvironment.start_local(
        download_dest_dir=folder, dev_server_download_version=f"v{VERSION}", ui=False
    )
    await server.shutdown()


def main() -> int:
    try:
        asyncio.run(_fetch(sys.argv[1]))
    except RuntimeError as refused:  # the SDK's only error here
        print(refused)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
