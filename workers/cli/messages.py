"""How a mail or message stands, in words: its state, why it waits, and when it is tried again."""

from workers.cli.output import instant_column
from workers.views import View

CHANNELS = ("email", "slack", "webhook", "notice")


def standing(one: View) -> str:
    """ "deferred (provider down: HTTP 503; next try 2026-03-02 Mon 09:05)" """
    said = "; ".join(part for part in (str(one["reason"] or ""), _then(one)) if part)
    return f"{one['state']} ({said})" if said else str(one["state"])


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
