"""A mail as its reader gets it: a page that fits phones and desktops, and the same as plain text.

The page is MJML, made once and filled for each mail; styles are written into every element, for many readers of mail
know no others. It looks like a letter and not like a newsletter: what comes from a person should.
"""

import html as entities
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import css_inline
import mrml

from activities.mail.text import mail_text
from activities.mail.words import Words, words_in
from activities.transport import Footer, Message

CLIPPED_AT: Final = 102 * 1024  # bytes of HTML that Gmail shows; it hides the rest, and the footer with it

_FONT = "-apple-system,'Segoe UI','Helvetica Neue',Arial,sans-serif"
_PAGE = f"""
<mjml lang="LANGUAGE-HERE">
  <mj-head>
    <mj-title>TITLE-HERE</mj-title>
    <mj-preview>PREHEADER-HERE</mj-preview>
    <mj-attributes>
      <mj-all font-family="{_FONT}" />
      <mj-section padding="0" />
    </mj-attributes>
    <mj-raw><meta name="color-scheme" content="light dark" /><meta name="format-detection" content="telephone=no" /></mj-raw>
  </mj-head>
  <mj-body background-color="#ffffff" width="600px">
    <mj-section padding-top="16px">
      <mj-column>
        <mj-text font-size="16px" line-height="1.55" color="#1f2328" padding="8px 20px">BODY-HERE</mj-text>
      </mj-column>
    </mj-section>
    <mj-section padding-bottom="24px">
      <mj-column>
        <mj-text font-size="13px" line-height="1.5" color="#59636e" padding="8px 20px">FOOTER-HERE</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""  # noqa: E501 - MJML keeps the white space between elements
_STYLES = """
p, ul, ol, pre, blockquote, table { margin: 0 0 16px }
h1, h2, h3, h4, h5, h6 { margin: 24px 0 12px; line-height: 1.25 }
h1 { font-size: 24px }
h2 { font-size: 20px }
h3, h4, h5, h6 { font-size: 17px }
ul, ol { padding: 0 0 0 24px }
li { margin: 0 0 6px }
li p { margin: 0 0 6px }
li ul, li ol { margin: 6px 0 0 }
a { color: #0b57d0 }
a.button { display: inline-block; padding: 12px 22px; border-radius: 6px; background: #0b57d0; color: #ffffff;
           text-decoration: none }
img { max-width: 100%; height: auto; border: 0 }
blockquote { padding: 0 0 0 14px; border-left: 3px solid #d1d9e0; color: #59636e }
pre { padding: 12px; background: #f6f8fa; white-space: pre-wrap; word-break: break-word }
code { font-family: Consolas, Menlo, monospace; font-size: 14px }
table { border-collapse: collapse }
th, td { padding: 6px 10px; border: 1px solid #d1d9e0; text-align: left; vertical-align: top; word-break: normal }
hr { margin: 24px 0; border: 0; border-top: 1px solid #d1d9e0 }
"""
_FROM_THE_RIGHT: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_TURNED = f"""{_STYLES}
ul, ol {{ padding: 0 24px 0 0 }}
blockquote {{ padding: 0 14px 0 0; border-left: 0; border-right: 3px solid #d1d9e0 }}
th, td {{ text-align: right }}
"""
_PLACE = re.compile("(LANGUAGE|TITLE|PREHEADER|BODY|FOOTER)-HERE")
# An inbox fills the line behind the preheader with the mail's first words, unless there is something else to show.
_FILLER = "&#847;&zwnj;&nbsp;" * 60


@dataclass(frozen=True, slots=True)
class Page:
    """Both parts of a mail."""

    html: str
    text: str


def page_of(message: Message) -> Page:
    body, words, footer = mail_text(message.body), words_in(message.language), message.footer or Footer()
    filled = {
        "LANGUAGE": entities.escape(message.language),
        "TITLE": entities.escape(message.subject),
        "PREHEADER": f"{entities.escape(message.preheader)}{_FILLER}" if message.preheader else "",
        "BODY": _turned(message.language, body.html),
        "FOOTER": _footer_html(footer, words),
    }
    page = _PLACE.sub(lambda found: filled[found[1]], _skeleton())
    below = _footer_text(footer, words)
    return Page(html=page, text=f"{body.text}\n\n-- \n{below}\n" if below else f"{body.text}\n")


def _turned(language: str, body: str) -> str:
    """A letter in a language that is read from right to left stands there; the words below it are not in one."""
    if language.lower().partition("-")[0] not in _FROM_THE_RIGHT:
        return _inliner().inline_fragment(f"<div>{body}</div>", _STYLES)
    return _inliner().inline_fragment(f'<div dir="rtl" style="text-align:right">{body}</div>', _TURNED)


@lru_cache(maxsize=1)
def _skeleton() -> str:
    return mrml.to_html(_PAGE).content


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)


def _sentences(footer: Footer, words: Words) -> str:
    why = words.why.format(account=footer.account) if footer.account else ""
    topic = words.topic.format(topic=footer.topic) if footer.topic else ""
    return " ".join(one for one in (why, topic) if one)


def _links(footer: Footer, words: Words) -> list[tuple[str, str]]:
    links = ((words.preferences, footer.preferences), (words.unsubscribe, footer.unsubscribe))
    return [(label, url) for label, url in links if url]


def _by_post(footer: Footer) -> str:
    return " · ".join(" ".join(one.split()) for one in (footer.company, footer.address) if one)


def _footer_html(footer: Footer, words: Words) -> str:
    """SendGrid reads `clicktracking`: whoever follows these has not clicked on what the letter is about."""
    links = " &nbsp;·&nbsp; ".join(
        f'<a clicktracking="off" href="{entities.escape(url)}" style="color:#59636e">{entities.escape(label)}</a>'
        for label, url in _links(footer, words)
    )
    lines = [entities.escape(_sentences(footer, words)), links, entities.escape(_by_post(footer))]
    shown = "<br />".join(line for line in lines if line)
    return f'<div style="border-top:1px solid #d1d9e0;padding-top:12px">{shown}</div>' if shown else ""


def _footer_text(footer: Footer, words: Words) -> str:
    links = [f"{label}: {url}" for label, url in _links(footer, words)]
    return "\n".join(line for line in (_sentences(footer, words), *links, _by_post(footer)) if line)
