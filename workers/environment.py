"""The environment over the `.env` of the current folder: where every setting comes from."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

ENV_FILE = ".env"


def env_file(folder: Path | None = None) -> dict[str, str]:
    path = (folder or Path()) / ENV_FILE
    return {name: value for name, value in dotenv_values(path).items() if value} if path.is_file() else {}


def environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Names to values; an empty value counts as not set."""
    own = os.environ if environ is None else environ
    return env_file() | {name: value for name, value in own.items() if value}
