"""The text of a condition into JsonLogic and back: `metrics.nps.value < 5 and known(account.arr)`.

Python's `ast` gives brackets, precedence and chains their meaning; nothing is ever evaluated.
"""

import ast
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from engine.conditions import functions as _functions  # noqa: F401 - fills the registry that `write` reads with
from engine.conditions import over_items as _over_items  # noqa: F401 - likewise
from engine.conditions.faults import Fault, Pointer, did_you_mean, nearest
from engine.conditions.normal import normal
from engine.conditions.places import ROOMS, ROOT_NAMES
from engine.conditions.tokens import Tokens, Word, cut
from engine.conditions.tree import MAX_DEPTH, JsonLogic, read
from engine.conditions.wording import FUNCTIONS, QUANTIFIERS, as_text, default_item_name

__all__ = ["Fault", "JsonLogic", "Parsed", "parse", "parse_at", "write"]

_COMPARES: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_RECKONS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%",
}  # fmt: skip
_LOOKS_AT_ITEMS: Final = {text: logic for logic, text in QUANTIFIERS.items()}
_TODAY: Final = frozenset({"today", "date", "yesterday", "tomorrow"})
_CALLED: Final = FUNCTIONS | set(_LOOKS_AT_ITEMS)
_FOR_EXAMPLE: Final = 'any(c.role == "champion" for c in contacts)'


@dataclass(frozen=True, slots=True)
class Parsed:
    """`offsets` tells for a pointer into the logic where its text begins."""

    logic: JsonLogic
    offsets: dict[Pointer, int] = field(default_factory=dict)

    def offset(self, pointer: Pointer) -> int:
        """Of the nearest part around that pointer whose place is known."""
        while pointer and pointer not in self.offsets:
            pointer = pointer[:-1]
        return self.offsets.get(pointer, 0)


def parse(text: str) -> JsonLogic | list[Fault]:
    parsed = parse_at(text)
    return parsed.logic if isinstance(parsed, Parsed) else parsed


def parse_at(text: str, known: Collection[str] = ()) -> Parsed | list[Fault]:
    """As `parse`, with the places of all parts. `known` are the paths to guess from when a name is misspelt."""
    if text.lstrip().startswith("{"):
        return _parse_json(text)
    tokens = cut(text)
    if tokens.faults:
        return tokens.faults
    try:
        tree = ast.parse(tokens.source, mode="eval").body
    except SyntaxError as error:
        return [_unreadable(error, text, tokens)]
    except (RecursionError, MemoryError):
        return [_too_deep(0)]
    reader = _Reader(tokens, known)
    logic = reader.read(tree, ())
    return reader.faults or Parsed(logic, reader.offsets)


def write(logic: object) -> str:
    """The one text that means this logic; `parse` gives the logic back. What has no text form is given as JSON."""
    tree = read(logic)
    if isinstance(tree, list) and any(isinstance(one, Fault) for one in tree):
        raise ValueError(str(tree[0]))
    return as_text(normal(tree))  # type: ignore[arg-type]


