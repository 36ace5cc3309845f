"""What an account's own record says, as Markdown that shows it letter by letter: a name must never become a link."""

import re
from typing import Final

# An underscore within a word, and an ampersand that begins no entity, mean nothing.
_ANYWHERE: Final = re.compile(r"[\\`*\[\]<>~|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_IN_FRONT: Final = re.compile(r"[-+=#](?=[-+=#\s]|$)|(?<=\d)[.)](?=\s|$)")  # where a line may begin with it


def in_markdown(text: str) -> str:
    """Its lines become one; white space around it goes, which could undo what stands about it."""
    plain = _ANYWHERE.sub(r"\\\g<0>", " ".join(text.splitlines()).strip())
    lead = re.match(r"\d{0,9}", plain)
    start = lead.end() if lead else 0
    found = _IN_FRONT.match(plain, start)
    return f"{plain[:start]}\\{plain[start:]}" if found else plain
