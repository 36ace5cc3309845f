"""What can be read in Slack's blocks."""

from collections.abc import Iterator, Mapping
from typing import Any


def texts(part: Any) -> Iterator[str]:
    """Every text in them, those of buttons and options too."""
    if isinstance(part, Mapping):
        if part.get("type") in {"mrkdwn", "plain_text"}:
            yield str(part["text"])
        for one in part.values():
            yield from texts(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from texts(one)


def controls(view: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Buttons and menus by what they do and to which task: `task.done t1`, `home.account`."""
    rows = [one["elements"] for one in view["blocks"] if one["type"] == "actions"]
    return {_name(one): one for row in rows for one in row}


def _name(element: Mapping[str, Any]) -> str:
    of_task = element["action_id"].startswith("task.")
    return f"{element['action_id']} {element['value']}" if of_task else str(element["action_id"])
