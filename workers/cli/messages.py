"""How a mail or message stands, in words: its state, why it waits and when it is tried again, what became of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from workers.cli.faults import CommandFault
from workers.cli.output import instant_column
from workers.views import View

CHANNELS = ("email", "slack", "webhook", "notice")

HERE: Final = "outbox:"  # the receipt of what no provider was there for
_WORDS: Final = {
    "answered_by_machine": "answered by a machine",
    "from_colleague": "answered by a colleague",
    "unproven": "answered, nobody knows by whom",
    "bounced": "bounced for good",
    "blocked": "bounced this time",
    "dropped": "not delivered",
    "complained": "complained about",
    "unsubscribed": "unsubscribed from",
}


def standing(one: View) -> str:
    """ "deferred (provider down: HTTP 503; next try 2026-03-02 Mon 09:05)", "sent (delivered, opened)" """
    said = "; ".join(filter(None, (str(one["reason"] or "").rstrip("."), _then(one), _became(one))))
    return f"{one['state']} ({said})" if said else str(one["state"])


def events(one: View) -> Iterator[tuple[str, str]]:
    """What became of it, in words, and when."""
    told = one["events"]
    for event in told if isinstance(told, list) else ():
        if isinstance(event, Mapping):
            kind = str(event["kind"])
            yield _WORDS.get(kind, kind), instant_column(event["at"])


def _became(one: View) -> str:
    here = one["state"] == "sent" and str(one["receipt"] or "").startswith(HERE)
    return ", ".join([*(["kept here only"] if here else []), *(word for word, _ in events(one))])


def keep_page(file: Path, html: str) -> str:
    """What is said of it then. Raises CommandFault."""
    try:
        file.write_text(html, encoding="utf-8")
    except OSError as error:
        raise CommandFault(f"the page cannot be written to {file}: {error.strerror}. Name another file") from None
    return f"the page is in {file}"


def _then(one: View) -> str:
    at = instant_column(one["next_try"])
    match one["state"]:
        case "wanted":
            return "tried again within seconds" if one["reason"] else ""
        case "deferred":
            return f"next try {at}" if at else "goes in its turn"
        case "uncertain":
            return f"looked for again {at}" if at else ""
    return ""
