"""Why-trees as text: a line per part with what it saw, and a mark where it was decided."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from pydantic import JsonValue

Tree = Mapping[str, JsonValue]
DECIDED = "  <-- decided"


def why_lines(tree: Tree, depth: int = 0) -> list[str]:
    """`tree` is what a trace keeps: {"text", "truth" or "value", "parts"}."""
    marked = {id(one) for one in deciding(tree)}
    return list(_lines(tree, depth, marked))


def readings(tree: Tree) -> list[str]:
    """What was read for it, each once: `account.arr = 40000`; but for what its own text says already."""
    text = str(tree["text"])
    found = dict(_leaves(tree))
    return [f"{name} = {value}" for name, value in found.items() if f"{name} == {value}" not in text]


def parts_of(tree: Tree) -> list[Tree]:
    parts = tree.get("parts")
    return [one for one in parts if isinstance(one, dict)] if isinstance(parts, list) else []


def deciding(tree: Tree, whole: Callable[[Tree], bool] = lambda _: False) -> Iterator[Tree]:
    """The parts that decided: as they were marked; where no mark tells, those that are as the whole is. Nothing is
    looked for inside of a part that is taken `whole`.
    """
    judged = [part for part in parts_of(tree) if "truth" in part]
    if tree.get("decided") or not judged or whole(tree):
        yield tree
        return
    pool = [part for part in judged if _has_mark(part)] or judged
    alike = [part for part in pool if part["truth"] == tree.get("truth")]
    for part in alike or pool:
        yield from deciding(part, whole)


def saw(value: JsonValue) -> str:
    """A value as a reader of conditions writes it."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{printable(value)}"'
        case list():
            return f"[{', '.join(saw(one) for one in value)}]"
        case dict():
            return "{" + ", ".join(f"{name}: {saw(one)}" for name, one in value.items()) + "}"
        case float():
            return format(Decimal(repr(value)), "f")
        case _:
            return str(value)


def seen(tree: Tree) -> str:
    """The value of a part; a ratio as the percentage that its author writes."""
    value = tree.get("value")
    if tree.get("unit") != "percent" or isinstance(value, bool) or not isinstance(value, int | float):
        return saw(value)
    exact = Decimal(repr(value)) * 100
    # What is not quite a whole number is never shown as one: it may be what decided.
    rounded = (round(exact, places) for places in (2, 4))
    return f"{next((one for one in rounded if one == exact or one % 1), exact).normalize():f}%"


def printable(text: str) -> str:
    """Without what a terminal would take for an order: names of accounts come from outside."""
    return "".join(char if char.isprintable() else " " for char in text)


def _lines(tree: Tree, depth: int, marked: set[int]) -> Iterator[str]:
    parts = parts_of(tree)
    values = [part for part in parts if "truth" not in part]
    plain = len(values) == len(parts) and not any(_is_judged(part) for part in parts)
    inline = "".join(f"   {one}" for one in _read(values)) if plain else ""
    said = saw(tree["truth"]) if "truth" in tree else seen(tree)
    yield f"{'  ' * depth}{said}: {printable(str(tree['text']))}{inline}{DECIDED if id(tree) in marked else ''}"
    if not inline:
        for part in parts:
            yield from _lines(part, depth + 1, marked)


def _is_judged(tree: Tree) -> bool:
    """Whether something below it is true or false by itself: the items of a count."""
    return any("truth" in part or _is_judged(part) for part in parts_of(tree))


def _read(values: list[Tree]) -> Iterator[str]:
    """What the names in it were worth, each once; a calculation is told with its result and then its names."""
    said: dict[str, None] = {}
    for part in values:
        said[f"{printable(str(part['text']))} = {seen(part)}"] = None
        said.update(dict.fromkeys(_read(parts_of(part))))
    yield from said


def _leaves(tree: Tree) -> Iterator[tuple[str, str]]:
    parts = parts_of(tree)
    if not parts and "truth" not in tree:
        yield printable(str(tree["text"])), saw(tree.get("value"))
    for part in parts:
        yield from _leaves(part)


def _has_mark(tree: Tree) -> bool:
    return bool(tree.get("decided")) or any(_has_mark(part) for part in parts_of(tree))