class _Reader:
    def __init__(self, tokens: Tokens, known: Collection[str]) -> None:
        self.tokens = tokens
        self.known = known
        self.faults: list[Fault] = []
        self.offsets: dict[Pointer, int] = {}
        self.items: list[str] = []

    def read(self, node: ast.expr, at: Pointer) -> JsonLogic:
        self.offsets[at] = self.offset(node)
        if len(at) > 2 * MAX_DEPTH:
            self.faults.append(_too_deep(self.offsets[at]))
            return False
        match node:
            case ast.Name():
                logic = self.word(self.tokens.words[node.id], at)
            case ast.BoolOp():
                logic = self.operation("and" if isinstance(node.op, ast.And) else "or", node.values, at)
            case ast.UnaryOp():
                logic = self.unary(node, at)
            case ast.BinOp():
                logic = self.operation(_RECKONS[type(node.op)], _operands(node), at)
            case ast.Compare():
                logic = self.compare(node, at)
            case ast.IfExp():
                logic = self.operation("if", _choices(node), at)
            case ast.Call():
                logic = self.call(node, at)
            case ast.List():
                logic = [self.read(one, (*at, index)) for index, one in enumerate(node.elts)]
            case _:
                logic = self.refuse(node)
        return logic

    def offset(self, node: ast.expr) -> int:
        return self.tokens.origins[node.col_offset]

    def fault(self, message: str, fix: str, offset: int) -> JsonLogic:
        self.faults.append(Fault(message, fix, offset))
        return False

    def operation(self, name: str, operands: list[ast.expr], at: Pointer) -> JsonLogic:
        return {name: [self.read(one, (*at, name, index)) for index, one in enumerate(operands)]}

    def word(self, word: Word, at: Pointer) -> JsonLogic:
        if word.kind == "value":
            return word.value
        path = str(word.value)
        head, _, rest = path.partition(".")
        if head in self.items:
            level = self.items[::-1].index(head)
            return {"var": rest if level == 0 and rest not in ROOT_NAMES and "." not in rest else f"{rest}@{level}"}
        if "." in path or path in ROOT_NAMES:
            return {"var": path}
        return self.fault(f"'{path}' is not known here", self.meant(path), self.offsets[at])

    def meant(self, word: str) -> str:
        if word in _CALLED:
            return f"Write {word}(…)."
        if word.lower() in _TODAY:
            return "Count days with days_until(DATE) or days_since(DATE)."
        ends = sorted(path for path in self.known if path.endswith(f".{word}"))
        if ends:
            return f"Did you mean {ends[0]}?"
        return did_you_mean(word, [*self.known, *self.items, *ROOT_NAMES], 'Text stands in quotes: "…".')

    def unary(self, node: ast.UnaryOp, at: Pointer) -> JsonLogic:
        if isinstance(node.op, ast.Not):
            return self.operation("!", [node.operand], at)
        if not isinstance(node.op, ast.USub):
            return self.refuse(node)
        match self.read(node.operand, (*at, "-", 0)):
            case bool() as truth:
                return {"-": [truth]}
            case int() | Decimal() as number:
                return -number
            case {"percent": int() | Decimal() as number}:
                return {"percent": -number}
            case operand:
                return {"-": [operand]}

    def compare(self, node: ast.Compare, at: Pointer) -> JsonLogic:
        names = [_COMPARES[type(op)] for op in node.ops]
        operands = [node.left, *node.comparators]
        if len(names) == 1:
            return self.link(names[0], operands, at)
        if names in (["<", "<"], ["<=", "<="]):
            return self.operation(names[0], operands, at)
        pairs = zip(names, operands, operands[1:], strict=False)
        return {"and": [self.link(name, [a, b], (*at, "and", index)) for index, (name, a, b) in enumerate(pairs)]}

    def link(self, name: str, operands: list[ast.expr], at: Pointer) -> JsonLogic:
        self.offsets.setdefault(at, self.offset(operands[0]))
        if name == "not in":
            return {"!": [self.operation("in", operands, (*at, "!", 0))]}
        return self.operation(name, operands, at)

    def call(self, node: ast.Call, at: Pointer) -> JsonLogic:
        if not isinstance(node.func, ast.Name) or self.tokens.words[node.func.id].kind != "name":
            return self.fault("only a function can stand before a bracket", "Put a sign between.", self.offset(node))
        name = str(self.tokens.words[node.func.id].value)
        if name in FUNCTIONS and not any(isinstance(one, ast.GeneratorExp) for one in node.args):
            return self.operation(name, node.args, at)
        if name in _LOOKS_AT_ITEMS and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
            return self.generator(_LOOKS_AT_ITEMS[name], node.args[0], at)
        return self.not_called(name, node)

    def not_called(self, name: str, node: ast.Call) -> JsonLogic:
        offset = self.offset(node)
        if name in _LOOKS_AT_ITEMS:
            return self.fault(f"{name} looks at the items of a collection", f"Write it as {_FOR_EXAMPLE}.", offset)
        if name in _CALLED:
            return self.fault(
                f"{name} takes no 'for'", f"Look at items with any, all or count: {_FOR_EXAMPLE}.", offset
            )
        last = name.rsplit(".", maxsplit=1)[-1]
        if name == "now":
            fix = "Write now, without brackets."
        elif last in FUNCTIONS and last != name:
            fix = f"Write {last}({name.removesuffix('.' + last)})."
        else:
            fix = _functions_for(name)
        return self.fault(f"'{name}' is not a function", fix, offset)

    def generator(self, operator: str, node: ast.GeneratorExp, at: Pointer) -> JsonLogic:
        loop, *more = node.generators
        if more or len(loop.ifs) > 1:
            said = "one 'for' with one 'if' is all that can stand here"
            return self.fault(said, "Join conditions by and.", self.offset(node.elt))
        name, source = self.source(loop)
        if not name:
            return source
        self.offsets[*at, operator, 0] = self.offset(loop.iter)
        with self.item(name):
            if loop.ifs:
                source = {"filter": [source, self.read(loop.ifs[0], (*at, operator, 0, "filter", 1))]}
            body = self.read(node.elt, (*at, operator, 1))
        if operator == "count" and body == {"var": ""}:
            body = True
        return {operator: [source, body, *self.naming(name, source)]}

    def source(self, loop: ast.comprehension) -> tuple[str, JsonLogic]:
        """The item's name and the collection; without a name when either is no such thing."""
        item, source = self.named(loop.target), self.named(loop.iter)
        if source != "contacts" and not source.startswith("records."):
            offset = self.offset(loop.iter)
            fix = did_you_mean(source, [*self.known, "contacts"], "Look at contacts or at records.<kind>.")
            return "", self.fault("only contacts and records can be looked through", fix, offset)
        if not item or "." in item or item in {*self.items, *ROOMS, *ROOT_NAMES, *_CALLED}:
            offset = self.offset(loop.target)
            return "", self.fault("an item needs a name of its own", "Write for c in contacts, for example.", offset)
        return item, {"var": source}

    def named(self, node: ast.expr) -> str:
        word = self.tokens.words[node.id] if isinstance(node, ast.Name) else None
        return str(word.value) if word and word.kind == "name" else ""

    @contextmanager
    def item(self, name: str) -> Iterator[None]:
        self.items.append(name)
        yield
        self.items.pop()

    def naming(self, name: str, source: JsonLogic) -> list[JsonLogic]:
        """The item's name is kept only where it is not the one that `write` would choose."""
        while isinstance(source, dict) and "filter" in source:
            source = source["filter"][0]  # type: ignore[index]
        path = source["var"] if isinstance(source, dict) else ""
        return [] if name == default_item_name(str(path)) else [name]

    def refuse(self, node: ast.expr) -> JsonLogic:
        said, fix = "this cannot stand in a condition", "Use comparisons, and, or, not, + - * / % and the functions."
        match node:
            case ast.Tuple(elts=[_, second, *_]):
                return self.fault(
                    "a comma has no meaning before this", "Write 1000, or a list: [1, 2].", self.offset(second)
                )
            case ast.GeneratorExp():
                said, fix = "a 'for' stands inside any, all or count", f"Write it as {_FOR_EXAMPLE}."
            case ast.Subscript():
                said, fix = "an item cannot be picked by number", f"Look at all of them: {_FOR_EXAMPLE}."
            case ast.UnaryOp():
                said, fix = "a number needs no + before it", "Take the + out."
        return self.fault(said, fix, self.offset(node))


