"""Files of the shipped workspace with one word of them spoilt: misspelt, left out, or put in place of another."""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine.parameters import as_text
from engine.source import Document, read

FOLDER = Path(__file__).parents[2] / "playbooks"
LONG = "9" * 5000
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 10**38, "", " ", [], {}, [[]], {"a": 1}, "x", "{{", "$x", "day", "now", "true", "any", "1 == 2",
    LONG, f"{LONG} days", f"day {LONG}", f"after 1 day, at most {LONG} times", "100 years", "day -36500", "at once",
    "9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z", "876000 hours before account.renewal_date", "account.arr / 0",
    {"rrule": "FREQ=DAILY;INTERVAL=0"}, {"rrule": f"FREQ=DAILY;COUNT={LONG}"}, {"rrule": "FREQ=DAILY;BYHOUR=99"},
    {"enterprise": "1 day"}, {"each": "true"}, {"when": "true"}, {"<": [{"var": "account.arr"}, 5]}, "é\u202e",
)  # fmt: skip


@cache
def shipped() -> tuple[Any, ...]:
    """The data of every playbook and of every file of tests."""
    documents = [
        read(path) for path in sorted(FOLDER.glob("*/*.yaml")) if path.parent.name not in {"demo", "templates"}
    ]
    return tuple(document.data for document in documents if isinstance(document, Document))


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """The text of one of them."""
    data = deepcopy(draw(st.sampled_from(shipped())))
    _spoil(data, draw)
    return as_text(data)


def _spoil(data: Any, draw: st.DrawFn) -> None:
    """In one place; under a misspelt word in one more."""
    around, key = draw(st.sampled_from(_places(data)))
    match draw(st.sampled_from(["misspelt", "gone", "odd", "cut"])):
        case "misspelt" if isinstance(around, dict):
            if _places(around[key]):
                _spoil(around[key], draw)
            _misspell(around, key, draw(st.integers(0, len(key) - 1)))
        case "gone":
            del around[key]
        case "cut" if isinstance(around[key], str) and around[key]:
            at, text = draw(st.integers(0, len(around[key]) - 1)), around[key]
            around[key] = text[:at] + draw(st.sampled_from(["", '"', "(", "9", " ", "{{"])) + text[at + 1 :]
        case _:
            around[key] = deepcopy(draw(st.sampled_from(ODD)))


def _misspell(around: dict[str, Any], key: str, at: int) -> None:
    items = [(key[:at] + key[at + 1 :] or "x" if one == key else one, value) for one, value in around.items()]
    around.clear()
    around.update(items)


def _places(data: Any) -> list[tuple[Any, Any]]:
    inside = list(data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ())
    return [(data, key) for key, _ in inside] + [place for _, one in inside for place in _places(one)]
