"""A browser of this machine, where there is one: pages laid out for real, and measured."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# Every frame says: how much wider it is than what it stands in, what can be read in it, and how badly at worst.
_MEASURE: Final = """
const light = ([r, g, b]) => [r, g, b].map(one => (one /= 255) <= .03928 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
  .reduce((sum, one, place) => sum + one * [.2126, .7152, .0722][place], 0);
const parts = color => color.match(/[\\d.]+/g).map(Number);
const behind = (node, view) => {
  for (; node; node = node.parentElement) {
    const found = parts(view.getComputedStyle(node).backgroundColor);
    if (found.length < 4 || found[3] > 0) return found;
  }
  return [255, 255, 255];
};
const contrast = (node, view) => {
  const [a, b] = [parts(view.getComputedStyle(node).color), behind(node, view)].map(light).sort((x, y) => y - x);
  return (a + .05) / (b + .05);
};
onload = () => {
  const all = [...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument, view = frame.contentWindow;
    const words = [...page.body.querySelectorAll("*")].filter(node =>
      node.offsetWidth && [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim()));
    return {
      beyond: page.documentElement.scrollWidth - view.innerWidth,
      text: page.body.innerText,
      contrast: Math.min(...words.map(node => contrast(node, view))),
    };
  });
  document.body.innerHTML = "<pre></pre>";
  document.body.firstChild.textContent = "MEASURED" + JSON.stringify(all) + "MEASURED";
};
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """`beyond`: pixels to the right that one must scroll to. `contrast`: the worst, as WCAG reckons it."""

    beyond: int
    text: str
    contrast: float


def browser() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def seen(program: str, folder: Path, pages: Mapping[str, str], widths: Sequence[int]) -> dict[tuple[str, int], Seen]:
    """All pages at all widths, in one start of the browser."""
    keys = [(name, width) for name in pages for width in widths]
    frames = "".join(
        f'<iframe style="width: {width}px; height: 900px; border: 0" srcdoc="{escape(pages[name])}"></iframe>'
        for name, width in keys
    )
    sheet = folder / "pages.html"
    sheet.write_text(f"<!doctype html><meta charset=utf-8><script>{_MEASURE}</script><body>{frames}", "utf-8")
    given = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    said = subprocess.run([program, *given, sheet.as_uri()], capture_output=True, text=True, timeout=60, check=True)
    measured = json.loads(unescape(said.stdout.split("MEASURED")[-2]))
    return {key: Seen(**one) for key, one in zip(keys, measured, strict=True)}