def _operands(node: ast.BinOp) -> list[ast.expr]:
    """a + b + c as three operands: from left to right they mean the same."""
    operands: list[ast.expr] = [node.right]
    left = node.left
    while isinstance(node.op, (ast.Add, ast.Mult)) and isinstance(left, ast.BinOp) and type(left.op) is type(node.op):
        operands.insert(0, left.right)
        left = left.left
    return [left, *operands]


def _choices(node: ast.IfExp) -> list[ast.expr]:
    choices: list[ast.expr] = [node.test, node.body]
    while isinstance(node.orelse, ast.IfExp):
        node = node.orelse
        choices += [node.test, node.body]
    return [*choices, node.orelse]


def _functions_for(name: str) -> str:
    meant = nearest(name, _CALLED)
    return f"Did you mean {meant}(…)?" if meant else f"The functions are: {', '.join(sorted(_CALLED))}."


def _unreadable(error: SyntaxError, text: str, tokens: Tokens) -> Fault:
    last = tokens.source.split()[-1:]
    if last and not last[0].startswith("_") and last[0] not in {")", "]"}:
        return Fault(
            f"something is missing behind the last '{last[0]}'", "Finish it, or take that out.", len(text.rstrip())
        )
    offset = tokens.origins[min((error.offset or 1) - 1, len(tokens.origins) - 1)]
    fix = "Look for a missing sign, and, or, bracket or comma before it."
    return Fault(f"this cannot be read from '{text[offset : offset + 20]}' on", fix, offset)


def _too_deep(offset: int) -> Fault:
    return Fault("this condition nests too deep", "Split it into parts that a person can follow.", offset)


def _parse_json(text: str) -> Parsed | list[Fault]:
    try:
        return Parsed(json.loads(text, parse_float=Decimal, object_pairs_hook=_one_operator))
    except RecursionError:
        return [_too_deep(0)]
    except json.JSONDecodeError as error:
        fix = "Write JSON with one operator in each object, or the condition as text."
        return [Fault(f"this is no JSON: {error.msg[:1].lower()}{error.msg[1:]}", fix, error.pos)]
    except ValueError as error:
        return [Fault(str(error), "Join them by and.", 0)]


def _one_operator(pairs: list[tuple[str, JsonLogic]]) -> dict[str, JsonLogic]:
    if len(pairs) != 1:
        raise ValueError(f"an object holds one operator, this one has {len(pairs)}")
    return dict(pairs)
