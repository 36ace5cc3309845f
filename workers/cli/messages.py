"""How a mail or message stands, in words: its state, why it waits, and when it is tried again."""

from pathlib import Path

from workers.cli.faults import CommandFault
from workers.cli.output import instant_column
from workers.views import View

CHANNELS = ("email", "slack", "webhook", "notice")


def standing(one: View) -> str:
    """ "deferred (provider down: HTTP 503; next try 2026-03-02 Mon 09:05)" """
    said = "; ".join(part for part in (str(one["reason"] or "").rstrip("."), _then(one)) if part)
    return f"{one['state']} ({said})" if said else str(one["state"])


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
