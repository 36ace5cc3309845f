import time
from pathlib import Path

import pytest

from workers.temporal_build import go_version
from workers.temporal_server import NoTemporalServer, cache_folder, found_binary, server_version, temporal_binary
from workers.temporal_way import Say, WayClosed, watched


def test_the_named_binary_comes_first_and_a_wrong_one_is_told(tmp_path):
    wrong = tmp_path / "temporal"
    wrong.write_text("#!/bin/sh\necho something else\n")
    wrong.chmod(0o755)

    with pytest.raises(NoTemporalServer, match=r"TEMPORAL_CLI=.* is not a Temporal CLI that runs here"):
        found_binary({"TEMPORAL_CLI": str(wrong)})


def test_a_temporal_on_path_is_taken_before_our_cache(tmp_path):
    on_path = stand_in(tmp_path / "bin" / "temporal")
    stand_in(cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) / "temporal")

    assert found_binary({"PATH": str(on_path.parent), "XDG_CACHE_HOME": str(tmp_path)}) == on_path


def test_a_way_that_is_closed_gives_way_to_the_next(tmp_path):
    def closed(target: Path, say: Say, environ: object) -> None:
        raise WayClosed("no network")

    def opened(target: Path, say: Say, environ: object) -> None:
        stand_in(target)

    said: list[str] = []
    environ = {"XDG_CACHE_HOME": str(tmp_path)}

    found = temporal_binary(environ, said.append, {"the download": closed, "the build": opened})

    assert found == cache_folder(environ) / "temporal"
    assert said == ["the download: no network"]


def test_when_every_way_is_closed_all_four_are_named(tmp_path):
    def closed(target: Path, say: Say, environ: object) -> None:
        raise WayClosed("no network")

    with pytest.raises(NoTemporalServer) as told:
        temporal_binary({"XDG_CACHE_HOME": str(tmp_path)}, print, {"the download": closed, "the build": closed})

    assert str(told.value).splitlines()[1:5] == [
        "  1. TEMPORAL_ADDRESS=host:port of a server that runs already: not set.",
        "  2. TEMPORAL_CLI=path of a `temporal` binary, or `temporal` on PATH: neither is there.",
        "  3. the download: no network",
        "  4. the build: no network",
    ]


def test_a_child_that_stands_still_is_ended(tmp_path):
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        watched(
            ["/bin/sleep", "60"],
            log=tmp_path / "log",
            environ={},
            tell=lambda _: None,
            progress=lambda: 0,
            stalled_after=0.2,
        )

    assert time.monotonic() - began < 5


def test_a_go_tells_its_version_and_what_is_no_go_has_none(tmp_path):
    go = stand_in(tmp_path / "go", "go version go1.26.8 linux/amd64")
    other = stand_in(tmp_path / "other", "GNU Go 3.8")

    assert go_version(go, {}) == (1, 26)
    assert go_version(other, {}) is None
    assert go_version(tmp_path / "none", {}) is None


def test_a_temporal_cli_tells_the_version_of_the_server_in_it(tmp_path):
    assert server_version(stand_in(tmp_path / "temporal")) == "1.29.1"
    assert server_version(stand_in(tmp_path / "other", "temporal 0.1")) is None


def stand_in(path: Path, says: str = "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path
