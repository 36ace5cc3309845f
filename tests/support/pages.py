"""HTML as a test looks at it: its tags in order, where its links lead, what is shown."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Page:
    tags: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    styles: list[tuple[str, str]] = field(default_factory=list)  # tag and its inlined style
    shown: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.shown).split())


def read(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.page.tags.add(tag)
        self.page.styles.append((tag, said.get("style", "")))
        self.page.links += [said[name] for name in ("href", "src") if name in said]
        self.page.images += [said] if tag == "img" else []
        self._silent = tag in {"style", "title", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.page.shown += [] if self._silent else [data]
