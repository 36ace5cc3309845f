"""The pages on which customers choose: plain HTML, without scripts, read well aloud and on any screen."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from activities.mail.choices import Choices
from activities.mail.words import base
from engine.stored import to_json
from workers.http.choicewords import words_in

# The token in the address is all that it takes, so it is told to nobody.
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}
_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ font: 1.0625rem/1.55 system-ui, sans-serif; margin: 0; padding: 2rem 1.25rem; }}
main {{ max-width: 34rem; margin: 0 auto; }}
h1 {{ font-size: 1.5rem; line-height: 1.25; }}
fieldset {{ border: 0; margin: 0 0 1rem; padding: 0; }}
legend {{ padding: 0 0 .5rem; }}
label {{ display: block; padding: .4rem 0; }}
input {{ width: 1.2rem; height: 1.2rem; margin-right: .5rem; vertical-align: -.2rem; }}
button {{ font: inherit; padding: .6rem 1.1rem; margin: .3rem 0; min-height: 2.75rem; }}
p.note {{ opacity: .8; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def asking(found: Choices, preferences: str) -> HTMLResponse:
    """Whether they mean it. Nothing is done by looking at it: mail programs follow links by themselves."""
    words = words_in(found.language)
    if found.barred or found.nothing:
        said = _barred(found) or _status(words.nothing.format(address=found.address))
        return _page(found, words.unsubscribe, [said, _link(preferences, words.preferences), _essential(found)])
    single = len(found.topics) <= 1
    gone, one = _own_topic(found) if not single else ("", "")
    body = [
        gone,
        _paragraph(words.asked.format(address=found.address)),
        _form(_paragraph_of(one), _paragraph_of(_button("everything", words.everything))),
        "" if single else _link(preferences, words.preferences),
        _essential(found),
    ]
    return _page(found, words.unsubscribe, body)


def _own_topic(found: Choices) -> tuple[str, str]:
    """That they have left the mail's own topic, or the button to do so."""
    if found.topic is None:
        return "", ""
    words, title = words_in(found.language), found.topic.title_in(found.language)
    if found.topic.id in found.wanted:
        return "", _button("topic", words.topic.format(topic=title))
    return _status(words.gone.format(address=found.address, topic=title)), ""


def left(found: Choices, preferences: str, since: datetime | None) -> HTMLResponse:
    """`since` takes it back; None where they had left before, and there is nothing to take back."""
    words = words_in(found.language)
    kept = f'<input type="hidden" name="since" value="{to_json(since)}">' if since else ""
    body = [
        _status((words.nothing if found.nothing else words.left).format(address=found.address)),
        _form(kept, _paragraph_of(_button("undo", words.undo))) if since else "",
        "" if since and len(found.topics) <= 1 else _link(preferences, words.preferences),
        _essential(found),
    ]
    return _page(found, words.unsubscribe, body)


def back_again(found: Choices, preferences: str) -> HTMLResponse:
    words = words_in(found.language)
    said = _barred(found) or _status(words.undone.format(address=found.address))
    return _page(found, words.unsubscribe, [said, _link(preferences, words.preferences)])


def choosing(found: Choices, *, saved: bool = False) -> HTMLResponse:
    words = words_in(found.language)
    boxes = "\n".join(
        _box(one.id, one.title_in(found.language), checked=one.id in found.wanted) for one in found.topics
    )
    legend = f"<legend>{escape(words.chosen.format(address=found.address))}</legend>"
    form = _form(f"<fieldset>\n{legend}\n{boxes}\n</fieldset>", _paragraph_of(_button("save", words.save)))
    nothing = _status(words.nothing.format(address=found.address)) if found.nothing else ""
    said = [_status(words.saved) if saved else "", _barred(found) or nothing]
    none = "" if found.barred or found.nothing else _note(words.none)
    return _page(found, words.preferences, [*said, form, none, _essential(found)])


def _essential(found: Choices) -> str:
    """What comes all the same: nothing where the address is barred."""
    return "" if found.barred else _note(words_in(found.language).essential)


def _barred(found: Choices) -> str:
    """Why nothing comes at all, and what brings it back."""
    words = words_in(found.language)
    match found.barred:
        case "bounced":
            return _status(words.bounced.format(address=found.address))
        case "complained":
            return _status(words.complained.format(address=found.address))
    return ""


def not_valid(language: str = "") -> HTMLResponse:
    """The same whatever is wrong with the link: it tells nobody what is known here."""
    words = words_in(language)
    return _rendered(base(language), words.unsubscribe, [_paragraph(words.unknown)], 404)


def nobody(language: str = "") -> HTMLResponse:
    """The mail was ours, and whoever got it has been forgotten."""
    words = words_in(language)
    return _rendered(base(language), words.unsubscribe, [_status(words.nobody)], 200)


def _page(found: Choices, title: str, body: Iterable[str]) -> HTMLResponse:
    company = _note(found.company) if found.company else ""
    return _rendered(base(found.language), title, [*body, company], 200)


def _rendered(language: str, title: str, body: Iterable[str], status: int) -> HTMLResponse:
    text = _PAGE.format(language=language, title=escape(title), body="\n".join(filter(None, body)))
    return HTMLResponse(text, status, headers=dict(_HEADERS))


def _form(*parts: str) -> str:
    inside = "\n".join(filter(None, parts))
    return f'<form method="post">\n{inside}\n</form>'


def _button(what: str, words: str) -> str:
    return f'<button type="submit" name="what" value="{what}">{escape(words)}</button>'


def _box(name: str, title: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return f'<label><input type="checkbox" name="topic" value="{escape(name)}"{mark}>{escape(title)}</label>'


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def _paragraph_of(part: str) -> str:
    return f"<p>{part}</p>" if part else ""


def _status(words: str) -> str:
    return f'<p role="status">{escape(words)}</p>'


def _note(words: str) -> str:
    return f'<p class="note">{escape(words)}</p>'


def _link(where: str, words: str) -> str:
    return f'<p><a href="{escape(where)}">{escape(words)}</a></p>'
