"""An author's Markdown as HTML, and as text that reads well without it.

Raw HTML is shown as the text it is, and links lead to the web, to mail or to a telephone only: what a customer's own
record contains can never become markup.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_LEADS_TO = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MailText:
    """`html` is a piece of a page, `text` ends without a line break."""

    html: str
    text: str


def mail_text(markdown: str) -> MailText:
    tokens = _markdown().parse(markdown)
    _mark_buttons(tokens)
    text = _paragraphs(SyntaxTreeNode(tokens).children)
    return MailText(html=_markdown().renderer.render(tokens, _markdown().options, {}), text=text)


def _mark_buttons(tokens: Sequence[Token]) -> None:
    """`**[Book a time](https://…)**` alone in its paragraph is what the mail asks for, and looks like it."""
    for token in tokens:
        inner = [one for one in token.children or () if one.type != "text" or one.content]
        kinds = [one.type for one in inner]
        if kinds == ["strong_open", "link_open", "text", "link_close", "strong_close"]:
            inner[1].attrSet("class", "button")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": False, "linkify": False, "typographer": False})
    parser.validateLink = lambda url: bool(_LEADS_TO.match(url.strip()))  # type: ignore[method-assign]
    return parser


def _paragraphs(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "\n\n".join(text for text in map(_block, nodes) if text)


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph" | "heading":
            return _inline(node.children)
        case "bullet_list":
            return _items(node.children, ("-" for _ in count()))
        case "ordered_list":
            start = int(node.attrs.get("start", 1))
            return _items(node.children, (f"{number}." for number in count(start)))
        case "blockquote":
            return _indented(_paragraphs(node.children), "> ", "> ")
        case "fence" | "code_block":
            return _indented(node.content.rstrip("\n"), "    ", "    ")
        case "hr":
            return "-" * 40
        case "table":
            return _rows(node)
        case _:
            return _paragraphs(node.children)


def _items(items: Sequence[SyntaxTreeNode], markers: Iterable[str]) -> str:
    return "\n".join(
        _indented(_item(item), f"{marker} ", " " * (len(marker) + 1))
        for item, marker in zip(items, markers, strict=False)
    )


def _item(item: SyntaxTreeNode) -> str:
    """A tight list, whose paragraphs are hidden in HTML, stays tight."""
    tight = all(child.hidden for child in item.children if child.type == "paragraph")
    return "\n".join(map(_block, item.children)) if tight else _paragraphs(item.children)


def _rows(table: SyntaxTreeNode) -> str:
    rows = [row for part in table.children for row in part.children]
    return "\n".join(" | ".join(_inline(cell.children) for cell in row.children) for row in rows)


def _indented(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        (prefix + line).rstrip() for prefix, line in zip([first] + [others] * len(lines), lines, strict=False)
    )


def _inline(nodes: Iterable[SyntaxTreeNode]) -> str:
    return "".join(map(_span, nodes))


def _span(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline" | "text_special":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return _inline(node.children)
        case "link":
            return _link(_inline(node.children), str(node.attrs["href"]))
        case _:
            return _inline(node.children)


def _link(label: str, url: str) -> str:
    shown = re.sub(r"^(mailto|tel):", "", url, flags=re.IGNORECASE)
    return label if label in {shown, url} else f"{label} ({shown})"
