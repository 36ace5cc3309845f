"""Whether words that cannot be read as a calculation were to be one: then they are at fault, else they are a text."""

import re
from typing import Final

from engine.logic import reads_of
from engine.problems import nearest

ROOMS: Final = ("account", "metrics", "contacts", "records", "team", "outcome", "event", "item")
_ROOM: Final = rf"({'|'.join(ROOMS)})\."
# A text may name something in passing (`account.name is great`); whoever writes nothing else did not mean one.
_BEGUN: Final = re.compile(rf"{_ROOM}[\w.]*\w\s*($|[-+*/%<>=,(\[])|[a-z_]+\(.*\)$")
_PATH: Final = re.compile(r"([a-z_]+)(\.[a-z_]\w*)+")


def is_meant(written: str) -> bool:
    """They begin with a name of the vocabulary and a sign, are that name or nearly so alone, or a function's call."""
    said = written.strip()
    if any(re.match(_ROOM, path) for path in reads_of(said)) or _BEGUN.match(said):
        return True
    path = _PATH.fullmatch(said)
    return path is not None and nearest(path[1], ROOMS) is not None
