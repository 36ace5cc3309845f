"""What a step that a run rests at waits for, in words."""

from collections.abc import Mapping
from typing import Any

from workers.cli.messages import standing
from workers.cli.output import instant_column


def waits_for(one: Mapping[str, Any]) -> str:
    if one["attention"]:
        return str(one["attention"])
    messages = [f"{sent['channel']} to {sent['to']} {standing(sent)}" for sent in one["messages"]]
    timers = [f"{_timer(name)} {instant_column(at)}" for name, at in one["timers"].items()]
    return ", ".join([*one["conditions"], *messages, *timers]) or "a person or a provider"


def _timer(name: str) -> str:
    """The step's own names for its timers, in a reader's words."""
    room, _, rest = name.partition("/")
    match room:
        case "at_most":
            return "given up"
        case "snoozed":
            return "put off until"
        case "rung":
            return f"rung {rest}"
        case "mail":
            return f"next mail to {rest}"
        case _:
            return name
