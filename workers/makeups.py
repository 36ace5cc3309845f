"""What scores and formulas are made of, for people and programs."""

from collections.abc import Iterable
from datetime import datetime

from engine.desk import Desk
from engine.makeup import Makeup, Part
from engine.picture import Picture, picture
from engine.stored import to_json
from engine.values import UNKNOWN
from workers.views import View


def makeups(desk: Desk, now: datetime) -> dict[str, View]:
    """Of every score and formula of the vocabulary."""
    seen = _picture(desk, now)
    found = {name: seen.makeup(name) for name in desk.setting.vocabulary.metrics}
    return {name: _made_of(made) for name, made in found.items() if made is not None}


def readings_of(desk: Desk, paths: Iterable[str], now: datetime) -> list[View]:
    """Of those that the paths read, and of those below them."""
    seen, metrics = _picture(desk, now), desk.setting.vocabulary.metrics
    todo = [path.split(".")[1] for path in sorted(paths) if path.startswith("metrics.")]
    told: dict[str, View | None] = {}
    while todo:
        name = todo.pop(0)
        if name not in told:
            made = seen.makeup(name)
            value = to_json(seen.scope.values.get(f"metrics.{name}.value", UNKNOWN))
            told[name] = {"metric": name, "value": value, **_made_of(made)} if made else None
            todo += sorted(metrics[name].parts) if made else ()
    return [one for one in told.values() if one is not None]


def _picture(desk: Desk, now: datetime) -> Picture:
    return picture(desk.account, desk.setting.vocabulary, desk.setting.policy, now)


def _made_of(made: Makeup) -> View:
    """`coverage` is the share of weight that is known, `needed` the least of it that makes the reading known."""
    return {
        "coverage": to_json(made.coverage),
        "needed": to_json(made.needed),
        "parts": [_part(one) for one in made.parts],
    }


def _part(one: Part) -> View:
    """`points` are what the part brings of the score's 100; a part that is not known brings none and is weighed out."""
    said: View = {"path": one.path, "value": to_json(one.value)}
    numbers = {"weight": one.weight, "points": one.points}
    return said | {key: to_json(number) for key, number in numbers.items() if number is not None}
